"""Next, Angular, Gatsby and Astro: the page and the component that are meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.paths import spot
from app.diagnosis.javascript.stacks import after, bare, before, code_at, own_frame
from app.diagnosis.javascript.thrown import throws_words
from app.diagnosis.places import matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_spots import FILE, near_spot
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.model import Place


def prerender(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in after(hit, 6) if line.strip()]
    said = next(
        (line for line in told if re.match(r"(?:\[?\w*Error\b|⨯|TypeError|ReferenceError)", line)), ""
    )
    if not said:
        said = next(
            (line.strip() for line in before(hit, 12) if re.match(r"\W*(?:\w*Error\b|⨯)", line.strip())), ""
        )
    if cause := next((line for line in told if line.startswith("[cause]: ")), ""):
        said = cause.removeprefix("[cause]: ")
    thrown = throws_words(hit, said)
    asked = asked_by(hit, said, thrown) if thrown else ""
    return {
        "said": said.lstrip("⨯ "),
        "page": hit["page"].rstrip("]"),
        "fix": f"{thrown.path} line {thrown.line} throws it while the page is built. {asked or 'Move the check into a function that runs at request time'}."
        if thrown
        else _PRERENDER_FIX,
    }


_PRERENDER_FIX = "Correct what the page does while it is built: data may be missing then (environment variables, an API); a hook of the browser needs <Suspense> or 'use client'; dynamic = 'force-dynamic' renders it at run time."


def page_place(hit: Hit) -> Place | None:
    """The file of a route: /blog/[id] is app/blog/[id]/page.tsx or pages/blog/[id].js; the line a frame of ours names."""
    if place := own_frame(hit, 8) or throws_words(hit, hit["said"]):
        return place
    route = hit["page"].strip("/").removesuffix("/page").removesuffix("/route")
    wanted = [
        f"app/{route}/page".replace("//", "/"),
        f"app/{route}/route",
        f"pages/{route or 'index'}",
        f"pages/{route}/index",
    ]
    for path in sorted(hit.files.paths, key=len):
        stem = re.sub(r"\.[jt]sx?$", "", path)
        plain = re.sub(r"\([\w-]+\)/", "", stem)
        if path.endswith((".tsx", ".jsx", ".ts", ".js")) and any(
            plain == each or plain.endswith("/" + each) for each in wanted
        ):
            told = re.search(r"reading '(\w+)'|(\w+) is not defined|property '(\w+)'", hit["said"])
            word = next((each for each in (told.groups() if told else ()) if each), "")
            hook = "useSearchParams" if "useSearchParams" in hit.line + hit["said"] else word
            number = hit.files.search(path, rf"\b{re.escape(hook)}\b") if hook else 0
            return hit.files.place(path, number or hit.files.search(path, r"export default") or 1)
    return None


def astro_variables(hit: Hit) -> Mapping[str, str]:
    """The first variable of the list below, and what is wrong with it."""
    found = next((each for line in after(hit, 10) if (each := re.match(r"\s*- ([A-Z]\w+) (.+)", line))), None)
    return (
        {"name": found[1], "said": f"{found[1]} {found[2]}"} if found else {"said": "a variable is not valid"}
    )


def client(hit: Hit) -> Mapping[str, str] | None:
    place = near_spot(hit, 14, 6)
    if place is None:
        return None
    number = hit.files.search(place.path, rf"import\b.*\b{re.escape(hit['hook'])}\b") if hit["hook"] else 0
    return {
        "path": place.path,
        "line": str(number or place.line),
        "hook": hit["hook"] or "a client-only module",
    }


def swc(hit: Hit) -> Mapping[str, str] | None:
    """SWC's box: `x Expected ',', got '}'` above `,-[/app/pages/index.js:5:1]`."""
    for line in after(hit, 4):
        if found := re.search(rf"[,╭][-─]+\[(?P<path>{FILE}):(?P<line>\d+):\d+\]", line):
            place = spot(hit, found["path"], found["line"])
            if place is None:
                return None
            return {
                "path": place.path,
                "line": str(place.line),
                "said": hit["said"].strip(),
                "source": f": {code}" if (code := code_at(hit, place)) else "",
            }
    return None


# Angular, Gatsby, Astro


def budget(hit: Hit) -> Place | None:
    name = r'"maximumError"' if "maximum" in hit.line else r'"budgets"'
    return matching(name, "angular.json")(hit) or whole_file("angular.json")(hit)


def gatsby(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in after(hit, 14) if line.strip()]
    place = near_spot(hit, 30, 0)
    said = next(
        (
            line
            for line in told
            if not re.match(r"(?:There was an error|Generating|See our docs|Error in|We encountered)", line)
        ),
        hit["kind"],
    )
    return {"said": said, "path": place.path if place else "", "line": str(place.line) if place else ""}


def content(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in after(hit, 8) if line.strip() and "Hint" not in line]
    place = near_spot(hit, 10, 0)
    configs = hit.files.named(
        "content.config.ts", "content.config.mjs", "content.config.js", "content/config.ts"
    )
    return {
        "schema": next(iter(configs), "src/content.config.ts"),
        "said": "; ".join((bare(hit.line).split("] ")[-1].strip(), *told[:2])),
        "path": place.path if place else "",
        "line": str(place.line) if place else "",
    }


def rendered(hit: Hit) -> Mapping[str, str] | None:
    """A page whose rendering ended: `▶ src/pages/a.astro` stands above, a stack below."""
    page = hit.find_before(r"▶ (src/\S+)", 6)
    if page is None or not any("Stack trace:" in line for line in after(hit, 4)):
        return None
    name = re.match(r"([A-Za-z_$][\w$]*) is not ", hit["said"])
    return {"path": page[1], "name": name[1] if name else ""}


def rendered_place(hit: Hit) -> Place | None:
    """The line of the page that has the name which the error tells; else its first."""
    place = spot(hit, hit["path"], "1")
    number = hit["name"] and place and hit.files.search(place.path, rf"\b{re.escape(hit['name'])}\b")
    return hit.files.place(place.path, int(number)) if place and number else place


def astro_error(hit: Hit) -> Mapping[str, str] | None:
    """An error as Astro prints it: its words, `Hint:`, then `Location:` with the file below."""
    below = re.match(r"\s+(\S+?)(?::(\d+)(?::\d+)?)?$", next(iter(after(hit, 1)), ""))
    said = next((line for line in before(hit, 8) if line.strip() and not line.startswith(" ")), "")
    place = below and (spot(hit, below[1], below[2] or "1") or spot(hit, below[1], "1"))
    if not place or not said or said.startswith("Hint:"):
        return None
    return {
        "path": place.path,
        "line": str(place.line),
        "said": re.sub(r"^\d\d:\d\d:\d\d ", "", said).strip(),
    }


def dynamic_routes(hit: Hit) -> Mapping[str, str]:
    """The routes that stand in the list below."""
    listed = [line.strip().removeprefix("- ") for line in after(hit, 12) if re.match(r"\s*- src/", line)]
    return {"routes": ", ".join(listed[:4]) or "a route"}


def server_only(hit: Hit) -> Mapping[str, str] | None:
    """The file that imports it: the last one of the chain that is told, or the one in brackets."""
    importer = re.search(r"\(imported by ([^)]+)\)", hit.line)
    chain = [line.strip(" -") for line in after(hit, 12) if re.match(r"\s*-? ?src/\S+$", line)]
    path = importer[1] if importer else chain[0] if chain else ""
    base = re.sub(r"\.\w+$", "", hit["name"].rpartition("/")[2])
    place = spot(hit, path, "1") if path else None
    if place is None:
        return None
    line = hit.files.search(place.path, rf"(?:from|import)\b.*['\"][^'\"]*{re.escape(base)}") or place.line
    return {"path": place.path, "line": str(line)}
