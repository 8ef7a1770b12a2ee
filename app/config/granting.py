"""Granting: what a commit's own servergem.yml may shape, and what the default branch's alone decides; pure.

Whoever may push a branch may have it built and shaped as they like. Who may read a secret, run as an account, be
reached by everybody or become production is decided where changes are reviewed: on the default branch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from app.config import naming
from app.config.after_the_merge import after_the_merge
from app.config.differences import Difference, named
from app.config.environments import Environment, service_in
from app.config.sides import DOORS, ENVIRONMENT, JOB, NARROW_FIRST, PREVIEWS, SERVICE, WORKER, Sides
from app.config.targets import Config, Previews
from app.model import JobConfig, SecretRef, ServiceConfig, WorkerConfig

Env = tuple[tuple[str, str], ...]
Secrets = tuple[tuple[str, SecretRef], ...]
T = TypeVar("T", ServiceConfig, Environment, Previews, JobConfig, WorkerConfig)
Beside = TypeVar("Beside", JobConfig, WorkerConfig)
# What a commit decides of a job or a worker that the default branch does not have.
OF_A_NEWCOMER = frozenset({"enabled"})


def granted(own: Config, deciding: Config) -> Config:
    """The commit's `own` configuration with everything that only the `deciding` one may say.

    What differs there is in `later`, key by key.
    """
    known = {service.name: service for service in deciding.services}
    environments = {environment.name: environment for environment in own.environments}
    services = tuple(
        _service(each, known.get(each.name) or _newcomer(each, deciding.services)) for each in own.services
    )
    jobs = tuple(
        _beside(each, JobConfig(each.name, enabled=each.enabled), deciding.jobs, JOB) for each in own.jobs
    )
    workers = tuple(
        _beside(each, WorkerConfig(each.name, enabled=each.enabled), deciding.workers, WORKER)
        for each in own.workers
    )
    counting = replace(
        own,
        services=services,
        jobs=jobs,
        workers=workers,
        environments=tuple(
            _environment(each, environments.get(each.name), own, deciding) for each in deciding.environments
        ),
        previews=_previews(own.previews, deciding.previews),
        notify=deciding.notify,
        own=own,
        written=naming.written(dict(own.lines), dict(deciding.lines)),
    )
    return replace(counting, later=after_the_merge(own, counting, deciding))


def _newcomer(own: ServiceConfig, beside: tuple[ServiceConfig, ...]) -> ServiceConfig:
    """A service that the default branch does not have yet: it gets nothing, and may not open what is closed there.

    What closes a service on the default branch closes this one too, whichever service it is.
    """
    return ServiceConfig(
        own.name,
        public=own.public and all(each.public for each in beside),
        ingress=_narrowest((own.ingress, *(each.ingress for each in beside))),
        iap=own.iap or any(each.iap for each in beside),
        binary_authorization=next(
            (each.binary_authorization for each in beside if each.binary_authorization), ""
        ),
    )


def _narrowest(ingress: tuple[str, ...]) -> str:
    return next(word for word in NARROW_FIRST if word in ingress)


def _service(own: ServiceConfig, deciding: ServiceConfig) -> ServiceConfig:
    taken = _taken(own, deciding, SERVICE)
    return replace(taken, env=_but_secrets(taken.env, taken.secrets))


def _beside(own: Beside, bare: Beside, deciding: tuple[Beside, ...], sides: Sides) -> Beside:
    """A job or a worker that the default branch does not have yet is `bare`: it gets but what its service has."""
    known = next((each for each in deciding if each.name == own.name), bare)
    taken = _taken(own, known, sides)
    return replace(taken, env=_but_secrets(taken.env, taken.secrets))


def _previews(own: Previews, deciding: Previews) -> Previews:
    taken = _taken(own, deciding, PREVIEWS)
    return replace(taken, env=_but_secrets(taken.env, taken.secrets))


def _environment(
    there: Environment, own: Environment | None, commit: Config, deciding: Config
) -> Environment:
    """An environment that the commit does not have stays as it is decided, but for what newcomers find closed."""
    shaping = own or there
    services = tuple(_difference(shaping, there, each, deciding.services) for each in commit.services)
    jobs = _differences_beside(shaping.jobs, there.jobs, commit.jobs, deciding.jobs, JOB)
    workers = _differences_beside(shaping.workers, there.workers, commit.workers, deciding.workers, WORKER)
    return replace(
        _taken(shaping, there, ENVIRONMENT),
        services=_said(services),
        jobs=_said(jobs),
        workers=_said(workers),
    )


def _said(every: tuple[Difference, ...]) -> tuple[Difference, ...]:
    return tuple(each for each in every if each.said)


def _differences_beside(
    shaping: tuple[Difference, ...],
    there: tuple[Difference, ...],
    own: tuple[Beside, ...],
    known: tuple[Beside, ...],
    sides: Sides,
) -> tuple[Difference, ...]:
    """Each key from its side. One that only the commit has it may leave out here too, and gets no right."""
    decided = {each.name for each in known}
    return tuple(
        _difference_beside(named(shaping, name), named(there, name) if name in decided else None, sides)
        for name in (each.name for each in own)
    )


def _difference_beside(shaping: Difference, there: Difference | None, sides: Sides) -> Difference:
    decided = there.of(sides.deciding) if there else shaping.of(OF_A_NEWCOMER)
    return Difference(shaping.name, (*shaping.of(sides.shaping), *decided))


def _difference(
    shaping: Environment, there: Environment, own: ServiceConfig, known: tuple[ServiceConfig, ...]
) -> Difference:
    """Each key from its side. A service that only the commit has finds closed what is closed in this environment."""
    shaped = named(shaping.services, own.name).of(SERVICE.shaping)
    if any(each.name == own.name for each in known):
        return Difference(own.name, (*shaped, *named(there.services, own.name).of(SERVICE.deciding)))
    if not there.services:
        return Difference(own.name, shaped)
    beside = tuple(service_in(there, each) for each in known)
    newcomer = _newcomer(service_in(shaping, own), beside)
    return Difference(own.name, (*shaped, *((door, getattr(newcomer, door)) for door in DOORS)))


def _taken(own: T, deciding: T, sides: Sides) -> T:
    return replace(own, **{name: getattr(deciding, name) for name in sides.deciding})


def _but_secrets(env: Env, secrets: Secrets) -> Env:
    """A variable that is a secret by decision is none by value: Cloud Run takes a name once."""
    secret = {name for name, _ in secrets}
    return tuple((name, value) for name, value in env if name not in secret)
