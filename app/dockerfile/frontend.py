"""What the first lines of a Dockerfile say about how it is to be read: its frontend and its escape character; pure.

https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/directives.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from app.dockerfile.words import SPACE

BOM = "\ufeff"
_DIRECTIVE = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)")
_KNOWN = ("syntax", "escape", "check")
# Docker's own, and those of its versions that read heredocs: 1.4 and later, or no version at all.
# https://docs.docker.com/build/buildkit/frontend/
_DOCKERS = re.compile(
    r"(?:(?:docker\.io|index\.docker\.io|registry-1\.docker\.io)/)?docker/dockerfile(?:-upstream)?"
    r"(?::(?:1|latest|labs|master|master-labs|(?:1\.(?:[4-9]|\d\d)|[2-9])(?:\.\d+)*(?:-labs)?|1-labs))?"
)


def is_docker(text: str) -> bool:
    """Whether Docker's own frontend reads this, in a version whose rules are ours."""
    syntax = syntax_of(text)
    return syntax is None or _DOCKERS.fullmatch(syntax) is not None


def syntax_of(text: str) -> str | None:
    """The image that `# syntax=` names, wherever BuildKit looks for it; None when there is none."""
    text = text.removeprefix(BOM)
    if text.startswith("#!"):
        text = text.partition("\n")[2]
    for comment in ("#", "//"):
        for name, value in _directives(text, comment):
            if name == "syntax":
                return value.partition(" ")[0]
    return _in_json(text)


def escape_of(text: str) -> str:
    """The character that continues a line; a directive with another than Docker's two changes nothing."""
    found = dict(_directives(text.removeprefix(BOM), "#")).get("escape", "\\")
    return found if found in ("\\", "`") else "\\"


def _directives(text: str, comment: str) -> Iterator[tuple[str, str]]:
    """They count only before anything else, comments included, and each once."""
    seen: set[str] = set()
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].lstrip(SPACE) if comment == "#" else text[start:end]
        start = end + 1
        if not line.startswith(comment):
            return
        found = _DIRECTIVE.match(line[len(comment) :].lstrip(SPACE).rstrip())
        if found is None or (name := found[1].lower()) not in _KNOWN or name in seen:
            return
        seen.add(name)
        yield name, found[2]


def _in_json(text: str) -> str | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    syntax = told.get("syntax") if isinstance(told, dict) else None
    return syntax if isinstance(syntax, str) else None
