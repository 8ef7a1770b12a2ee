"""Naming: which keys of a service somebody has written who may; of an adopted one all others are left alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from app.config.sides import SERVICE

# What an environment says of all its services, by the key that a service has of the same.
OF_ALL = "instances"


def named(keys: Iterable[str], service: str, environment: str) -> tuple[str, ...]:
    """The keys of this service among these dotted ones, written for everywhere or for this environment."""
    there = f"environments.{environment}."
    found = dict.fromkeys(
        key.removeprefix(prefix)
        for key in keys
        for prefix in (f"services.{service}.", f"{there}services.{service}.")
        if key.startswith(prefix)
    )
    of_all = (key.removeprefix(there) for key in keys if key.startswith(there))
    found |= dict.fromkeys(key for key in of_all if key.partition(".")[0] == OF_ALL)
    return tuple(sorted(found))


def written(own: Iterable[str], deciding: Iterable[str]) -> tuple[str, ...]:
    """The dotted keys that count as written: a commit's own where it shapes, the default branch's where that decides.

    What a commit writes of a key that it does not decide has no value of its own: its default is nobody's word.
    """
    shaped = (key for key in own if _key_of(key) in SERVICE.shaping)
    return (*shaped, *(key for key in deciding if _key_of(key) in SERVICE.deciding))


def _key_of(dotted: str) -> str:
    """The key of a service, or of an environment, that this is or is below: services.api.instances.max is instances.

    An environment's name may have dots, a service's has none.
    """
    section, _, rest = dotted.partition(".")
    if section == "services":
        return rest.partition(".")[2].partition(".")[0]
    _, services, of_one = rest.partition(".services.")
    return of_one.partition(".")[2].partition(".")[0] if services else _of_all(rest)


def _of_all(below: str) -> str:
    return OF_ALL if f".{OF_ALL}." in f"{below}." else ""
