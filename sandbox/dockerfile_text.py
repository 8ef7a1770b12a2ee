"""A Dockerfile's text as instructions, read as BuildKit reads it: continuations, comments, heredocs, directives."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

INSTRUCTIONS = (
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
    *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)
# https://docs.docker.com/reference/dockerfile/#here-documents
HEREDOC = re.compile(r"""(?<![<\d])<<(-?)\s?(["']?)([A-Za-z_]\w*)\2(?!<)""")


@dataclass(frozen=True)
class Heredoc:
    """One heredoc of an instruction; `plain` means that its end was quoted, so that nothing in it is filled in."""

    name: str
    text: str
    plain: bool


@dataclass(frozen=True)
class Instruction:
    """One instruction and the lines it stands on, counted from 1."""

    word: str
    rest: str
    line: int
    last_line: int
    heredocs: tuple[Heredoc, ...] = field(default=())


class Refused(Exception):  # noqa: N818 - reads as what happened
    """BuildKit's own last words, and the instruction that they are about."""

    def __init__(self, message: str, instruction: Instruction | None = None) -> None:
        super().__init__(message)
        self.message, self.instruction = message, instruction


def parse(text: str) -> list[Instruction]:
    """The instructions with their lines; `Refused` in BuildKit's words for one that there is not."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = _escape(lines)
    found: list[Instruction] = []
    number = 0
    while number < len(lines):
        whole = lines[number].strip()
        if not whole or whole.startswith("#"):
            number += 1
            continue
        instruction, number = _instruction(lines, number, escape)
        if instruction.word not in INSTRUCTIONS:
            word = re.split(r"\s", whole, maxsplit=1)[0]
            message = f"dockerfile parse error on line {instruction.line}: unknown instruction: {word}"
            raise Refused(message + _did_you_mean(word), instruction)
        found.append(instruction)
    if not found:
        raise Refused("the Dockerfile (Dockerfile) cannot be empty")
    if found[0].word not in ("FROM", "ARG"):
        raise Refused(
            f"dockerfile parse error on line {found[0].line}: no build stage in current context", found[0]
        )
    return found


def _instruction(lines: list[str], number: int, escape: str) -> tuple[Instruction, int]:
    """The instruction that begins at this index, and the index after it."""
    first, whole = number, lines[number].strip()
    number += 1
    while whole.endswith(escape) and number < len(lines):
        following = lines[number].strip()
        number += 1
        if following.startswith("#") or not following:
            continue  # a comment or an empty line between the lines of one instruction is left out
        whole = whole[:-1].rstrip() + " " + following
    whole = whole.rstrip(escape).rstrip()
    word, _, rest = whole.replace("\t", " ").partition(" ")
    word = word.upper()
    heredocs: list[Heredoc] = []
    if word in ("RUN", "COPY", "ADD"):
        for dash, quote, name in HEREDOC.findall(rest):
            body, number = _body(lines, number, name, strip_tabs=bool(dash))
            heredocs.append(Heredoc(name, body, bool(quote)))
    return Instruction(word, rest.strip(), first + 1, number, tuple(heredocs)), number


def _body(lines: list[str], number: int, name: str, *, strip_tabs: bool) -> tuple[str, int]:
    body: list[str] = []
    while number < len(lines):
        line = lines[number].lstrip("\t") if strip_tabs else lines[number]
        number += 1
        if line == name:
            return "".join(f"{each}\n" for each in body), number
        body.append(line)
    raise Refused(f"unterminated heredoc: {name}")


def _escape(lines: list[str]) -> str:
    """The parser directive `# escape=`, before anything else in the file."""
    for line in lines:
        directive = re.match(r"#\s*(\w+)\s*=\s*(\S+)\s*$", line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape":
            return directive[2]
    return "\\"


def _did_you_mean(word: str) -> str:
    near = difflib.get_close_matches(word.upper(), INSTRUCTIONS, 1, 0.6)
    return f" (did you mean {near[0]}?)" if near else ""
