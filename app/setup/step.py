"""A step of a set-up: one command of gcloud as it is typed, why it is needed, and what says that it was done before."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

# Where a command names the number of a project, which is known only when it runs.
NUMBER = re.compile(r"{number of (.*?)}")
# The file that a command is given. Standard input is none for gcloud: it resolves /dev/stdin to the name of a pipe, and
# finds no such file.
GIVEN = "servergem-given.json"


@dataclass(frozen=True)
class Step:
    """One command and why it is needed. One of `again` is in the error of a command whose work was done before.

    `update`: what brings that earlier work up to date; nothing where there is nothing to bring up. `given` is what the
    file holds that the command names as `GIVEN`, and `typed` how a shell writes it where it is secret. `tells`: what it
    prints is the project's number, for later ones.
    """

    why: str
    command: tuple[str, ...]
    again: tuple[str, ...] = ("already exists", "you already own it")
    update: tuple[str, ...] = ()
    given: str = field(default="", repr=False)
    typed: str = ""
    tells: bool = False

    def __str__(self) -> str:
        said = _shell(self.command)
        if self.update:
            said = f"{said} ||\n  {_shell(self.update)}"
        if typed := self.typed or (self.given and f"echo {shlex.quote(self.given)}"):
            return f"{typed} > {GIVEN}\n{said}"
        return said

    def numbered(self, number: str) -> Step:
        """The step once the project's number is known."""
        return self._with(lambda word: NUMBER.sub(number, word))

    def reading(self, file: Path) -> Step:
        """The step once what it is given stands in this file."""
        return self._with(lambda word: word.replace(GIVEN, str(file)))

    def _with(self, change: Callable[[str], str]) -> Step:
        return replace(self, command=tuple(map(change, self.command)), update=tuple(map(change, self.update)))


def asking_for_number(project: str) -> tuple[str, ...]:
    return ("gcloud", "projects", "describe", project, "--format=value(projectNumber)")


def _shell(command: tuple[str, ...]) -> str:
    """The command as it is typed; the shell asks for the project's number by itself."""
    return " ".join(_quoted(word) for word in command)


def _quoted(word: str) -> str:
    found = NUMBER.search(word)
    if found is None:
        return shlex.quote(word)
    return f'"{word[: found.start()]}$({shlex.join(asking_for_number(found[1]))}){word[found.end() :]}"'
