"""A .dockerignore: which files of the build context the builder never sees; pure, and linear in whatever it is given.

Patterns become the expressions that Docker's own library makes of them, and RE2 runs all of them at once:
https://github.com/moby/patternmatcher, https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from __future__ import annotations

import posixpath

import re2

from app.dockerfile.frontend import BOM
from app.dockerfile.words import SPACE

# More than anybody writes; what is beyond is not judged.
MOST_PATTERNS, MOST_LETTERS = 5_000, 200_000
_ESCAPED = ".+()|{}$"


class Unreadable(ValueError):  # noqa: N818 - reads as what it is
    """Docker could not read these patterns, or they are more than we read."""


class Ignored:
    """Which paths the patterns hide. Raises Unreadable where that cannot be told."""

    def __init__(self, text: str) -> None:
        patterns = list(_patterns(text))
        if len(patterns) > MOST_PATTERNS or sum(map(len, patterns)) > MOST_LETTERS:
            raise Unreadable
        self._shows = [pattern.startswith("!") for pattern in patterns]
        self._set = re2.Set.FullMatchSet(_options()) if patterns else None
        for pattern in patterns:
            self._add(_expression(pattern.removeprefix("!")) + r"(?:/.*)?")
        if self._set is not None:
            self._set.Compile()

    def _add(self, expression: str) -> None:
        assert self._set is not None
        try:
            self._set.Add(expression)
        except re2.error as error:
            raise Unreadable from error

    @property
    def shows_again(self) -> bool:
        """Whether any pattern begins with `!`: then a hidden folder may have files that are seen."""
        return any(self._shows)

    def hides(self, path: str) -> bool:
        """The last pattern that fits a file, or a folder above it, decides."""
        fitting = self._set.Match(path) if self._set is not None else []
        return bool(fitting) and not self._shows[max(fitting)]


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


def _patterns(text: str) -> list[str]:
    """One a line, cleaned as paths are; a pattern that is nothing but `!` is an error to Docker."""
    found = []
    for line in text.removeprefix(BOM).split("\n"):
        if line.startswith("#") or not (pattern := line.strip(SPACE)):
            continue
        shown = pattern.startswith("!")
        pattern = pattern.removeprefix("!").strip(SPACE)
        if not pattern:
            raise Unreadable
        pattern = posixpath.normpath(pattern)
        # Two leading slashes mean something to POSIX, and nothing to Go.
        pattern = "/" + pattern.lstrip("/") if pattern.startswith("/") else pattern
        pattern = pattern[1:] if len(pattern) > 1 and pattern.startswith("/") else pattern
        found.append("!" + pattern if shown else pattern)
    return found


def _expression(pattern: str) -> str:
    """What the pattern means, as a regular expression over paths."""
    if pattern.startswith("**") and not any(letter in pattern[2:] for letter in "*?[]\\"):
        return _ending(pattern[2:])
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        at += 1
        if letter == "*" and pattern.startswith("*", at):
            at += 2 if pattern.startswith("/", at + 1) else 1
            parts.append("(?:.*/)?" if at < len(pattern) else ".*")
        elif letter == "*":
            parts.append("[^/]*")
        elif letter == "?":
            parts.append("[^/]")
        elif letter in _ESCAPED or (letter == "\\" and at == len(pattern)):
            parts.append("\\" + letter)
        elif letter == "\\":
            parts.append(letter + pattern[at])
            at += 1
        else:
            parts.append(letter)
    return "".join(parts)


def _ending(suffix: str) -> str:
    """`**/name` is any path that ends so; `**` alone is everything."""
    whole = re2.escape(suffix)
    return rf"(?:.*{whole}|{re2.escape(suffix[1:])})" if suffix.startswith("/") else rf".*{whole}"
