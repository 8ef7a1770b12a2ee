"""Environments: which branch or tag deploys to which, and what a service and all beside it is there; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.config import patterns
from app.config.differences import Difference, differing, named
from app.model import Instances, JobConfig, ServiceConfig, WorkerConfig

# Instead of a branch: no push deploys there, only a person who says so.
BY_HAND = "none"


@dataclass(frozen=True)
class Environment:
    """A name for the branch, or the pattern of branches, that deploys to it, and what differs there."""

    name: str
    branch: str
    project: str = ""
    region: str = ""
    env: tuple[tuple[str, str], ...] = ()
    instances: Instances | None = None
    services: tuple[Difference, ...] = ()
    tags: str = ""
    after: str = ""
    jobs: tuple[Difference, ...] = ()
    workers: tuple[Difference, ...] = ()

    def branch_before(self, default_branch: str) -> str:
        """The branch that has to contain what a person deploys here; the default one where no branch deploys."""
        return default_branch if self.branch == BY_HAND else self.branch


def environment_of(every: tuple[Environment, ...], branch: str) -> Environment | None:
    """The environment that names this branch, else the first whose pattern fits it."""
    pushed = tuple(each for each in every if each.branch != BY_HAND)
    named = (each for each in pushed if each.branch == branch)
    fitting = (each for each in pushed if patterns.of_branches(each.branch).fits(branch))
    return next(named, None) or next(fitting, None)


def environment_of_tag(every: tuple[Environment, ...], tag: str) -> Environment | None:
    """The first environment whose pattern of tags fits this one."""
    return next((each for each in every if each.tags and patterns.of_branches(each.tags).fits(tag)), None)


def home_of(every: tuple[Environment, ...], default_branch: str) -> Environment:
    """The environment whose services have their plain names: the default branch's, else the first."""
    return environment_of(every, default_branch) or every[0]


def onward_of(every: tuple[Environment, ...], name: str, default_branch: str) -> Environment | None:
    """Where what serves in the environment of this name is promoted to: what comes after it, else home.

    None at the end of a chain, and where home is after another one.
    """
    following = next((each for each in every if each.after == name), None)
    home = home_of(every, default_branch)
    return following or (None if home.after or home.name == name else home)


def service_in(environment: Environment, service: ServiceConfig, *, at_home: bool = True) -> ServiceConfig:
    """The service as this environment wants it: its own, then what all have there, then what is said of it there.

    A domain leads to one place, which is home: what is not `at_home` has what is said of it there, or none.
    """
    shared = replace(
        service,
        domain=service.domain if at_home else "",
        region=environment.region or service.region,
        regions=() if environment.region else service.regions,
        env=tuple((dict(service.env) | dict(environment.env)).items()),
        instances=environment.instances or service.instances,
    )
    return differing(shared, named(environment.services, service.name))


def jobs_in(environment: Environment, jobs: tuple[JobConfig, ...]) -> tuple[JobConfig, ...]:
    """Those that are there, as this environment wants them."""
    there = (differing(each, named(environment.jobs, each.name)) for each in jobs)
    return tuple(each for each in there if each.enabled)


def workers_in(environment: Environment, workers: tuple[WorkerConfig, ...]) -> tuple[WorkerConfig, ...]:
    """The same of workers."""
    there = (differing(each, named(environment.workers, each.name)) for each in workers)
    return tuple(each for each in there if each.enabled)


def regions_in(environment: Environment, service: ServiceConfig) -> tuple[str, ...]:
    """Where it runs there, its home first; none where only the operator's word counts."""
    there = service_in(environment, service)
    return there.regions or ((there.region,) if there.region else ())
