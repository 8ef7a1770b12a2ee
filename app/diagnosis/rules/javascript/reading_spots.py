"""A place as bundlers print it, in each of their layouts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, before, code_at
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind
from app.model import Place

ANY = frozenset(Kind)

FILE = r"[\w@./ \[\]()$+~-]*?[\w\])]\.(?:[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|styl|json|html|mdx?|graphql)"

# A place as these tools print it: file:3:9, file (3:9), file: (3:9), file 3:9, file:line:column in a box.
_SPOT = re.compile(
    rf"(?:^|[\s\[(>'\"]|file:(?://)?|File: )(?P<path>{FILE})(?::(?P<line>\d+)(?::\d+)?|:? \((?P<line2>\d+):\d+\)|[: ](?P<line3>\d+):\d+)?(?=[\s:,)\]]|$)"
)


# What Vite and Rollup put before a plugin's own words: its name, once or twice, and the place.
_OF_PLUGINS = re.compile(
    rf"^(?:\[(?:plugin )?(?:vite|vite-plugin-)[\w:/@-]*\] )+(?:{FILE}(?: \(\d+:\d+\)|(?::\d+)+):? )*"
)


def place_place(hit: Hit) -> Place | None:
    return spot(hit, hit["path"], hit["line"]) if hit["path"] else None


def spots(lines: list[str]) -> list[tuple[str, str]]:
    found = []
    for text in lines:
        if "node_modules/" in text or re.match(r"\s*at ", text):
            continue
        if match := _SPOT.search(text):
            line = match["line"] or match["line2"] or match["line3"] or ""
            found.append((match["path"].strip(), "1" if line == "0" else line))
    return found


def near_spot(hit: Hit, below: int = 8, above: int = 5) -> Place | None:
    """The place of ours that stands nearest to the hit: on it, below it, above it; one with a line before one without."""
    rest = hit.line
    around = [*spots([rest]), *spots(list(after(hit, below))), *spots(list(before(hit, above)))]
    for path, line in sorted(around, key=lambda each: not each[1]):
        if own_path(hit, path):
            return spot(hit, path, line or _framed(hit))
    return None


def _framed(hit: Hit) -> str:
    """The line that a code frame below marks with `>`, where the path came without one."""
    for line in after(hit, 12):
        if found := re.match(r"^\s*>\s*(\d+) ?[|│]", line):
            return found[1]
    return ""


def located(hit: Hit) -> Mapping[str, str] | None:
    """Any error that says its own words and names a place of ours close by."""
    place = near_spot(hit)
    if place is None:
        return None
    code = code_at(hit, place)
    return {
        "path": place.path,
        "line": str(place.line),
        "said": _OF_PLUGINS.sub("", re.sub(r"\s+", " ", hit["said"]).strip(" :✘")) or hit["said"],
        "source": f": {code}" if code else "",
    }
