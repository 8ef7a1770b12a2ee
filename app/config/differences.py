"""Differences: what an environment says of a service, a job or a worker otherwise than usual, and the two as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.model import JobConfig, ServiceConfig, WorkerConfig

# These are merged by name, where nothing behind a name takes it away; everything else is replaced whole.
BY_NAME = ("env", "secrets", "labels")
# Two words for where a service runs.
ONE_OF_TWO = (("region", "regions"), ("regions", "region"))
T = TypeVar("T", ServiceConfig, JobConfig, WorkerConfig)


@dataclass(frozen=True)
class Difference:
    """What is said of the one called `name` in one environment: each key with its value, as our words have it.

    In a key of BY_NAME None behind a name takes it away.
    """

    name: str
    said: tuple[tuple[str, Any], ...] = ()

    def of(self, keys: frozenset[str]) -> tuple[tuple[str, Any], ...]:
        """What it says of these keys."""
        return tuple((key, value) for key, value in self.said if key in keys)


def named(every: tuple[Difference, ...], name: str) -> Difference:
    """What is said of the one of this name; nothing where nothing is."""
    return next((each for each in every if each.name == name), Difference(name))


def over(usual: object, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, with the keys of BY_NAME laid over those that are `usual`."""
    merged = {
        key: {
            name: value
            for name, value in (dict(getattr(usual, key)) | dict(said[key])).items()
            if value is not None
        }
        for key in BY_NAME
        if key in said
    }
    return {**said, **merged, **_one_word(usual, said)}


def _one_word(usual: object, said: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever says `region` takes `regions` back, and the other way round: only the last word counts."""
    back = {other: None for one, other in ONE_OF_TWO if one in said and other not in said}
    return {key: type(getattr(usual, key))() for key in back if hasattr(usual, key)}


def differing(usual: T, difference: Difference) -> T:
    """The usual with what is said of it. A variable that is a secret by then is none by value."""
    found = over(usual, dict(difference.said))
    found |= {key: tuple(found[key].items()) for key in BY_NAME if key in found}
    whole = replace(usual, **found)
    secrets = dict(whole.secrets)
    return replace(whole, env=tuple((name, value) for name, value in whole.env if name not in secrets))
