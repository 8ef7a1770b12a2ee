"""Granting: what a commit's own servergem.yml may shape, and what the default branch's alone decides; pure.

Whoever may push a branch may have it built and shaped as they like. Who may read a secret, run as an account, be
reached by everybody or become production is decided where changes are reviewed: on the default branch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from app.config.differences import Difference
from app.config.environments import Environment, service_in
from app.config.targets import Config, Previews
from app.model import JobConfig, SecretRef, ServiceConfig, WorkerConfig

Env = tuple[tuple[str, str], ...]
Secrets = tuple[tuple[str, SecretRef], ...]
T = TypeVar("T", ServiceConfig, Environment, Previews, JobConfig, WorkerConfig)
Beside = TypeVar("Beside", JobConfig, WorkerConfig)


@dataclass(frozen=True)
class Sides:
    """The keys of one section of servergem.yml, each on one side; those that are `parted` hold keys of both."""

    shaping: frozenset[str]
    deciding: frozenset[str]
    parted: frozenset[str] = frozenset()


SERVICE = Sides(
    shaping=frozenset(
        {"path", "watch", "build", "port", "cpu", "memory", "concurrency", "timeout"}
        | {"instances", "env", "health", "rollout", "command", "args", "probes", "execution", "cpu_always"}
        | {"startup_boost", "http2", "session_affinity", "manual_instances", "labels"}
    ),
    deciding=frozenset(
        {"region", "public", "domain", "service_account", "secrets", "release", "image"}
        # What is reached, read or paid for, and what stands before and beside the service.
        | {"cloudsql", "vpc", "volumes", "gpu", "ingress", "iap", "binary_authorization", "encryption_key"}
        | {"containers", "after"}
    ),
)
NARROW_FIRST = ("internal", "internal-and-cloud-load-balancing", "all")
# What stands before a service, which a newcomer may not open.
DOORS = ("public", "ingress", "iap", "binary_authorization")
ENVIRONMENT = Sides(
    shaping=frozenset({"env", "instances"}),
    deciding=frozenset({"branch", "project", "region", "tags", "after"}),
    parted=frozenset({"services"}),
)
PREVIEWS = Sides(
    shaping=frozenset({"env"}),
    deciding=frozenset(
        {"enabled", "drafts", "label", "skip_label", "ttl", "comment"}
        | {"secrets", "service_account", "release", "forks"}
    ),
)
JOB = Sides(
    shaping=frozenset(
        {"service", "command", "args", "env", "tasks", "parallelism", "retries", "timeout"}
        | {"cpu", "memory", "schedule", "time_zone"}
    ),
    deciding=frozenset({"secrets", "service_account"}),
)
WORKER = Sides(
    shaping=frozenset({"service", "command", "args", "env", "instances", "cpu", "memory"}),
    deciding=frozenset({"secrets", "service_account"}),
)


def granted(own: Config, deciding: Config) -> Config:
    """The commit's `own` configuration with everything that only the `deciding` one may say.

    What differs there is in `later`, key by key.
    """
    known = {service.name: service for service in deciding.services}
    named = {environment.name: environment for environment in own.environments}
    services = tuple(
        _service(each, known.get(each.name) or _newcomer(each, deciding.services)) for each in own.services
    )
    jobs = tuple(_beside(each, JobConfig(each.name), deciding.jobs, JOB) for each in own.jobs)
    workers = tuple(_beside(each, WorkerConfig(each.name), deciding.workers, WORKER) for each in own.workers)
    return replace(
        own,
        services=services,
        jobs=jobs,
        workers=workers,
        environments=tuple(
            _environment(each, named.get(each.name), own, deciding) for each in deciding.environments
        ),
        previews=_previews(own.previews, deciding.previews),
        notify=deciding.notify,
        later=(
            *(
                key
                for one, other in zip(own.services, services, strict=True)
                for key in _of_service(one, other)
            ),
            *_of_environments(named, deciding.environments),
            *(["notify"] if own.notify != deciding.notify else []),
            *_differing("previews", own.previews, deciding.previews, PREVIEWS),
            *_of_those_beside("jobs", own.jobs, jobs, JOB),
            *_of_those_beside("workers", own.workers, workers, WORKER),
        ),
        own=own,
    )


def beside(counting: Config, deciding: Config) -> Config:
    """What counts for a commit, with what only the default branch has: names are held against those too.

    They run, whatever a commit leaves out of its own file; and no name that it may choose is one of theirs.
    """
    own = {service.name for service in counting.services}
    others = tuple(service for service in deciding.services if service.name not in own)
    own_jobs = {job.name for job in counting.jobs}
    jobs = tuple(job for job in deciding.jobs if job.name not in own_jobs)
    own_workers = {worker.name for worker in counting.workers}
    workers = tuple(worker for worker in deciding.workers if worker.name not in own_workers)
    return replace(
        counting,
        services=(*counting.services, *others),
        jobs=(*counting.jobs, *jobs),
        workers=(*counting.workers, *workers),
    )


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
    return replace(
        _taken(shaping, there, ENVIRONMENT), services=tuple(each for each in services if each.said)
    )


def _difference(
    shaping: Environment, there: Environment, own: ServiceConfig, known: tuple[ServiceConfig, ...]
) -> Difference:
    """Each key from its side. A service that only the commit has finds closed what is closed in this environment."""
    shaped = shaping.difference(own.name).of(SERVICE.shaping)
    if any(each.name == own.name for each in known):
        return Difference(own.name, (*shaped, *there.difference(own.name).of(SERVICE.deciding)))
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


# What is left for the merge


def _of_service(own: ServiceConfig, granted: ServiceConfig) -> Iterator[str]:
    return _differing(f"services.{own.name}", own, granted, SERVICE)


def _of_those_beside(
    section: str, own: tuple[Beside, ...], granted: tuple[Beside, ...], sides: Sides
) -> Iterator[str]:
    for one, other in zip(own, granted, strict=True):
        yield from _differing(f"{section}.{one.name}", one, other, sides)


def _of_environments(own: dict[str, Environment], deciding: tuple[Environment, ...]) -> Iterator[str]:
    known = {environment.name: environment for environment in deciding}
    for name in dict.fromkeys((*own, *known)):
        if name in own and name in known:
            yield from _differing(f"environments.{name}", own[name], known[name], ENVIRONMENT)
            yield from _of_differences(own[name], known[name])
        else:
            yield f"environments.{name}"


def _of_differences(own: Environment, deciding: Environment) -> Iterator[str]:
    for name in dict.fromkeys(each.name for each in (*own.services, *deciding.services)):
        one, other = (dict(each.difference(name).of(SERVICE.deciding)) for each in (own, deciding))
        for key in dict.fromkeys((*one, *other)):
            yield from _told(f"environments.{own.name}.services.{name}", key, one.get(key), other.get(key))


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
