"""Build context: the folder that a Dockerfile's COPY finds its sources in, told by where they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import re2

from app.dockerfile import Dockerfile, joined

if TYPE_CHECKING:  # app.diagnosis asks for contexts itself
    from app.diagnosis.files import Files

# What stands beside a Dockerfile in a folder that holds nothing of the application.
PACKAGING = re.compile(
    r"(?i)(?:.*\.)?(?:docker|container)file(?:\..*)?|.*\.(?:dockerignore|sh|md)|(?:docker-)?compose.*\.ya?ml|\.env.*"
)
# Variables, escapes and addresses are not followed.
_NOT_FOLLOWED = re.compile(r"[$\\`]|://|^git@")


def context_of(files: Files, dockerfile_path: str, parsed: Dockerfile) -> str:
    """The Dockerfile's own folder, unless more of what it copies is found from one above; empty for the root."""
    folder = dockerfile_path.rpartition("/")[0]
    if not folder:
        return ""
    if names := frozenset(copied(parsed)):
        return max(_upwards(folder), key=lambda each: sum(_holds(files, each, name) for name in names))
    return _with_more_than_packaging(files, folder) if _copies_all(parsed) else folder


def copied(parsed: Dockerfile) -> Iterator[str]:
    """What COPY and ADD take by name, as far as it can be followed."""
    for each in parsed.of("COPY", "ADD"):
        if "from" in each.flags:
            continue
        for source in each.sources:
            name = joined("/", source)[1:]
            if name and name.strip("*") and not _NOT_FOLLOWED.search(source):
                yield name


def _upwards(folder: str) -> Iterator[str]:
    """The folder and those above it, the root last."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _holds(files: Files, folder: str, name: str) -> bool:
    path = f"{folder}/{name}" if folder else name
    if not any(letter in name for letter in "*?["):
        return path in files.paths or path in files.folders
    pattern = glob(path)
    return pattern is not None and any(map(pattern.fullmatch, files.paths))


def _copies_all(parsed: Dockerfile) -> bool:
    return any(each.sources and "from" not in each.flags for each in parsed.of("COPY", "ADD"))


def _with_more_than_packaging(files: Files, folder: str) -> str:
    """The nearest folder that has something to copy."""
    for each in _upwards(folder):
        inside = f"{each}/" if each else ""
        below = (path for path in files.paths if path.startswith(inside))
        if not all(PACKAGING.fullmatch(path.rpartition("/")[2]) for path in below):
            return each
    return folder


def glob(pattern: str) -> re2._Regexp[str] | None:
    """What a COPY with wildcards fits, in time that is linear in the path; None for what is no pattern."""
    pieces = re.split(r"(\*+|\?)", pattern)
    meant = {"*": "[^/]*", "?": "[^/]", "": ""}
    options = re2.Options()
    options.log_errors = False
    text = "".join(
        meant.get(piece, ".*") if number % 2 else re2.escape(piece) for number, piece in enumerate(pieces)
    )
    try:
        return re2.compile(text, options=options)
    except re2.error:
        return None
