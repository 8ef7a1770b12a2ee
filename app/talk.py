"""Talk: what a comment on a pull request asks of ServerGem, and the words that the answers share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

MOST_COMMANDS = 5
NEAR = 0.7
# A bar inside a table.
BAR = "\\|"
# A slash and a word, and nothing that makes it a path: /etc/passwd is no command.
COMMAND = re.compile(r" {0,3}/([A-Za-z][A-Za-z-]{0,29})(?:[ \t]+(.*?))?[ \t]*")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True)
class Verb:
    """One command. `changes`: it takes write permission."""

    name: str
    usage: str
    meaning: str
    changes: bool = True


VERBS = (
    Verb(
        "deploy",
        "/deploy [service…] [environment]",
        "deploy this head, as a preview when no environment is named",
    ),
    Verb(
        "rollback",
        "/rollback [service] [to COMMIT]",
        "give the traffic back as it was, or to that commit",
    ),
    Verb("status", "/status", "what serves where, and which locks there are", changes=False),
    Verb("logs", "/logs [service]", "the last lines that a preview's container wrote"),
    Verb("explain", "/explain", "why this pull request was or was not deployed", changes=False),
    Verb(
        "preview", "/preview off|on|extend", "remove the preview, bring it back, or keep it for another day"
    ),
    Verb("lock", "/lock [service…] [environment] [reason]", "let deployments wait"),
    Verb("unlock", "/unlock [service…] [environment]", "let the newest waiting deployment go"),
    Verb("help", "/help", "this list", changes=False),
)
BY_NAME = {verb.name: verb for verb in VERBS}


@dataclass(frozen=True)
class Command:
    """One line that speaks to us. `near` is what was probably meant when there is no such command."""

    name: str
    words: tuple[str, ...] = ()
    near: str = ""

    @property
    def verb(self) -> Verb | None:
        return BY_NAME.get(self.name)

    @property
    def text(self) -> str:
        return " ".join((f"/{self.name}", *self.words))


def commands(comment: str) -> tuple[Command, ...]:
    """What a comment asks, in order. Quotes and code are somebody's words, not commands.

    A word that is near none of ours is left alone: it may be meant for another App.
    """
    found = []
    for line in _spoken(comment):
        match = COMMAND.fullmatch(line)
        if match is None:
            continue
        name, words = match[1].lower(), tuple((match[2] or "").split())
        near = "" if name in BY_NAME else next(iter(get_close_matches(name, BY_NAME, 1, NEAR)), "")
        if name in BY_NAME or near:
            found.append(Command(name, words, near))
    return tuple(found[:MOST_COMMANDS])


def speaks_to_us(comment: str) -> bool:
    """Whether there is anything to answer."""
    return bool(commands(comment))


def help_text() -> str:
    """The list of commands as Markdown."""
    lines = ["| Command | What it does |", "|---|---|"]
    lines += [f"| `{verb.usage.replace('|', BAR)}` | {verb.meaning} |" for verb in VERBS]
    lines += [
        "",
        "What changes something takes write permission; a command is meant for the head as it is when it is written.",
    ]
    return "\n".join(lines)


def _spoken(comment: str) -> list[str]:
    """The lines outside quotes, fences and indented code."""
    spoken, fence = [], ""
    for line in comment.replace("\r\n", "\n").split("\n"):
        opening = FENCE.match(line)
        if fence:
            if opening and opening[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if opening:
            fence = opening[1]
            continue
        if not line.startswith(("    ", "\t")) and not line.lstrip().startswith(">"):
            spoken.append(line)
    return spoken


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
