"""The merge plan: what serves now beside what servergem.yml asks for, said in words; no value of anything secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from app.model import ServiceConfig, Target, told


@dataclass(frozen=True)
class Serving:
    """A service as it is: names of variables, `name:version` of secrets, and its shape by key of servergem.yml."""

    commit: str
    env: tuple[str, ...]
    secrets: Mapping[str, str]
    shape: Mapping[str, str]


OURS = "SERVERGEM_"
UNITS = {"timeout": "s"}


def changes(target: Target, now: Serving | None, *, service_account: str) -> tuple[str, ...]:
    """The lines for one service. `service_account` is what it will run as, empty for the project's default."""
    name = f"`{target.name}` in {target.environment}"
    if now is None:
        return (f"{name} is created: nothing serves there yet",)
    service = target.service
    found = [
        *_variables(service, now),
        *_secrets(service, now),
        *_shape(service, now, service_account),
        *([f"traffic moves in steps of {_steps(service.rollout)}"] if service.rollout != (100,) else []),
        *([f"`{service.release}` runs before traffic moves"] if service.release else []),
    ]
    was = f"from {now.commit[:7]} " if now.commit else ""
    told = "; ".join(found) if found else "nothing but its image"
    return (f"{name} is deployed {was}with these changes: {told}",)


def _variables(service: ServiceConfig, now: Serving) -> Iterable[str]:
    asked = {name for name, _ in service.env}
    there = {name for name in now.env if not name.startswith(OURS) and name not in now.secrets}
    if new := sorted(asked - there):
        yield f"new variables {_listed(new)}"
    if gone := sorted(there - asked - set(dict(service.secrets))):
        yield f"without the variables {_listed(gone)}"


def _secrets(service: ServiceConfig, now: Serving) -> Iterable[str]:
    asked = {name: f"{reference.name}:{reference.version}" for name, reference in service.secrets}
    for name in sorted(asked.keys() | now.secrets.keys()):
        before, after = now.secrets.get(name, ""), asked.get(name, "")
        if before and not after:
            yield f"without the secret `{name}`"
        elif after and not before:
            yield f"new secret `{name}` from {after}"
        elif before != after:
            yield f"secret `{name}` from {after} instead of {before}"


def _shape(service: ServiceConfig, now: Serving, service_account: str) -> Iterable[str]:
    """Each key of which Google tells what it is now; no account asked for is whichever there is."""
    for key, before in now.shape.items():
        after = service_account or before if key == "service_account" else _asked(service, key)
        if before != after:
            yield f"`{key}` {after or 'the default'} instead of {before or 'the default'}"


def _asked(service: ServiceConfig, key: str) -> str:
    """What servergem.yml says for a dotted key, in the words in which a service is read back."""
    return told(reduce(getattr, key.split("."), service)) + UNITS.get(key, "")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _steps(rollout: tuple[int, ...]) -> str:
    return ", ".join(f"{percent} %" for percent in rollout)
