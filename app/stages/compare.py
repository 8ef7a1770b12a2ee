"""Compare: what serves now, and what runs beside it, with what the merge of a pull request will ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from app.acts.order import serving_commit
from app.acts.prepared import as_it_stands, has_jobs, has_workers
from app.acts.specification import job_specification, worker_specification
from app.merge_plan import Serving, beside, changes
from app.model import Target, TargetJob, TargetWorker
from app.scene import Scene
from app.trust.accounts import accounts
from app.trust.ownership import SCHEDULED, is_adopted, is_ours
from gcp import cloud_run, cloud_run_jobs, cloud_scheduler, named_jobs, worker_pools
from gcp.errors import GoogleError
from gcp.given import Given, given_to_job, given_to_worker
from gcp.named_jobs import JobState
from gcp.worker_pools import WorkerState

State = TypeVar("State", JobState, WorkerState)


def compare(scene: Scene, home: Target) -> tuple[str, ...]:
    """The lines of the merge plan. `home` is where the merge will deploy to."""
    google = scene.world.google
    state = cloud_run.service(google, home.project, home.region, home.name)
    settings, repository = scene.world.settings, scene.run.commit.repository
    if state and not is_ours(dict(state.labels), settings.github_app_id, repository.id, home):
        return (f"nothing: the service {home.name} there is not this repository's, and is left alone",)
    now = (
        Serving(serving_commit(google, home), state.env, dict(state.secrets), dict(state.shape))
        if state and state.serving
        else None
    )
    if now and state and is_adopted(dict(state.labels)):
        now = _where_named(now, home)
    account = accounts(scene.world.settings, home).runtime_account
    home = as_it_stands(home, state)
    return (
        *changes(home, now, service_account=account),
        *(_jobs(scene, home) if has_jobs(home, state) else ()),
        *(_workers(scene, home) if has_workers(home, state) else ()),
    )


def _where_named(now: Serving, home: Target) -> Serving:
    """Of an adopted service only what servergem.yml names: the merge leaves the rest alone."""
    service, named = home.service, home.named
    variables = {name for name, _ in (*service.env, *service.secrets)}
    return Serving(
        now.commit,
        tuple(name for name in now.env if name in variables),
        {name: text for name, text in now.secrets.items() if name in variables},
        {key: text for key, text in now.shape.items() if key in named},
    )


def _jobs(scene: Scene, home: Target) -> tuple[str, ...]:
    google = scene.world.google
    try:
        every = named_jobs.jobs(google, home.project, home.region)
        ours, strangers = _sorted(scene, home, home.jobs, every)
        there = {each.name: _told(each.given, _schedule(scene, home, each)) for each in ours}
    except GoogleError as refused:
        return _unseen(scene, "jobs", refused)
    asked = {job.id: _job(scene, home, job) for job in home.jobs if job.id not in strangers}
    return (*beside("job", home.environment, asked, there), *_left_alone("job", strangers))


def _job(scene: Scene, home: Target, job: TargetJob) -> Serving:
    wanted = job_specification(scene, scene.run.commit, home, None, job)
    schedule = cloud_scheduler.in_words(job.config.schedule, job.config.time_zone)
    return _told(given_to_job(cloud_run_jobs.specification(wanted)), {"schedule": schedule})


def _told(given: Given, more: Mapping[str, str] = MappingProxyType({})) -> Serving:
    return Serving("", given.env, dict(given.secrets), {**dict(given.shape), **more})


def _schedule(scene: Scene, home: Target, job: JobState) -> dict[str, str]:
    """Cloud Scheduler is asked only of jobs that have had a schedule of ours."""
    asked = SCHEDULED in dict(job.labels)
    google, project, region = scene.world.google, home.project, home.region
    return {"schedule": cloud_scheduler.told(google, project, region, job.name) if asked else ""}


def _workers(scene: Scene, home: Target) -> tuple[str, ...]:
    try:
        every = worker_pools.workers(scene.world.google, home.project, home.region)
    except GoogleError as refused:
        return _unseen(scene, "workers", refused)
    ours, strangers = _sorted(scene, home, home.workers, every)
    there = {each.name: _told(each.given) for each in ours}
    asked = {each.id: _worker(scene, home, each) for each in home.workers if each.id not in strangers}
    return (*beside("worker", home.environment, asked, there), *_left_alone("worker", strangers))


def _worker(scene: Scene, home: Target, worker: TargetWorker) -> Serving:
    wanted = worker_specification(scene, scene.run.commit, home, None, worker)
    return _told(given_to_worker(worker_pools.specification(wanted)))


def _sorted(
    scene: Scene, home: Target, asked: Iterable[TargetJob | TargetWorker], every: Iterable[State]
) -> tuple[tuple[State, ...], tuple[str, ...]]:
    """What is this service's own, and the names that are asked for but belong to somebody else."""
    named, found = {each.id for each in asked}, tuple(every)
    strangers = {each.name for each in found if not scene.owns(home, each.labels)}
    ours = (each for each in found if each.name in named or scene.owns_beside(home, each.labels))
    return tuple(each for each in ours if each.name not in strangers), tuple(sorted(named & strangers))


def _left_alone(kind: str, strangers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"nothing is deployed: the {kind} {name} there is not this repository's" for name in strangers
    )


def _unseen(scene: Scene, what: str, refused: GoogleError) -> tuple[str, ...]:
    """Where we may not look the preview goes on: the merge's own deployment stops at that before it builds."""
    if refused.code != "PERMISSION_DENIED":
        raise refused
    scene.note(f"could not look at the {what} there ({refused.permission or 'permission denied'})")
    return ()
