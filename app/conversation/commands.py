"""Commands: the one table of what may be said in a comment, who may say it, and what it leads to. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.conversation import orders, questions
from app.conversation.hearing import Hearing
from app.conversation.outcome import Extend, Outcome, Unlock
from app.store.traffic import Lock
from app.talk import Command
from app.text.escaping import typed

# A bar inside a table.
BAR = "\\|"
LOCKS = (Lock, Unlock)


@dataclass(frozen=True)
class Verb:
    """One command. `changes`: it takes write permission."""

    name: str
    usage: str
    meaning: str
    do: Callable[[Hearing, Command], Outcome]
    changes: bool = True


def obey(hearing: Hearing, commands: tuple[Command, ...]) -> Outcome:
    """Every command of a comment, in order: each stands on what those before it have changed."""
    if hearing.deaf:
        return Outcome(hearing.deaf)
    total = Outcome()
    for command in commands:
        outcome = _obey(hearing, command)
        hearing = _after(hearing, outcome)
        total += outcome
    return total


def help_text() -> str:
    """The list of commands as Markdown."""
    lines = ["| Command | What it does |", "|---|---|"]
    lines += [f"| `{verb.usage.replace('|', BAR)}` | {verb.meaning} |" for verb in VERBS]
    lines += [
        "",
        "Commands that change something take write permission. A command is about the head that its writer could see.",
    ]
    return "\n".join(lines)


def _obey(hearing: Hearing, command: Command) -> Outcome:
    verb = BY_NAME.get(command.name)
    if verb is None:
        return Outcome(f"There is no `/{command.name}`; did you mean `/{command.near}`?\n\n{help_text()}")
    if verb.changes and not hearing.writer:
        return Outcome(f"{typed(command.text)} takes write permission to {hearing.repository.full_name}.")
    return verb.do(hearing, command)


def _after(hearing: Hearing, outcome: Outcome) -> Hearing:
    """What will be known when this outcome has come true."""
    locks = {
        wish.lane: wish if isinstance(wish, Lock) else None
        for wish in outcome.wishes
        if isinstance(wish, LOCKS)
    }
    until = {wish.lane: wish.until for wish in outcome.wishes if isinstance(wish, Extend)}
    return replace(
        hearing,
        standings=tuple(
            replace(each, lock=locks.get(each.target.lane, each.lock)) for each in hearing.standings
        ),
        previews=tuple(
            replace(each, row=replace(each.row, expires=until.get(each.row.lane, each.row.expires)))
            for each in hearing.previews
        ),
    )


def _help(_hearing: Hearing, _command: Command) -> Outcome:
    return Outcome(help_text())


VERBS = (
    Verb(
        "deploy",
        "/deploy [service…] [environment] [COMMIT|SERVICE@sha256:…]",
        "deploy this head (COMMIT says which is meant) to an environment, or as a preview when none is named; or an "
        "image that is already built",
        orders.deploy,
    ),
    Verb(
        "rollback",
        "/rollback [service] [to COMMIT]",
        "give the traffic back to what served before, or to that commit",
        orders.rollback,
    ),
    Verb(
        "status",
        "/status",
        "what serves where, and which locks there are",
        questions.status,
        changes=False,
    ),
    Verb("logs", "/logs [service]", "the last lines that a preview's container wrote", questions.logs),
    Verb(
        "explain",
        "/explain",
        "why this pull request was or was not deployed",
        questions.explain,
        changes=False,
    ),
    Verb(
        "preview",
        "/preview off|on|extend",
        "remove the preview, bring it back, or keep it for another day",
        orders.preview,
    ),
    Verb(
        "run",
        "/run JOB [environment]",
        "run a job of servergem.yml now, the preview's where it has one",
        orders.run,
    ),
    Verb("lock", "/lock [service…] [environment] [reason]", "make deployments wait", orders.lock),
    Verb("unlock", "/unlock [service…] [environment]", "let the newest waiting deployment go", orders.unlock),
    Verb("help", "/help", "this list", _help, changes=False),
)
BY_NAME = {verb.name: verb for verb in VERBS}
