"""A Dockerfile as its instructions, each with its lines and its stage; pure, and never raises on odd text.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from app.dockerfile.words import (
    BETWEEN,
    Heredoc,
    Unbalanced,
    flags_and_rest,
    heredoc_of,
    json_words,
    unquoted,
)
from app.source.text import LONGEST_PATH

KEYWORDS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip


@dataclass(frozen=True)
class Instruction:
    """One instruction. `value` is its arguments on one line, comments gone; lines count from 1, `end` included.

    `unclosed` is the name of a heredoc whose end is not in the file; then this is the last instruction.
    """

    keyword: str
    value: str
    line: int
    end: int
    stage: int
    stage_name: str = ""
    heredoc: tuple[str, ...] = ()
    escape: str = "\\"
    unclosed: Heredoc | None = None

    @property
    def flags(self) -> dict[str, str]:
        """`--from=builder` and its like, by name."""
        words = flags_and_rest(self.value, self.escape)[0]
        return {name: value for name, _, value in (word[2:].partition("=") for word in words)}

    @property
    def rest(self) -> str:
        """`value` without its flags."""
        return flags_and_rest(self.value, self.escape)[1]

    @property
    def json(self) -> tuple[str, ...] | None:
        """The words of the JSON form; None when this is the shell form."""
        return json_words(self.rest)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the JSON form, or those between spaces as they are written, quotes and all."""
        rest = self.rest
        found = json_words(rest)
        return found if found is not None else tuple(BETWEEN.split(rest) if rest else ())

    @property
    def arguments(self) -> tuple[str, ...]:
        """`words` without their quotes; one whose quotes do not close stays as it is written."""
        return self.words if self.json is not None else tuple(map(self._unquoted, _between_quotes(self.rest)))

    def _unquoted(self, word: str) -> str:
        try:
            return unquoted(word, self.escape)
        except Unbalanced:
            return word

    @property
    def mounts(self) -> tuple[dict[str, str], ...]:
        """Each `--mount=type=bind,source=…` by its keys."""
        words = flags_and_rest(self.value, self.escape)[0]
        return tuple(
            {key: value for key, _, value in (part.partition("=") for part in word[8:].split(","))}
            for word in words
            if word.startswith("--mount=")
        )

    @property
    def mounted(self) -> tuple[str, ...]:
        """What a RUN is given of the build context."""
        bound = (each for each in self.mounts if each.get("type", "bind") == "bind" and "from" not in each)
        return tuple(source for each in bound if (source := each.get("source") or each.get("src", "")))

    @property
    def sources(self) -> tuple[str, ...]:
        """What COPY or ADD takes, heredocs left out."""
        paths = self.words[:-1]
        return tuple(self._unquoted(each) for each in paths if not _is_heredoc(each))


@dataclass(frozen=True)
class Stage:
    """What begins with one FROM. `image` is without its quotes, `name` as in `AS name`; `words` counts both."""

    image: str
    name: str
    line: int
    words: int = 1


@dataclass(frozen=True)
class Dockerfile:
    """All instructions in order. With an `unclosed` heredoc or an odd one, what follows is not known."""

    instructions: tuple[Instruction, ...]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        found = []
        for each in self.of("FROM"):
            words = each.arguments
            named = len(words) > 2 and words[1].lower() == "as"
            found.append(Stage(words[0] if words else "", words[2] if named else "", each.line, len(words)))
        return tuple(found)

    def of(self, *keywords: str) -> Iterator[Instruction]:
        return (each for each in self.instructions if each.keyword in keywords)

    def at(self, line: int) -> Instruction | None:
        """The instruction that this line belongs to."""
        return next((each for each in self.instructions if each.line <= line <= each.end), None)

    def workdir_at(self, instruction: Instruction) -> str:
        """The directory that this instruction runs in; `/` when none was set in its stage."""
        return self._workdirs.get(instruction.line, "/")

    @cached_property
    def _workdirs(self) -> dict[int, str]:
        """Where each instruction runs, by its line; one pass, and no path longer than a file system has them."""
        found: dict[int, str] = {}
        stage, directory = -1, "/"
        for each in self.instructions:
            if each.stage != stage:
                stage, directory = each.stage, "/"
            found[each.line] = directory
            if each.keyword == "WORKDIR":
                directory = _below(directory, each.rest.strip("\"'"))
        return found


def _below(directory: str, path: str) -> str:
    """Where a WORKDIR leads. One that is as long as a path may be only ends: no thousand lines make it longer."""
    if len(directory) == LONGEST_PATH and not path.startswith("/"):
        return directory
    return joined(directory, path)[:LONGEST_PATH]


def joined(directory: str, path: str) -> str:
    """`path` as seen from `directory`, both as a container has them."""
    whole = path if path.startswith("/") else f"{directory.rstrip('/')}/{path}"
    parts: list[str] = []
    for part in whole.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _is_heredoc(word: str) -> bool:
    try:
        return heredoc_of(word) is not None
    except Unbalanced:
        return True


def _between_quotes(rest: str) -> list[str]:
    """Split at the spaces outside of quotes, as a shell would."""
    return re.findall(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'\\])+""", rest)
