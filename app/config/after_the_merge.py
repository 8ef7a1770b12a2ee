"""After the merge: the keys of a commit's servergem.yml that the default branch decides otherwise until then; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, TypeVar

from app.config.differences import Difference, named
from app.config.environments import Environment
from app.config.sides import ENVIRONMENT, JOB, PREVIEWS, SERVICE, WORKER, Sides
from app.config.targets import Config, Previews
from app.model import JobConfig, ServiceConfig, WorkerConfig

T = TypeVar("T", ServiceConfig, Environment, Previews, JobConfig, WorkerConfig)
Each = TypeVar("Each", ServiceConfig, JobConfig, WorkerConfig)


def after_the_merge(own: Config, granted: Config, deciding: Config) -> tuple[str, ...]:
    """The dotted keys, in the order of services, environments, the rest; `granted` is what counts until then."""
    return (
        *_of_each("services", own.services, granted.services, SERVICE),
        *_of_environments({each.name: each for each in own.environments}, deciding.environments),
        *(["notify"] if own.notify != deciding.notify else []),
        *_differing("previews", own.previews, deciding.previews, PREVIEWS),
        *_of_each("jobs", own.jobs, granted.jobs, JOB),
        *_of_each("workers", own.workers, granted.workers, WORKER),
    )


def _of_each(section: str, own: tuple[Each, ...], granted: tuple[Each, ...], sides: Sides) -> Iterator[str]:
    for one, other in zip(own, granted, strict=True):
        yield from _differing(f"{section}.{one.name}", one, other, sides)


def _of_environments(own: dict[str, Environment], deciding: tuple[Environment, ...]) -> Iterator[str]:
    known = {environment.name: environment for environment in deciding}
    for name in dict.fromkeys((*own, *known)):
        if name in own and name in known:
            one, other, there = own[name], known[name], f"environments.{name}"
            yield from _differing(there, one, other, ENVIRONMENT)
            yield from _of_differences(f"{there}.services", one.services, other.services, SERVICE)
            yield from _of_differences(f"{there}.jobs", one.jobs, other.jobs, JOB)
            yield from _of_differences(f"{there}.workers", one.workers, other.workers, WORKER)
        else:
            yield f"environments.{name}"


def _of_differences(
    section: str, own: tuple[Difference, ...], deciding: tuple[Difference, ...], sides: Sides
) -> Iterator[str]:
    for name in dict.fromkeys(each.name for each in (*own, *deciding)):
        one, other = (dict(named(each, name).of(sides.deciding)) for each in (own, deciding))
        for key in dict.fromkeys((*one, *other)):
            yield from _told(f"{section}.{name}", key, one.get(key), other.get(key))


def _differing(section: str, own: T, deciding: T, sides: Sides) -> Iterator[str]:
    """The dotted keys of one section that are decided otherwise, in the order of the file."""
    for name in (each.name for each in fields(own) if each.name in sides.deciding):
        yield from _told(section, name, getattr(own, name), getattr(deciding, name))


def _told(section: str, key: str, own: Any, deciding: Any) -> Iterator[str]:
    """The key when it is decided otherwise, secrets one by one; nothing is said of what is None."""
    if key == "secrets":
        one, other = dict(own or ()), dict(deciding or ())
        names = (name for name in dict.fromkeys((*one, *other)) if one.get(name, key) != other.get(name, key))
        yield from (f"{section}.secrets.{name}" for name in names)
    elif own != deciding:
        yield f"{section}.{key}"
