"""Companions: the jobs and workers beside a pull request's copy of a service, and what they do without; pure.

A worker that reads production's queue takes work away from production. So these copies get what is written for previews
alone, and none of the variables that a service's own copy keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.config import Config, fitted
from app.model import JobConfig, PullRequest, ServiceConfig, TargetJob, TargetWorker, WorkerConfig

# Of a worker, which runs day and night.
MOST_INSTANCES = 1


@dataclass(frozen=True)
class Companions:
    """The copies; in words what they do without, and what a fork's preview has none of."""

    jobs: tuple[TargetJob, ...] = ()
    workers: tuple[TargetWorker, ...] = ()
    left_out: tuple[str, ...] = ()
    not_for_forks: tuple[str, ...] = ()


def companions(config: Config, pull: PullRequest, service: ServiceConfig) -> Companions:
    """What stands beside this service's copy, where the default branch lets previews have it; nothing for a fork."""
    previews = config.previews
    jobs = tuple(each for each in config.jobs if previews.jobs and _is_of(service, each))
    workers = tuple(each for each in config.workers if previews.workers and _is_of(service, each))
    if pull.fork:
        named = (*(f"job {each.name}" for each in jobs), *(f"worker {each.name}" for each in workers))
        return Companions(not_for_forks=named)
    ending = f"-pr-{pull.number}"
    return Companions(
        tuple(
            TargetJob(
                fitted(each.name, ending),
                replace(each, env=previews.env, secrets=(), service_account="", schedule=""),
            )
            for each in jobs
        ),
        tuple(
            TargetWorker(
                fitted(each.name, ending),
                replace(
                    each,
                    env=previews.env,
                    secrets=(),
                    service_account="",
                    instances=min(each.instances, MOST_INSTANCES),
                ),
            )
            for each in workers
        ),
        tuple(_all_left_out(config, service, (*jobs, *workers))),
    )


def _is_of(service: ServiceConfig, job: JobConfig | WorkerConfig) -> bool:
    return job.enabled and job.service == service.name


def _all_left_out(
    config: Config, service: ServiceConfig, every: tuple[JobConfig | WorkerConfig, ...]
) -> Iterator[str]:
    for each in every:
        yield from _left_out(config, service, each)


def _left_out(config: Config, service: ServiceConfig, job: JobConfig | WorkerConfig) -> Iterator[str]:
    """What it has in production, of its own or of its service, and not here."""
    previews = config.previews
    given = {*dict(previews.env), *dict(previews.secrets)}
    for name in dict.fromkeys(name for name, _ in (*service.env, *job.env)):
        if name not in given:
            yield f"variable {name} of {job.name}"
    yield from (f"secret {name} of {job.name}" for name, _ in job.secrets if name not in given)
    if job.service_account and not previews.service_account:
        yield f"service account {job.service_account} of {job.name}"
    if isinstance(job, JobConfig) and job.schedule:
        yield f"schedule of {job.name}"
