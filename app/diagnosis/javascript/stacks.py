"""Stacks as Node prints them, with what a package manager puts before each line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.diagnosis.javascript.paths import spot
from app.diagnosis.rule import Hit
from app.diagnosis.traces import LONGEST_FRAME
from app.model import Place

_PREFIX = re.compile(r"npm (?:ERR!|error) ?|\s*│ ?|➤ \S+ ?[│┌└:]? ?")

_FRAME = re.compile(
    r"(?:^\s*(?:at|❯|›)\s|\()(?:.*?[( ])?(?P<path>(?:file://|webpack://[^/]*)?/?[\w@./\[\]-]+\.(?:[cm]?[jt]sx?|vue|svelte|astro)):(?P<line>\d+)(?::\d+)?\)?"
)

_HEADER = re.compile(r"^(?:file://)?(?P<path>/[\w@./ \[\]-]+\.[cm]?[jt]sx?):(?P<line>\d+)$")


def after(hit: Hit, count: int = 40) -> Iterator[str]:
    """The next lines without the prefix that npm puts before what a script printed."""
    return (bare(line) for line in hit.after(count))


def before(hit: Hit, count: int = 40) -> Iterator[str]:
    """The lines above, the nearest first, without npm's prefix."""
    return (bare(line) for line in hit.before(count))


def bare(line: str) -> str:
    """The line without what a package manager puts before it."""
    found = _PREFIX.match(line) if line[:1] in "n➤│ " else None
    return line[found.end() :] if found else line


def frames(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Path and line of each frame of a stack, the deepest first, until Node's version ends it."""
    for line in lines:
        if line.startswith("Node.js v"):
            return
        if found := _FRAME.search(line[:LONGEST_FRAME]):
            yield found["path"], found["line"]


def own_frame(hit: Hit, count: int = 40) -> Place | None:
    """The deepest frame below the line that is in the repository."""
    for path, line in frames(after(hit, count)):
        if "node_modules/" not in path and (place := spot(hit, path, line)):
            return place
    return None


def header(hit: Hit, count: int = 14) -> tuple[str, str] | None:
    """Path and line that Node prints above the code of an uncaught error."""
    for line in before(hit, count):
        if found := _HEADER.match(line):
            return found["path"], found["line"]
    return None


def thrown_at(hit: Hit) -> Place | None:
    """Where an error came from: the deepest frame of ours, or the header above it."""
    if place := own_frame(hit):
        return place
    above = header(hit)
    return spot(hit, *above) if above else None


def code_at(hit: Hit, place: Place | None) -> str:
    """The source line of a place, for the message."""
    if place is None:
        return ""
    lines = hit.files.lines(place.path)
    return lines[place.line - 1].strip()[:160] if place.line <= len(lines) else ""


def variables(hit: Hit, place: Place | None, reach: int = 2) -> tuple[str, ...]:
    """The environment variables that the code around a place reads."""
    if place is None:
        return ()
    lines = hit.files.lines(place.path)
    around = sorted(
        range(max(1, place.line - reach), min(len(lines), place.line + reach) + 1),
        key=lambda n: abs(n - place.line),
    )
    found = [
        name for n in around for name in re.findall(r"\benv(?:\.|\[['\"])([A-Z][A-Z0-9_]+)", lines[n - 1])
    ]
    return tuple(dict.fromkeys(found))
