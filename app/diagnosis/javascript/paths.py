"""From a path that a JavaScript tool printed to the source that is meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from app.diagnosis.instructions import failing_dockerfile, workdir
from app.diagnosis.javascript.packages import packages, running_folder
from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.rule import Hit
from app.dockerfile import joined
from app.model import Place

_OUTPUT = re.compile(r"(?:^|/)\.(?:next|nuxt|output|svelte-kit|vite|vite-temp|angular)/")


def own_path(hit: Hit, path: str) -> str:
    """The repository's path of what a tool named, seen from the package that was running, or as its source."""
    path = re.sub(r"^(?:file://|webpack://[^/]*/|\./)+", "", path.strip()).split("?")[0]
    if not path or "node_modules/" in path or _OUTPUT.search(path):
        return ""
    if not path.startswith("/"):
        folder = running_folder(hit, packages(hit))
        for start in (folder or "", *_below(hit)):
            inside = joined("/", f"{start}/{path}")[1:]
            if inside in hit.files.paths and (start or folder is not None):
                return inside
    return repository_path(hit.files, path, hit) or source_of(hit, path)


def _below(hit: Hit) -> tuple[str, ...]:
    """The folder that the working directory of the failing command is in the repository."""
    found = failing_dockerfile(hit)
    if found is None:
        return ()
    parts = workdir(hit).strip("/").split("/")
    return tuple("/".join(parts[start:]) for start in range(len(parts)))


def source_of(hit: Hit, path: str) -> str:
    """What a built file was made from: dist/routes/user.js from src/routes/user.ts."""
    found = re.search(r"(?:^|/)(?:dist|build|out|lib|\.output|\.next/server)/(.+)\.[cm]?js$", path)
    if found is None:
        return ""
    stems = [found[1]] + ([found[1].removeprefix("src/")] if found[1].startswith("src/") else [])
    candidates = [
        each
        for each in hit.files.paths
        if each.endswith((".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs"))
        and not each.endswith(".d.ts")
        for stem in stems
        if re.sub(r"\.\w+$", "", each) in (stem, f"src/{stem}")
        or re.sub(r"\.\w+$", "", each).endswith(f"/src/{stem}")
    ]
    return nearest_first(hit, tuple(sorted(candidates, key=len)))[0] if candidates else ""


def spot(hit: Hit, path: str, line: str | int) -> Place | None:
    """That line of a file of ours; a file that ends earlier is annotated at its end."""
    found = own_path(hit, path)
    if not found:
        return None
    number = int(line or 1) if str(line or 1).isdecimal() and len(str(line)) < 8 else 1
    if repository_path(hit.files, path, hit) != found and source_of(hit, path) == found:
        return in_source(hit, found, number)
    last = len(hit.files.lines(found))
    while number > 1 and not hit.files.has_line(found, number) and number > last - 3:
        number -= 1
    return hit.files.place(found, number)


def in_source(hit: Hit, path: str, built_line: int) -> Place | None:
    """The source line of a built one: by the code that Node printed above the error, or by the error's own text."""
    wanted = [line.strip().rstrip(";") for line in hit.before(6) if len(line.strip()) > 8]
    said = re.sub(r"^\w*(?:Error|Exception)(?: \[\w+\])?: ", "", hit.line.strip())
    if alike := _line_like(hit.files.lines(path), wanted):
        return hit.files.place(path, alike)
    for text in (*wanted, said, *re.findall(r"['\"`]([^'\"`]{4,})['\"`]", hit.line)):
        for number, line in enumerate(hit.files.lines(path), 1):
            if len(text) > 3 and (text in line or text.replace('"', "'") in line):
                return hit.files.place(path, number)
    named = re.search(r"at (?:async )?(?:new )?(?:\w+\.)*(\w{3,}) \(", "\n".join(hit.after(3)))
    number = hit.files.search(path, rf"\b{re.escape(named[1])}\b") if named else 0
    return hit.files.place(
        path, number or min(built_line, max(1, len(hit.files.lines(path)) - 1))
    ) or hit.files.place(path, 1)


def _line_like(lines: Iterable[str], wanted: Iterable[str]) -> int:
    """The line that is most like the built code that Node printed; 0 when none is much like it."""
    code = next(
        (each for each in wanted if not each.startswith(("/", "file:", "^")) and "^^" not in each), ""
    )
    if len(code) < 12 or len(code) > 300:
        return 0
    best, where = 0.8, 0
    for number, line in enumerate(lines, 1):
        if len(line) > 300 or number > 5000:
            continue
        matcher = difflib.SequenceMatcher(None, code, line.strip().rstrip(";"), autojunk=False)
        if (
            matcher.real_quick_ratio() > best
            and matcher.quick_ratio() > best
            and (ratio := matcher.ratio()) > best
        ):
            best, where = ratio, number
    return where
