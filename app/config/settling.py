"""Settling: a draft without what the reader of servergem.yml would refuse, each refusal with its reason; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.config import writing
from app.config.draft import Draft, Keys
from app.config.reading import read
from app.model import Finding, Stop

# The key of a section itself, such as services.api: what is wrong with it is not mended by leaving it out.
OF_A_SECTION = 2
MOST_TURNS = 100


@dataclass(frozen=True)
class Refused:
    """A key that servergem.yml does not take with this value, and why."""

    keys: Keys
    why: str
    origin: Keys = ()


@dataclass(frozen=True)
class Settled:
    """A draft as far as it is valid, what had to go, and what is wrong with it still."""

    draft: Draft
    refused: tuple[Refused, ...] = ()
    faults: tuple[Finding, ...] = ()


def settled(draft: Draft, *, repository_name: str) -> Settled:
    """Read again and again, each time without the keys at which the reader has stopped."""
    refused: list[Refused] = []
    faults: tuple[Finding, ...] = ()
    for _ in range(MOST_TURNS):
        faults = _faults(draft, repository_name)
        found = tuple(_refused(draft, faults))
        if not found:
            break
        refused += found
        block = draft.block
        for each in found:
            block = block.without(each.keys)
        draft = replace(draft, block=block)
    return Settled(draft, tuple(refused), faults)


def _faults(draft: Draft, repository_name: str) -> tuple[Finding, ...]:
    try:
        read(writing.text(draft), repository_name=repository_name, default_branch="main")
    except Stop as stop:
        return stop.findings
    return ()


def _refused(draft: Draft, faults: tuple[Finding, ...]) -> Iterator[Refused]:
    lines = writing.lines(draft)
    seen: set[Keys] = set()
    for finding in faults:
        keys = lines[finding.place.line - 1].keys if finding.place else ()
        if len(keys) > OF_A_SECTION and keys not in seen:
            seen.add(keys)
            origins = [each.origin for each in draft.block.way(keys) if each.origin]
            why = (finding.message or finding.title).rstrip(".")
            yield Refused(keys, why, origins[-1] if origins else ())
