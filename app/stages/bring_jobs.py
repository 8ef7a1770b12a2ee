"""Bring jobs: each job of a service gets the image that serves now, and its schedule; what is not named goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from app.acts.prepared import Prepared
from app.acts.specification import job_specification
from app.acts.tried import insist_on_none, tried
from app.model import Bundle, Commit, Finding, Image, Row, Stop, Target, TargetJob
from app.report import moment
from app.scene import InLane
from app.text.titles import fitting
from app.trust.accounts import compute_account
from app.trust.ownership import SCHEDULED
from gcp import cloud_run_jobs, cloud_scheduler, named_jobs
from gcp.cloud_run_jobs import WantedJob
from gcp.cloud_scheduler import Schedule
from gcp.conflicts import CHANGED_OR_MADE, decided_anew
from gcp.named_jobs import JobState


def bring_jobs(
    scene: InLane, commit: Commit, target: Target, image: Image | Bundle, prepared: Prepared
) -> None:
    """Every job in turn, each with its own line; what is wrong with any of them is said when all have been tried.

    The service is live by now and stays so, and a newer commit that waits for the lane is no reason to stop half-way.
    """
    gone = _gone(scene, target)
    titles = [_title(job.id) for job in target.jobs]
    scene.parts(tuple(map(Row, (*titles, *map(_title, gone)))))
    found: list[Finding] = []
    for job in target.jobs:
        found += _tried(scene, job.id, partial(_bring, scene, commit, target, image, prepared, job))
    for name, labels in gone.items():
        found += _tried(scene, name, partial(_take_away, scene, target, name, labels))
    insist_on_none(found)


def _title(name: str) -> str:
    return f"Job {name}"


def _gone(scene: InLane, target: Target) -> dict[str, dict[str, str]]:
    """The jobs of this service that are ours and that servergem.yml does not name any more, with their labels."""
    named = {job.id for job in target.jobs}
    every = named_jobs.jobs(scene.world.google, target.project, target.region)
    return {
        each.name: dict(each.labels)
        for each in every
        if each.name not in named and scene.owns_beside(target, each.labels)
    }


def _tried(scene: InLane, name: str, work: Callable[[], tuple[str, ...]]) -> tuple[Finding, ...]:
    return tried(scene, _title(name), work, partial(_not_brought, name))


def _bring(
    scene: InLane, commit: Commit, target: Target, image: Image | Bundle, prepared: Prepared, job: TargetJob
) -> tuple[str, ...]:
    """Make or change one job and its schedule; its schedule and its last run, in words."""
    google, config = scene.world.google, job.config
    wanted = job_specification(scene, commit, target, image, job, prepared.project_number)
    before = _put(scene, target, job, wanted)
    if config.schedule:
        account = wanted.service.service_account or compute_account(prepared.project_number)
        named_jobs.let_run(google, target.project, target.region, job.id, account)
        wish = Schedule(target.project, target.region, job.id, config.schedule, config.time_zone, account)
        if not cloud_scheduler.keep(google, wish):
            raise Stop((_schedule_not_ours(target, job),))
    when = cloud_scheduler.in_words(config.schedule, config.time_zone)
    return when or "no schedule", _last_run(before)


def _put(scene: InLane, target: Target, job: TargetJob, wanted: WantedJob) -> JobState | None:
    """The job as it stood before it became what is wanted; Stop when it is somebody else's."""
    google = scene.world.google

    def decide(_again: bool) -> JobState | None:
        state = named_jobs.job(google, target.project, target.region, job.id)
        if state is None:
            cloud_run_jobs.make(google, wanted)
        else:
            scene.insist_on_our_job(target, job, state)
            _unschedule(scene, target, job, state)
            named_jobs.change(google, wanted, state)
        return state

    return decided_anew(google, decide, service="Jobs", meanwhile=CHANGED_OR_MADE)


def _unschedule(scene: InLane, target: Target, job: TargetJob, state: JobState) -> None:
    """Before the job's label is gone that says that it has a schedule."""
    if SCHEDULED in dict(state.labels) and not job.config.schedule:
        cloud_scheduler.remove(scene.world.google, target.project, target.region, job.id)


def _take_away(scene: InLane, target: Target, name: str, labels: dict[str, str]) -> tuple[str, ...]:
    google = scene.world.google
    if SCHEDULED in labels:
        cloud_scheduler.remove(google, target.project, target.region, name)
    cloud_run_jobs.delete(google, target.project, target.region, name)
    return ("removed: servergem.yml does not name it any more",)


def _last_run(state: JobState | None) -> str:
    last = state.last if state else None
    return f"its last run {last.said}, {moment(last.made)}" if last else "it has not run yet"


def _not_brought(name: str, explained: Finding) -> Finding:
    return replace(
        explained, message=f"The service is live, and its job {name} was not updated. {explained.message}"
    )


def _schedule_not_ours(target: Target, job: TargetJob) -> Finding:
    return Finding(
        code="schedule-not-ours",
        title=fitting(f"The schedule {job.id} runs something else"),
        message=f"Cloud Scheduler has a job {job.id} in {target.project}, {target.region} already, which does not run "
        "this Cloud Run job. It was left as it is. The service is live, and its job has the new image.",
        fix=f"Give {job.config.name} another name in servergem.yml; or, if nobody needs that schedule, "
        f"`gcloud scheduler jobs delete {job.id} --project {target.project} --location {target.region}`.",
        place=target.place(f"{job.key}.schedule"),
    )
