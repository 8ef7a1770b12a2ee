"""Versions that do not fit: a keyword that this Node does not read, a rule that this ESLint does not run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.stacks import code_at
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_syntax import syntax_place


def import_attributes(hit: Hit) -> Mapping[str, str] | None:
    """The import whose keyword this Node does not have; only where the source line is one."""
    place = syntax_place(hit)
    code = code_at(hit, place)
    if place is None or not re.search(r"\b(?:import|export)\b.*\b(?:assert|with)\s*\{", code):
        return None
    other = "with" if "assert" in hit.line else "assert"
    fix = f"Write with instead of assert on line {place.line} of {place.path}."
    if other == "assert":
        fix = f"Use an image with Node 22 (FROM node:22), or read the file with readFile and JSON.parse on line {place.line} of {place.path}."
    return {"file": place.path, "at": str(place.line), "said": hit.line.strip(), "other": other, "fix": fix}


def crashed_rule(hit: Hit) -> Mapping[str, str] | None:
    """The plugin that has the rule, and what it said when it crashed."""
    linting = hit.find_before(r"Occurred while linting (\S+?)(?::\d+)?$", 3)
    if linting is None:
        return None
    plugin = hit["plugin"]
    scope, _, rest = plugin.partition("/")
    package = (
        "eslint" if not plugin
        else f"{scope}/eslint-plugin{'-' + rest if rest else ''}" if plugin.startswith("@")
        else f"eslint-plugin-{plugin}"
    )  # fmt: skip
    said = hit.find_before(r"^((?:\w*Error): .+)$", 8)
    return {"package": package, "path": linting[1], "said": said[1] if said else "ESLint ended"}
