"""Release command: it runs once with the new image, as a Cloud Run job, before any traffic moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial

from app.acts.once import Shared, once
from app.acts.prepared import Prepared
from app.acts.reasons import of_command
from app.acts.specification import revision_name, specification
from app.lane import wait_for_lock
from app.model import Blame, Bundle, Commit, Finding, Image, Stop, Superseded, Target
from app.scene import InLane, Run
from app.telemetry import log
from app.text.titles import fitting
from app.trust.ownership import COMMIT, OF_SERVICE, is_ours, release_job_not_ours
from app.world import World
from gcp import cloud_run_jobs, named_jobs
from gcp.cloud_run_jobs import Execution, WantedJob
from gcp.errors import GoogleError
from gcp.named_jobs import JobState

# The end of what it printed, as far as it is looked through for a reason.
MOST_LINES = 10_000
SHELL = ("/bin/sh", "-c")


def run_release_command(
    scene: InLane, commit: Commit, target: Target, image: Image | Bundle, prepared: Prepared
) -> None:
    """Run the command and wait for its end; its failure ends the deployment while the old revision serves.

    Of a service in several regions it runs in the one that comes to it first.
    """
    wait_for_lock(scene.world, scene.run, scene.show)  # somebody may have locked it during the build
    scene.insist()
    run = partial(_run, scene, commit, target, image, prepared)
    scene.note(once(scene, commit, target, _for_every_region(target), run) if target.several else run())


def _for_every_region(target: Target) -> Shared[str]:
    """Twice is worse than not at all: where nobody knows how it ended, a person decides."""
    command = target.service.release
    return Shared(
        work="release",
        waits=f"which runs {command} for every region",
        take=lambda there: f"{there} has run {command} for every region",
        failed=partial(_failed_there, target),
        again=False,
    )


def _failed_there(target: Target, there: str, blame: Blame) -> Finding:
    return Finding(
        "not-released-for-any-region",
        fitting(f"The release command failed in {there}, and so {target.region} is not released"),
        f"Look at the check run of {there}: it says what to do. Then re-run this one, which runs it again, or push.",
        blame=blame,
        message=f"What serves in {target.region} keeps serving. {target.service.release} runs once for all regions.",
        place=target.place("release"),
    )


def _run(scene: InLane, commit: Commit, target: Target, image: Image | Bundle, prepared: Prepared) -> str:
    settings = scene.world.settings
    service = specification(scene, commit, target, image, prepared.project_number)
    # A revision's name is this run's own, and so is the job's.
    task = WantedJob(
        service, service.revision_name, (*SHELL, target.service.release), settings.release_timeout
    )
    _make_once(scene, target, task)
    told: deque[str] = deque(maxlen=MOST_LINES)

    def hear(line: str) -> None:
        scene.log_line(line, of="Log of the release command")
        told.append(scene.tail[-1])

    ended = cloud_run_jobs.run(
        scene.world.google,
        task,
        interval=settings.build_poll,
        patience=settings.log_patience,
        on_log=hear,
        stop=scene.overtaken,
    )
    scene.log_url = ended.log_url
    if successor := scene.successor():
        raise Superseded(successor)
    if not ended.succeeded:
        raise Stop(_failed(scene, commit, target, ended, told))
    return f"{target.service.release} ended well"


def _make_once(scene: InLane, target: Target, task: WantedJob) -> None:
    """Make the job, or take the one that an earlier attempt made; Stop where the name is somebody else's."""
    google = scene.world.google
    try:
        cloud_run_jobs.make(google, task)
    except GoogleError as error:
        state = named_jobs.job(google, target.project, target.region, task.name)
        if error.code != "ALREADY_EXISTS" or state is None:
            raise
        if not _is_of(scene.world, scene.run, state):
            raise Stop((release_job_not_ours(dict(state.labels), target, task.name),)) from error


def _is_of(world: World, run: Run, state: JobState) -> bool:
    """Whether this job is where the release command of this commit runs; one of `jobs:` never is."""
    labels = dict(state.labels)
    ours = is_ours(labels, world.settings.github_app_id, run.commit.repository.id, run.target)
    return ours and labels.get(COMMIT) == run.commit.sha and OF_SERVICE not in labels


def clear_the_job(world: World, run: Run) -> None:
    """Remove the job, once its end is in the journal: a repeated stage without it would run the command again."""
    target, job = run.target, revision_name(run.target.name, run.commit.sha, run.id)
    try:
        state = named_jobs.job(world.google, target.project, target.region, job)
        if state is not None and _is_of(world, run, state):
            cloud_run_jobs.delete(world.google, target.project, target.region, job)
    except GoogleError as error:  # what is left behind costs nothing and stops no deployment
        log.fault("job.left", error, job=job)


def _failed(
    scene: InLane, commit: Commit, target: Target, ended: Execution, told: Iterable[str]
) -> tuple[Finding, ...]:
    """What the command printed says more than that it failed; the command itself is always named."""
    own = Finding(
        code="release-command-failed",
        title=fitting(f"The release command of {target.source_name} failed: {target.service.release}"),
        message=f"{ended.message} No traffic was moved.",
        fix="Read its log below, mend what it names, and push; it runs again with every deployment.",
        blame=Blame.YOU,
        place=target.place("release"),
        excerpt="\n".join(scene.tail),
        link=ended.log_url,
    )
    return of_command(scene, commit, target, own, told, ended.message)
