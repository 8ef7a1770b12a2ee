"""Which stages of a Dockerfile BuildKit surely builds: the target, and what it is made from; pure.

A stage that nothing leads to is never built, so nothing in it can fail. What a variable names is not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.dockerfile import Dockerfile, Instruction


def built(parsed: Dockerfile, target: str) -> frozenset[int]:
    """The numbers of the stages, from 0; none when there is no such target."""
    names = _names(parsed)
    first = _first(parsed, names, target)
    leading = _leading(parsed, names)
    found: set[int] = set()
    waiting = [first] if first is not None else []
    while waiting:
        stage = waiting.pop()
        if stage not in found:
            found.add(stage)
            waiting += leading.get(stage, ())
    return frozenset(found)


def lineage(parsed: Dockerfile, target: str) -> frozenset[int]:
    """The stage that is built, and those that it is FROM: what they set is set in the image."""
    number = _first(parsed, _names(parsed), target)
    found: set[int] = set()
    while number is not None and number >= 0:
        found.add(number)
        image = parsed.stages[number].image  # as it is written: only --from and a target are folded
        number = next((n for n in reversed(range(number)) if parsed.stages[n].name.lower() == image), None)
    return frozenset(found)


def _first(parsed: Dockerfile, names: dict[str, int], target: str) -> int | None:
    last = len(parsed.stages) - 1
    return names.get(target.lower(), _number(target, last + 1)) if target else last


def _names(parsed: Dockerfile) -> dict[str, int]:
    return {stage.name.lower(): number for number, stage in enumerate(parsed.stages) if stage.name}


def _leading(parsed: Dockerfile, names: dict[str, int]) -> dict[int, list[int]]:
    """For each stage, those that it is made from."""
    found: dict[int, list[int]] = {}
    before: dict[str, int] = {}
    for number, stage in enumerate(parsed.stages):
        if (base := before.get(stage.image)) is not None:
            found.setdefault(number, []).append(base)
        if stage.name:
            before[stage.name.lower()] = number
    for each in parsed.of("COPY", "RUN"):
        for source in _sources(each):
            stage_number = names.get(source.lower(), _number(source, len(parsed.stages)))
            if stage_number is not None:
                found.setdefault(each.stage, []).append(stage_number)
    return found


def _sources(each: Instruction) -> Iterator[str]:
    if each.keyword == "COPY" and (source := each.flags.get("from")):
        yield source
    if each.keyword == "RUN":
        yield from (mount["from"] for mount in each.mounts if mount.get("from"))


def _number(text: str, count: int) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) and int(text) < count else None
