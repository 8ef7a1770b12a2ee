"""What the line that says most names of the repository: where a failure is that no row knows."""

from __future__ import annotations

import re

from app.diagnosis.paths import repository_path
from app.diagnosis.places import variable
from app.diagnosis.rule import Hit
from app.model import Place

_SPOT = re.compile(
    r"(?P<path>(?:[\w@.-]*/)*[\w@.-]+\.[A-Za-z]\w{0,5})(?::|\(|, line | line |: line |: )(?P<line>\d{1,6})\b"
)

_PATH = re.compile(r"(?<![\w/.-])(?P<path>(?:[\w@.-]+/)+[\w@.-]+\.[A-Za-z]\w{0,5})\b")

UNSET = re.compile(
    r"\b(?P<name>(?!ERR_|ERROR_)[A-Z][A-Z0-9]*_[A-Z0-9_]+)\b.*"
    r"\b(?:not set|unset|missing|required|undefined|empty|not defined|must be)\b|"
    r"(?i:missing|required|undefined|unset|no) .*\b(?P<name2>(?!ERR_|ERROR_)[A-Z][A-Z0-9]*_[A-Z0-9_]+)\b"
)


def named_in(hit: Hit, told: str) -> Place | None:
    """A line, one single file, or where an unset variable is read: only what the words name and the commit has."""
    told = told[:500]
    for found in _SPOT.finditer(told):
        path = repository_path(hit.files, found["path"], hit)
        if path and (place := hit.files.place(path, int(found["line"]))):
            return place
    paths = {
        path for found in _PATH.finditer(told) if (path := repository_path(hit.files, found["path"], hit))
    }
    if len(paths) == 1:
        return hit.files.place(paths.pop(), 1)
    if unset := UNSET.search(told):
        words = {**hit.words, "name": unset["name"] or unset["name2"]}
        return variable("name")(Hit(hit.section, hit.index, words, hit.files, hit.transcript))
    return None
