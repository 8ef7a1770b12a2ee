"""A Dockerfile's text as its instructions: goes down the lines once, as BuildKit's parser does.

https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go
"""

from __future__ import annotations

from collections.abc import Iterator

from app.dockerfile.frontend import BOM, escape_of
from app.dockerfile.instructions import Dockerfile, Instruction
from app.dockerfile.words import (
    BETWEEN,
    SPACE,
    Heredoc,
    Unbalanced,
    flags_and_rest,
    heredocs,
    json_words,
)

WITH_HEREDOCS = ("ADD", "COPY", "RUN")


def parse(text: str) -> Dockerfile:
    """Every instruction, known or not; a first word that is no keyword is kept as it stands."""
    return Dockerfile(tuple(_Reader(text).instructions()))


class _Reader:
    """Goes down the lines once."""

    def __init__(self, text: str) -> None:
        self._lines = text.removeprefix(BOM).split("\n")
        self._at = 0
        self._escape = escape_of(text)

    def instructions(self) -> Iterator[Instruction]:
        stage, name = -1, ""
        while self._at < len(self._lines):
            first = self._at + 1
            line = self._logical_line()
            if not line.strip(SPACE):
                continue
            keyword, _, value = _split(line)
            if keyword == "FROM":
                stage += 1
                name = _stage_name(value)
            body, unclosed = self._bodies(keyword, line, value)
            yield Instruction(keyword, value, first, self._at, stage, name, body, self._escape, unclosed)

    def _next(self) -> str:
        line = self._lines[self._at].rstrip("\r")
        self._at += 1
        return line

    def _logical_line(self) -> str:
        """The next line with what it continues on; comments and empty lines between are no end."""
        line = self._next().lstrip(SPACE)
        if line.startswith("#"):
            return ""
        line, more = self._cut(line)
        parts = [line]
        while more and self._at < len(self._lines):
            line = self._next()
            bare = line.lstrip(SPACE)
            if not bare or bare.startswith("#"):
                continue
            line, more = self._cut(line)
            parts.append(line)
        return "".join(parts)

    def _cut(self, line: str) -> tuple[str, bool]:
        """The line without its continuation character, and whether it had one."""
        bare = line.rstrip(" \t")
        if bare.endswith(self._escape) and not bare.endswith(self._escape * 2):
            return bare[:-1], True
        return line, False

    def _bodies(self, keyword: str, line: str, value: str) -> tuple[tuple[str, ...], Heredoc | None]:
        """The lines of the heredocs that this line opens."""
        if keyword == "ONBUILD":
            keyword, _, value = _split(value)
        if (
            keyword not in WITH_HEREDOCS
            or "<<" not in line
            or json_words(flags_and_rest(value, self._escape)[1]) is not None
        ):
            return (), None
        body: list[str] = []
        for each in _heredocs(line):
            if not self._read_heredoc(each, body):
                return tuple(body), each
        return tuple(body), None

    def _read_heredoc(self, heredoc: Heredoc, body: list[str]) -> bool:
        """Whether its end was found."""
        while self._at < len(self._lines):
            line = self._next()
            if (line.lstrip("\t") if heredoc.chomp else line) == heredoc.name:
                return True
            body.append(line)
        return False


def _split(line: str) -> tuple[str, str, str]:
    """(keyword in capitals, what is between, the arguments)."""
    line = line.strip(SPACE)
    found = BETWEEN.search(line)
    if found is None:
        return line.upper(), "", ""
    return line[: found.start()].upper(), found[0], line[found.end() :]


def _heredocs(line: str) -> tuple[Heredoc, ...]:
    """One that BuildKit cannot name is as good as one that never ends."""
    try:
        return heredocs(line)
    except Unbalanced:
        return (Heredoc("\n", chomp=False, spaced=True),)


def _stage_name(value: str) -> str:
    words = BETWEEN.split(flags_and_rest(value, "\\")[1])
    return words[2] if len(words) > 2 and words[1].lower() == "as" else ""
