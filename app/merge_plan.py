"""The merge plan: what serves now beside what servergem.yml asks for, said in words; no value of anything secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from app.model import ServiceConfig, Target, told


@dataclass(frozen=True)
class Serving:
    """A service, a job or a worker as it is: names of variables, `name:version` of secrets, the rest by key of
    servergem.yml. A job or a worker as it is to be is told alike; neither has a commit.
    """

    commit: str
    env: tuple[str, ...]
    secrets: Mapping[str, str]
    shape: Mapping[str, str]


OURS = "SERVERGEM_"
UNITS = {"timeout": "s"}


def changes(target: Target, now: Serving | None, *, service_account: str) -> tuple[str, ...]:
    """The lines for one service: what changes at its home, and where it goes too.

    `service_account` is what it will run as, empty for the project's default.
    """
    name = f"`{target.name}` in {target.environment}"
    also = ", ".join(target.service.regions[1:])
    elsewhere = (f"{name} is deployed to {also} too",) if also else ()
    if now is None:
        return (f"{name} is created: nothing serves there yet", *elsewhere)
    service = target.service
    found = [
        *_variables(dict(service.env), dict(service.secrets), now),
        *_secrets({name: f"{each.name}:{each.version}" for name, each in service.secrets}, now),
        *_shape({key: _asked(service, key) for key in now.shape}, now, service_account),
        *([f"traffic moves in steps of {_steps(service.rollout)}"] if service.rollout != (100,) else []),
        *([f"`{service.release}` runs before traffic moves"] if service.release else []),
    ]
    was = f"from {now.commit[:7]} " if now.commit else ""
    told = "; ".join(found) if found else "nothing but its image"
    return (f"{name} is deployed {was}with these changes: {told}", *elsewhere)


def beside(
    kind: str, environment: str, asked: Mapping[str, Serving], there: Mapping[str, Serving]
) -> tuple[str, ...]:
    """A line for each job, or worker, of a service that is new, changes or goes; none for what stays as it is."""
    every = {name: f"the {kind} `{name}` in {environment}" for name in (*asked, *there)}
    return tuple(
        f"{said} {change}"
        for name, said in every.items()
        if (change := _of_one(asked.get(name), there.get(name)))
    )


def _of_one(asked: Serving | None, now: Serving | None) -> str:
    if asked is None:
        return "is removed: servergem.yml does not name it any more"
    told = dict(asked.shape)
    if now is None:
        when, count = told.get("schedule"), told.get("instances")
        return "is created" + (
            f", to run at {when}" if when else f", with instances: {count}" if count else ""
        )
    found = [
        *_variables(asked.env, asked.secrets, now),
        *_secrets(asked.secrets, now),
        *_shape(told, now, told.pop("service_account", "")),
    ]
    return f"is updated with these changes: {'; '.join(found)}" if found else ""


def _variables(asked: Iterable[str], secrets: Iterable[str], now: Serving) -> Iterable[str]:
    wanted = {name for name in asked if not name.startswith(OURS)} - set(secrets)
    there = {name for name in now.env if not name.startswith(OURS) and name not in now.secrets}
    if new := sorted(wanted - there):
        yield f"new variables {_listed(new)}"
    if gone := sorted(there - wanted - set(secrets)):
        yield f"without the variables {_listed(gone)}"


def _secrets(asked: Mapping[str, str], now: Serving) -> Iterable[str]:
    for name in sorted(asked.keys() | now.secrets.keys()):
        before, after = now.secrets.get(name, ""), asked.get(name, "")
        if before and not after:
            yield f"without the secret `{name}`"
        elif after and not before:
            yield f"new secret `{name}` from {after}"
        elif before != after:
            yield f"secret `{name}` from {after} instead of {before}"


def _shape(asked: Mapping[str, str], now: Serving, service_account: str) -> Iterable[str]:
    """Each key of which Google tells what it is now; no account asked for is whichever there is."""
    for key, before in now.shape.items():
        after = service_account or before if key == "service_account" else asked.get(key, "")
        if before != after:
            yield f"`{key}` {after or 'the default'} instead of {before or 'the default'}"


def _asked(service: ServiceConfig, key: str) -> str:
    """What servergem.yml says for a dotted key, in the words in which a service is read back."""
    return told(reduce(getattr, key.split("."), service)) + UNITS.get(key, "")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _steps(rollout: tuple[int, ...]) -> str:
    return ", ".join(f"{percent} %" for percent in rollout)
