"""Differences: what an environment says of a service otherwise than the service itself, and the two as one; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.model import ServiceConfig

# These are merged by name, where nothing behind a name takes it away; everything else is replaced whole.
BY_NAME = ("env", "secrets", "labels")


@dataclass(frozen=True)
class Difference:
    """What is said of the service `name` in one environment: each key with its value, as `ServiceConfig` has it.

    In a key of BY_NAME None behind a name takes it away.
    """

    name: str
    said: tuple[tuple[str, Any], ...] = ()

    def of(self, keys: frozenset[str]) -> tuple[tuple[str, Any], ...]:
        """What it says of these keys."""
        return tuple((key, value) for key, value in self.said if key in keys)


def over(usual: Mapping[str, Mapping[str, Any]], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, with the keys of BY_NAME laid over the `usual` ones."""
    merged = {
        key: {name: value for name, value in {**usual[key], **dict(said[key])}.items() if value is not None}
        for key in BY_NAME
        if key in said
    }
    return {**said, **merged}


def differing(service: ServiceConfig, said: Mapping[str, Any]) -> ServiceConfig:
    """The service with what is said of it. A variable that is a secret by then is none by value."""
    found = over({key: dict(getattr(service, key)) for key in BY_NAME}, said)
    found |= {key: tuple(found[key].items()) for key in BY_NAME if key in found}
    whole = replace(service, **found)
    secrets = dict(whole.secrets)
    return replace(whole, env=tuple((name, value) for name, value in whole.env if name not in secrets))
