"""The component that reads the address of a page that Next renders while it is built: found by following imports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.diagnosis.javascript.imports import ENDINGS
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_sites import page_place
from app.dockerfile import joined
from app.model import Place

MOST_FILES = 400  # that are followed from one page
_IMPORT = re.compile(r"(?:from|import)\s*\(?\s*['\"]([.@~][^'\"]*)['\"]")
_LAYOUT = re.compile(r"^(?:src/)?app/(?:.*/)?(?:layout|template|not-found|providers)\.[jt]sx?$")


def component(hit: Hit) -> Mapping[str, str] | None:
    """The nearest file that calls the hook: the page, what it imports, then what the layouts import."""
    for path in _reached(hit):
        if line := _call(hit, path):
            name = path.rpartition("/")[2].partition(".")[0]
            return {"file": path, "at": str(line), "name": hit["page"] if name == "page" else name}
    return None


def component_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["file"], int(hit["at"]))


def _call(hit: Hit, path: str) -> int:
    return hit.files.search(path, rf"(?<!function )\b{re.escape(hit['hook'])}\(")


def _reached(hit: Hit) -> Iterator[str]:
    page = page_place(hit)
    layouts = sorted((p for p in hit.files.paths if _LAYOUT.match(p)), key=lambda p: (p.count("/"), p))
    waiting, seen = [*([page.path] if page else []), *layouts], set[str]()
    while waiting and len(seen) < MOST_FILES:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        yield path
        waiting += _imports(hit, path)


def _imports(hit: Hit, path: str) -> Iterator[str]:
    for specifier in _IMPORT.findall(hit.files.text(path)):
        inside = re.sub(r"^(?:@|~)/", "", specifier)
        bases = (
            (joined("/", f"{path.rpartition('/')[0]}/{specifier}")[1:],)
            if specifier.startswith(".")
            else (inside, f"src/{inside}", f"app/{inside}")
        )
        tried = (
            f"{base}{middle}{end}" for base in bases for middle in ("", "/index") for end in ("", *ENDINGS)
        )
        if found := next((each for each in tried if each in hit.files.paths), ""):
            yield found
