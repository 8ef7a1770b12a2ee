"""The host that a container asks for, and where the repository names it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import nearest_first
from app.diagnosis.places import CODE
from app.diagnosis.rule import Hit
from app.model import Place

# Files that describe other ways to run it, or none.
_NOT_READ = re.compile(r"compose[\w.-]*\.ya?ml$|(?:^|/)(?:tests?|spec|docs?|\.github)/|cloudbuild|\.lock$")
MOST_FILES = 1000


def by_git(hit: Hit) -> Mapping[str, str] | None:
    """Only where git was called by itself: a package manager that calls it says what it wanted."""
    ran = hit.section.instruction or hit.transcript.failed_instruction
    return {} if re.search(r"\bgit (?:-\S+ \S+ )?(?:clone|fetch|pull|submodule|ls-remote)", ran) else None


def neighbour(hit: Hit) -> Mapping[str, str] | None:
    """The name; None where a framework says in the same line what it wanted of it."""
    if re.search(r"PG::|ActiveRecord::|Mysql2::", hit.line):
        return None
    return {"host": next(value for name, value in hit.words.items() if name.startswith("host") and value)}


def named_in(hit: Hit) -> Place | None:
    """The line of code or configuration that has the name as a host: after @ or //, or as the value of a host."""
    host = re.escape(hit["host"])
    asked = rf"(?:@|//){host}(?=[:/\"'\s]|$)|(?i:host|addr|server|url)\w*[\"']?\s*[:=,]\s*[\"']?{host}(?=[:\"'\s,)]|$)|[\"']{host}:\d+[\"']|\s-h {host}\s"
    paths = sorted((p for p in hit.files.paths if p.endswith(CODE) and not _NOT_READ.search(p)), key=_depth)
    for path in nearest_first(hit, tuple(paths[:MOST_FILES])):
        if line := hit.files.search(path, asked):
            return hit.files.place(path, line)
    return None


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path
