"""A Dockerfile as its instructions, each with its lines and its stage; pure, and never raises on odd text.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

KEYWORDS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*$")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_][\w.-]*)\1")
_FROM = re.compile(r"(?:--platform=\S+\s+)?(\S+)(?:\s+as\s+(\S+))?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Instruction:
    """One instruction. `value` is its arguments on one line, comments gone; lines count from 1, `end` included."""

    keyword: str
    value: str
    line: int
    end: int
    stage: int
    stage_name: str = ""
    heredoc: tuple[str, ...] = ()

    @property
    def flags(self) -> dict[str, str]:
        """`--from=builder` and its like, by name."""
        return {name: value for name, _, value in (word[2:].partition("=") for word in self._flag_words())}

    @property
    def rest(self) -> str:
        """`value` without its flags."""
        rest = self.value
        for word in self._flag_words():
            rest = rest.removeprefix(word).lstrip()
        return rest

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words of the JSON form, or of the shell form split as a shell would."""
        rest = self.rest
        if rest.startswith("["):
            try:
                words = json.loads(rest)
            except ValueError:
                words = None
            if isinstance(words, list):
                return tuple(str(word) for word in words)
        try:
            return tuple(shlex.split(rest))
        except ValueError:
            return tuple(rest.split())

    def _flag_words(self) -> list[str]:
        words = []
        for word in self.value.split():
            if not word.startswith("--"):
                break
            words.append(word)
        return words


@dataclass(frozen=True)
class Stage:
    """What begins with one FROM. `image` is as written, `name` as in `AS name`."""

    image: str
    name: str
    line: int


@dataclass(frozen=True)
class Dockerfile:
    """All instructions in order."""

    instructions: tuple[Instruction, ...]

    @property
    def stages(self) -> tuple[Stage, ...]:
        found = []
        for each in self.instructions:
            if each.keyword == "FROM" and (match := _FROM.match(each.value)):
                found.append(Stage(match[1], match[2] or "", each.line))
        return tuple(found)

    def of(self, *keywords: str) -> Iterator[Instruction]:
        return (each for each in self.instructions if each.keyword in keywords)

    def at(self, line: int) -> Instruction | None:
        """The instruction that this line belongs to."""
        return next((each for each in self.instructions if each.line <= line <= each.end), None)

    def workdir_at(self, instruction: Instruction) -> str:
        """The directory that this instruction runs in; `/` when none was set in its stage."""
        directory = "/"
        for each in self.instructions:
            if each.line >= instruction.line:
                break
            if each.stage == instruction.stage and each.keyword == "WORKDIR":
                directory = joined(directory, each.rest.strip("\"'"))
        return directory


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


def parse(text: str) -> Dockerfile:
    """Every instruction, known or not; a first word that is no keyword is kept as it stands."""
    return Dockerfile(tuple(_instructions(text.split("\n"))))


def _instructions(lines: list[str]) -> Iterator[Instruction]:
    escape = _escape(lines)
    stage, name, number = -1, "", 0
    while number < len(lines):
        first = number
        line = lines[number].rstrip("\r").strip()
        number += 1
        if not line or line.startswith("#"):
            continue
        parts = []
        while line.endswith(escape) and number < len(lines):
            parts.append(line[:-1].strip())
            line = ""
            while number < len(lines):
                line = lines[number].rstrip("\r").strip()
                number += 1
                if line and not line.startswith("#"):
                    break
                line = ""
        parts.append(line.removesuffix(escape).strip())
        words = " ".join(part for part in parts if part)
        end = number
        keyword, _, value = words.partition(" ")
        keyword = keyword.upper()
        body: list[str] = []
        if keyword in ("RUN", "COPY", "ADD"):
            for _, ending in _HEREDOC.findall(value):
                while number < len(lines):
                    inside = lines[number].rstrip("\r")
                    number += 1
                    if inside.strip() == ending:
                        break
                    body.append(inside)
            end = number
        if keyword == "FROM":
            stage += 1
            match = _FROM.match(value.strip())
            name = (match[2] or "") if match else ""
        yield Instruction(keyword, value.strip(), first + 1, end, stage, name, tuple(body))


def _escape(lines: list[str]) -> str:
    """The `# escape=` directive, which counts only before anything else."""
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if not match:
            break
        if match[1].lower() == "escape":
            return match[2]
    return "\\"


class Ignored:
    """A .dockerignore: which files of the build context the builder never sees.

    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """

    def __init__(self, text: str) -> None:
        lines = (line.strip() for line in text.splitlines())
        self._rules = [_ignore_rule(line) for line in lines if line and not line.startswith("#")]

    def hides(self, path: str) -> bool:
        """The last rule that fits a file or a folder above it decides."""
        hidden = False
        for pattern, again_shown in self._rules:
            if pattern.match(path):
                hidden = not again_shown
        return hidden


def _ignore_rule(line: str) -> tuple[re.Pattern[str], bool]:
    shown = line.startswith("!")
    return re.compile(_glob(line.removeprefix("!").strip().strip("/")) + r"(?:/.*)?$"), shown


def copies(pattern: str) -> re.Pattern[str]:
    """What a COPY source means as an expression over the context's files: the file itself, or all of a folder."""
    return re.compile(_glob(pattern) + r"(?:/.*)?$")


def _glob(pattern: str) -> str:
    clean = "/".join(part for part in pattern.split("/") if part not in ("", "."))
    if not clean:
        return r"[^/]+"
    parts = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", clean):
        wild = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
        parts.append(wild.get(part) or re.escape(part))
    return "".join(parts)
