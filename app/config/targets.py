"""A configuration, and the Targets that it means for a branch: what goes where, under which name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.config.environments import (
    Environment,
    environment_of,
    environment_of_tag,
    home_of,
    jobs_in,
    onward_of,
    service_in,
    workers_in,
)
from app.config.names import fitted
from app.config.naming import named
from app.model import (
    JobConfig,
    Notify,
    Place,
    SecretRef,
    ServiceConfig,
    Target,
    TargetJob,
    TargetWorker,
    WorkerConfig,
)

# What an environment says of single services, jobs and workers.
DIFFERING = ("services", "jobs", "workers")


@dataclass(frozen=True)
class Previews:
    """What pull requests get. `ttl` is in seconds; `label`, when there is one, is what opts a pull request in."""

    enabled: bool = True
    drafts: bool = False
    label: str = ""
    skip_label: str = "no-preview"
    ttl: int = 7 * 86_400
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, SecretRef], ...] = ()
    service_account: str = ""
    release: bool = False
    jobs: bool = False
    workers: bool = False
    comment: bool = True
    forks: str = "approve"


@dataclass(frozen=True)
class Config:
    """A valid servergem.yml, defaults filled in. `path` is empty when there is no file."""

    services: tuple[ServiceConfig, ...]
    environments: tuple[Environment, ...] = ()
    previews: Previews = Previews()
    lines: tuple[tuple[str, int], ...] = ()
    path: str = ""
    later: tuple[str, ...] = ()
    """The keys in which the default branch decides otherwise: what they say here counts after the merge."""
    notify: tuple[Notify, ...] = ()
    own: Config | None = None
    """What the commit itself says, where the default branch decides: what merging it would make of it."""
    jobs: tuple[JobConfig, ...] = ()
    workers: tuple[WorkerConfig, ...] = ()
    written: tuple[str, ...] | None = None
    """The dotted keys of services that somebody wrote who may say them; None where that is all of `lines`."""

    def place_of(self, key: str) -> Place | None:
        """The line of a top key; None without a file."""
        return Place(self.path, dict(self.lines).get(key, 1)) if self.path else None

    @property
    def all_written(self) -> tuple[str, ...]:
        """The same, whoever may say them."""
        return tuple(dict(self.lines)) if self.written is None else self.written

    def later_about(self, service: str, environment: str) -> tuple[str, ...]:
        """Those keys of a service's own, also in this environment, and of what all share."""
        return tuple(key for key in self.later if _is_about(key, service, environment))


def targets(
    config: Config,
    *,
    branch: str,
    project: str,
    region: str,
    default_branch: str,
    owner: int = 0,
    tag: str = "",
) -> tuple[Target, ...]:
    """Each service in each of its regions, when an environment has this branch, or this tag; none when none has."""
    every = environments(config, default_branch)
    home = home_of(every, default_branch)
    environment = environment_of_tag(every, tag) if tag else environment_of(every, branch)
    if environment is None:
        return ()
    return tuple(
        target
        for service in config.services
        for target in targets_in(
            config,
            environment,
            service,
            project=project,
            region=region,
            at_home=environment == home,
            owner=owner,
        )
    )


def environments(config: Config, default_branch: str) -> tuple[Environment, ...]:
    """Where branches go; without a word about it the default branch is production."""
    return config.environments or (Environment("production", default_branch),)


def targets_at_home(
    config: Config, default_branch: str, *, project: str, region: str, owner: int = 0
) -> tuple[Target, ...]:
    """Each service where the default branch brings it, or the first environment when none has it: its home alone."""
    home = home_of(environments(config, default_branch), default_branch)
    return tuple(
        target_in(config, home, each, project=project, region=region, at_home=True, owner=owner)
        for each in config.services
    )


def targets_there(
    config: Config, name: str, default_branch: str, *, project: str, region: str, owner: int = 0
) -> tuple[Target, ...]:
    """Each service in each of its regions, in the environment of this name; none where there is no such one."""
    every = environments(config, default_branch)
    home = home_of(every, default_branch)
    return tuple(
        target
        for there in every
        for each in config.services
        if there.name == name
        for target in targets_in(
            config, there, each, project=project, region=region, at_home=there == home, owner=owner
        )
    )


def counterpart(target: Target, every: Iterable[Target]) -> Target | None:
    """The same service elsewhere: in the same region, else at its home; None where it is not."""
    same = [each for each in every if each.source_name == target.source_name]
    return next((each for each in same if each.region == target.region), next(iter(same), None))


def onward(config: Config, name: str, default_branch: str) -> str:
    """The environment to which is promoted what serves in the one of this name; empty at the end of the way."""
    found = onward_of(environments(config, default_branch), name, default_branch)
    return found.name if found else ""


def targets_in(
    config: Config,
    environment: Environment,
    service: ServiceConfig,
    *,
    project: str,
    region: str,
    at_home: bool,
    owner: int = 0,
) -> tuple[Target, ...]:
    """One service in one environment, once for each of its regions, its home first.

    Elsewhere it has no jobs, no workers and no domain.
    """
    home = target_in(
        config, environment, service, project=project, region=region, at_home=at_home, owner=owner
    )
    beside = replace(
        home, home_region=home.region, jobs=(), workers=(), service=replace(home.service, domain="")
    )
    return (home, *(replace(beside, region=other) for other in home.service.regions[1:]))


def target_in(
    config: Config,
    environment: Environment,
    service: ServiceConfig,
    *,
    project: str,
    region: str,
    at_home: bool,
    owner: int = 0,
) -> Target:
    """One service in one environment, in the first of its regions; away from home it is called otherwise there.

    `owner` is the repository's id.
    """
    own = service_in(environment, service, at_home=at_home)
    return Target(
        project=environment.project or project,
        region=(*own.regions, own.region)[0] or region,
        environment=environment.name,
        service=replace(own, name=name_there(service.name, environment, at_home)),
        lines=tuple(
            (key, line) for key, line in config.lines if _is_about(key, service.name, environment.name)
        ),
        config_path=config.path,
        later=config.later_about(service.name, environment.name),
        of=own.name,
        owner=owner,
        notify=config.notify,
        jobs=tuple(
            TargetJob(name_there(job.name, environment, at_home), job)
            for job in jobs_in(environment, config.jobs)
            if job.service == service.name
        ),
        workers=tuple(
            TargetWorker(name_there(worker.name, environment, at_home), worker)
            for worker in workers_in(environment, config.workers)
            if worker.service == service.name
        ),
        named=named(config.all_written, service.name, environment.name),
    )


def name_there(service: str, environment: Environment, at_home: bool) -> str:
    """What a service, a job or a worker is called in an environment."""
    return service if at_home else fitted(service, f"-{environment.name}")


def _is_about(key: str, service: str, environment: str) -> bool:
    """Its own keys, also there, and what all share: a Target is written down at every stage."""
    section, name, below, *_ = f"{key}...".split(".", 3)
    if section != "services" and not (section == "environments" and below in DIFFERING):
        return True
    if below in DIFFERING[1:]:
        return name == environment
    own = (f"services.{service}", f"environments.{environment}.services.{service}")
    return key in own or key.startswith(tuple(f"{each}." for each in own))
