"""Stylesheets: the file and the line that Sass, PostCSS or Tailwind mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.packages import dependency_place
from app.diagnosis.javascript.paths import spot
from app.diagnosis.javascript.stacks import after, code_at
from app.diagnosis.places import anywhere, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_spots import near_spot
from app.model import Place


def sass(hit: Hit) -> Mapping[str, str] | None:
    """Sass shows the place under its box: `  src/style.scss 3:10  root stylesheet`."""
    for line in after(hit, 16):
        if found := re.search(r"(?P<path>[\w@./-]+\.(?:scss|sass|css|vue|svelte)) (?P<line>\d+):\d+", line):
            return _styled(hit, found["path"], found["line"])
        if found := re.search(r"on line (?P<line>\d+) of (?P<path>\S+\.s[ac]ss)", line):
            return _styled(hit, found["path"], found["line"])
    return None


def _styled(hit: Hit, path: str, line: str) -> Mapping[str, str] | None:
    place = spot(hit, path, line)
    if place is None:
        return None
    code = code_at(hit, place)
    named = re.search(r"[$@][\w-]+|['\"][\w./@-]+['\"]", code)
    said = hit["said"].strip()
    word = (
        f" {named[0]}"
        if named and re.search(r"(?i)undefined|can't find", said) and named[0] not in said
        else ""
    )
    return {
        "path": place.path,
        "line": str(place.line),
        "said": said.rstrip(".") + word,
        "source": f": {code}" if code else "",
        "fix": _fix(hit, place, code),
    }


def _fix(hit: Hit, place: Place, code: str) -> str:
    """Where the line names a package, the image may lack it; else the line itself is wrong."""
    named = re.search(r"['\"](?:[./]*/)?(?:~|node_modules/)((?:@[\w.-]+/)?[\w.-]+)", code)
    if "stylesheet" not in hit.line or named is None:
        return f"Correct line {place.line} of {place.path}: @use what declares it, or correct the name."
    name = named[1]
    asked = (
        "package.json asks for it" if dependency_place(hit, name) else f"npm install {name}, and commit it"
    )
    return f"{name} is a package, and node_modules has not got it where the style sheet is compiled ({asked}): run the install (npm ci) in the image before this instruction, and do not count on a node_modules of your machine."


def utility(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"]
    place = near_spot(hit, 12, 4) or anywhere(
        rf"@apply\b.*(?<![\w-]){re.escape(name)}(?![\w-])", ".css", ".scss", ".vue", ".svelte", ".pcss"
    )(hit)
    if place and name and name not in code_at(hit, place):
        number = hit.files.search(place.path, rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        place = hit.files.place(place.path, number) if number else place
    return {"path": place.path if place else "", "line": str(place.line) if place else "", "name": name}


def postcss_place(hit: Hit) -> Place | None:
    return matching(
        r"tailwindcss\b",
        "postcss.config.js",
        "postcss.config.mjs",
        "postcss.config.cjs",
        "postcss.config.ts",
        ".postcssrc.json",
        ".postcssrc",
    )(hit) or dependency_place(hit, "tailwindcss")
