"""Patterns over paths and branches, as GitHub's own workflow files write them, in RE2: linear in what they look at.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import re2

LONGEST_PATTERN = 300
MOST_PATTERNS = 100
MOST_BRACES = 20
SPECIAL = frozenset("*?[]{},!\\")


class Pattern:
    """One pattern. `*` stays in its folder, `**` goes on into folders, `{a,b}` is either, `!` takes back.

    A pattern of paths that names a folder (`libs`, `./libs/`, `/libs`) is everything in it. ValueError
    says what cannot be read.
    """

    def __init__(self, text: str, *, of_paths: bool = True) -> None:
        self.text = text
        self.excludes = of_paths and text.startswith("!")
        body = _rooted(text.removeprefix("!") if self.excludes else text) if of_paths else text
        if not body:
            raise ValueError("is empty")
        if len(body) > LONGEST_PATTERN:
            raise ValueError(f"has more than {LONGEST_PATTERN} letters")
        options = re2.Options()
        options.log_errors = False
        expression = _expression(body) + _inside(body, of_paths)
        try:
            self._compiled = re2.compile(f"(?s){expression}", options=options)
        except re2.error as error:
            raise ValueError("is not a pattern that can be read") from error

    def fits(self, text: str) -> bool:
        """Whether this path, or branch, is meant. Names that are not UTF-8 are looked at with `?` in their place."""
        return self._compiled.fullmatch(text.encode(errors="replace").decode()) is not None


@functools.lru_cache(maxsize=1024)
def of_paths(text: str) -> Pattern:
    """A pattern of `watch`."""
    return Pattern(text)


@functools.lru_cache(maxsize=1024)
def of_branches(text: str) -> Pattern:
    """A pattern of `branch`."""
    return Pattern(text, of_paths=False)


def chosen(path: str, patterns: Iterable[Pattern], *, otherwise: bool) -> bool:
    """Whether a path is meant by a list of patterns: the last one that fits it decides."""
    decided = otherwise
    for pattern in patterns:
        if pattern.excludes == decided and pattern.fits(path):
            decided = not pattern.excludes
    return decided


def _rooted(pattern: str) -> str:
    """`./libs/`, `/libs` and `libs` are one folder, seen from the repository's root."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ValueError("leaves the repository; write it from its root")
    return "/".join(parts) or ("**" if pattern in (".", "./", "/") else "")


def _inside(body: str, of_paths: bool) -> str:
    """What names a folder means what is in it; `libs/*` and `*.md` mean files."""
    return "" if not of_paths or "*" in body.rpartition("/")[2] else "(?:/.*)?"


def _expression(pattern: str) -> str:
    """The pattern as an expression, left to right."""
    parts: list[str] = []
    position, braces = 0, 0
    closing = pattern.rfind("}")
    if pattern.count("{") > MOST_BRACES:
        raise ValueError(f"has more than {MOST_BRACES} braces")
    while position < len(pattern):
        letter = pattern[position]
        taken, part = 1, re2.escape(letter)
        if pattern.startswith("**", position):
            taken, part = _double_star(pattern, position)
        elif letter == "*":
            part = "[^/]*"
        elif letter == "?":
            part = "[^/]"
        elif letter == "[":
            taken, part = _class(pattern, position)
        elif letter == "\\":
            taken, part = _escaped(pattern, position)
        elif letter == "{" and position < closing:
            braces, part = braces + 1, "(?:"
        elif letter == "," and braces:
            part = "|"
        elif letter == "}" and braces:
            braces, part = braces - 1, ")"
        parts.append(part)
        position += taken
    if braces:
        raise ValueError("has a { that is not closed")
    return "".join(parts)


def _double_star(pattern: str, position: int) -> tuple[int, str]:
    """`**/` is any number of folders, none too; elsewhere `**` is anything."""
    end = position
    while end < len(pattern) and pattern[end] == "*":
        end += 1
    begins_a_part = position == 0 or pattern[position - 1] in "/{,"
    if begins_a_part and end < len(pattern) and pattern[end] == "/":
        return end + 1 - position, "(?:.*/)?"
    return end - position, ".*"


def _class(pattern: str, position: int) -> tuple[int, str]:
    """`[a-c]`, `[!a]` or `[^a]`; a bracket that is not closed is itself."""
    end = pattern.find("]", position + 2)
    if end < 0:
        return 1, re2.escape("[")
    inner = pattern[position + 1 : end]
    negated = inner[0] in "!^" and len(inner) > 1
    letters = inner[1:] if negated else inner
    escaped = letters.replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
    return end + 1 - position, f"[^/{escaped}]" if negated else f"[{escaped}]"


def _escaped(pattern: str, position: int) -> tuple[int, str]:
    following = pattern[position + 1 : position + 2]
    if following not in SPECIAL or not following:
        raise ValueError("has a backslash; folders are separated by /")
    return 2, re2.escape(following)
