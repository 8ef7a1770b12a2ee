"""Gathering: all that is told of a service becomes its section, with its variables apart from its secrets; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.config.draft import Block, Keys, Said, Value
from app.config.values import RESERVED_ENV
from app.importing.secret import is_secret, looks_secret, secret_name
from app.importing.told import Beside, Held, Left, Named, Variable

MADE = "made by the commands that `servergem import` prints"
# Variables that only the other platform has a use for.
NOT_HERE = {
    "GOOGLE_APPLICATION_CREDENTIALS": "Nothing is needed: the service runs as its `service_account:`.",
}
# A command is printed for these alone. Whoever wrote the file has named the variables, and whoever reads the command
# pastes it into a shell: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap03.html#tag_03_216
SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Keys that name a secret or a key of Google's and hold none.
REFERENCES = frozenset({"secret", "secrets", "encryption_key"})


@dataclass(frozen=True)
class Needed:
    """A secret that is to be made in Secret Manager before the first deployment, of the variable's value."""

    secret: str
    variable: str


@dataclass(frozen=True)
class Gathered:
    """The section of one service or job, what does not come along, and the secrets that it needs."""

    section: Said
    left: tuple[Left, ...] = ()
    needed: tuple[Needed, ...] = ()


def gathered(named: Named, name: str, *, alone: bool = True) -> Gathered:
    """Everything told of `named`, which is called `name` here. What is not `alone` has no port of its own."""
    said = [each for each in named.told if isinstance(each, Said)]
    left = [each for each in named.told if isinstance(each, Left)]
    held = {each.name: each.reference for each in named.told if isinstance(each, Held)}
    env: list[Said] = []
    needed: list[Needed] = []
    for each in (each for each in named.told if isinstance(each, Variable)):
        if alone and each.name == "PORT" and each.value and "port" not in {one.key for one in said}:
            said.insert(0, Said("port", each.value, "PORT", each.at))
        elif instead := _instead(each, alone=alone):
            left.append(Left(each.at, instead))
        elif each.secret or is_secret(each.name, each.value):
            held[each.name] = secret_name(name, each.name)
            if SHELL_NAME.fullmatch(each.name):
                needed.append(Needed(held[each.name], each.name))
        elif each.value is None:
            left.append(Left(each.at, f"Its value is kept elsewhere: write `env: {{{each.name}: …}}`."))
        else:
            env.append(Said(each.name, each.value, origin=each.at))
    beside = {
        each.name: gathered(Named(each.name, each.told), f"{name}-{each.name}", alone=False)
        for each in named.told
        if isinstance(each, Beside)
    }
    for inside in beside.values():
        left += inside.left
        needed += inside.needed
    if beside:
        sections = tuple(Said(each, inside.section.value) for each, inside in beside.items())
        said.append(Said("containers", Block(sections)))
    secrets = [Said(variable, reference) for variable, reference in held.items()]
    said += [*_listed("env", env), *_listed("secrets", secrets, MADE if needed else "")]
    kept, hidden = _without_secrets(Block(tuple(said)))
    return Gathered(Said(name, kept, _of(named.name, name)), (*left, *hidden), tuple(needed))


SHOWN = "It holds what looks like a secret, which no servergem.yml may: give it as a variable of `secrets:`."


def _of(theirs: str, ours: str) -> str:
    return f"{theirs} there" if theirs != ours else ""


def _instead(variable: Variable, *, alone: bool) -> str:
    if variable.name in RESERVED_ENV and (alone or variable.name != "PORT"):
        return "Nothing is needed: Cloud Run sets it itself; `port:` says which one."
    return NOT_HERE.get(variable.name, "")


def _listed(key: str, values: list[Said], why: str = "") -> list[Said]:
    """A variable that is named twice has its last value."""
    last = {each.key: each for each in values}
    return [Said(key, Block(tuple(last.values())), why)] if values else []


def _without_secrets(block: Block) -> tuple[Block, tuple[Left, ...]]:
    """The keys without those whose value would not be shown in a log, and where each of these comes from."""
    left: list[Left] = []
    for keys in tuple(_hidden(block, ())):
        origins = [each.origin for each in block.way(keys) if each.origin]
        left.append(Left(origins[-1] if origins else keys, SHOWN))
        block = block.without(keys)
    return block, tuple(left)


def _hidden(block: Block, above: Keys) -> Iterator[Keys]:
    for each in block.said:
        if each.key in REFERENCES:
            continue
        if isinstance(each.value, Block):
            yield from _hidden(each.value, (*above, each.key))
        elif any(looks_secret(each.key, word) for word in _words_of(each.value)):
            yield (*above, each.key)


def _words_of(value: Value) -> Iterator[str]:
    if isinstance(value, tuple):
        yield " ".join(str(each) for each in value)
    elif isinstance(value, str):
        yield value
