"""Talk: what a comment on a pull request asks of ServerGem. Pure, and light enough for the door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from app.text.spoken import spoken

MOST_COMMANDS = 5
NEAR = 0.7
IMAGE = re.compile(r"([a-z][a-z0-9-]{0,62})@(sha256:[0-9a-f]{64})")
# A slash and a word, and nothing that makes it a path: /etc/passwd is no command. Its last blanks are taken off first.
COMMAND = re.compile(r" {0,3}/([A-Za-z][A-Za-z-]{0,29})(?:[ \t]+(.*))?")


# What each of them means and leads to: app/conversation/commands.py.
NAMES = ("deploy", "rollback", "status", "logs", "explain", "preview", "run", "lock", "unlock", "help")


@dataclass(frozen=True)
class Command:
    """One line that speaks to us. `near` is what was probably meant when there is no such command."""

    name: str
    words: tuple[str, ...] = ()
    near: str = ""

    @property
    def text(self) -> str:
        return " ".join((f"/{self.name}", *self.words))


def commands(comment: str) -> tuple[Command, ...]:
    """What a comment asks, in order. Quotes, code and what is hidden are not said: app/text/spoken.py.

    A word that is near none of ours is left alone: it may be meant for another App.
    """
    found = []
    for line in spoken(comment):
        match = COMMAND.fullmatch(line.rstrip(" \t"))
        if match is None:
            continue
        name, words = match[1].lower(), tuple((match[2] or "").split())
        near = "" if name in NAMES else next(iter(get_close_matches(name, NAMES, 1, NEAR)), "")
        if name in NAMES or near:
            found.append(Command(name, words, near))
    return tuple(found[:MOST_COMMANDS])


def speaks_to_us(comment: str) -> bool:
    """Whether there is anything to answer."""
    return bool(commands(comment))


def image_in(words: tuple[str, ...]) -> tuple[str, str] | None:
    """The service and the digest that a command brings there; None when what is left of it is anything else."""
    found = IMAGE.fullmatch(words[0]) if len(words) == 1 else None
    return (found[1], found[2]) if found else None


@dataclass(frozen=True)
class Scope:
    """Which services and which environment a command names, and the words that are left."""

    services: tuple[str, ...]
    environment: str
    rest: tuple[str, ...]


def scope(words: tuple[str, ...], services: tuple[str, ...], environments: tuple[str, ...]) -> Scope:
    """Leading words that are names of ours; the first that is neither begins the rest."""
    chosen: list[str] = []
    environment = ""
    for index, word in enumerate(words):
        if word in services:
            chosen.append(word)
        elif word in environments and not environment:
            environment = word
        else:
            return Scope(tuple(chosen), environment, words[index:])
    return Scope(tuple(chosen), environment, ())
