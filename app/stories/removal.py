"""The end of a preview: its pull request has ended or wants it no more, its time is over, or its repository is gone."""

from __future__ import annotations

from dataclasses import replace

from app import durable
from app.acts.order import nothing_newer
from app.acts.tell import tell_pull_request
from app.deployment import Deployment, Road
from app.model import Ending, LeaveRepository, Live, LookAtPullRequest
from app.scene import Run
from app.stages.remove import remove as remove_service
from app.start import Removal, removal_of
from app.store.previews import PreviewRow
from app.stories.announce import lower
from app.stories.judgement import judge
from app.telemetry import log
from app.world import World

REMOVE: Road = {remove_service: "Remove preview"}


def remove(world: World, job: Removal) -> None:
    """A preview goes, unless its pull request wants it again; then GitHub is asked once more."""
    run, rows = job.run, world.store.previews
    this = Deployment(world, run, REMOVE, shown=False, instead=lower(job.reason))
    with this:
        this.enter_lane(nothing_newer, though_locked=True)
        durable.step(rows.removing, run.target.lane, title="begin")
        if durable.step(_still_unwanted, world, job, title="still"):
            this.stage(remove_service, run.target, job.merged)
            durable.step(_removed, world, job, title="end")
        else:
            durable.step(rows.still_wanted, run.target.lane, title="keep")
        this.live(Live("", ""))
    if this.report.ending in (Ending.FAILED, Ending.NOT_YOURS):
        log.warning("preview.not_removed", service=run.target.name, why=this.report.ending_note)
        durable.step(_remains, world, run, title="remains")
        return
    if this.report.ending is Ending.SUPERSEDED:
        # It is going no longer: whoever looks now and does not want what came instead has to begin another removal.
        durable.step(rows.remains, run.target.lane, title="stay")
    if not job.final:
        repository = run.commit.repository
        world.start(LookAtPullRequest(repository, run.commit.pull_request, run.id), f"after:{run.id}")


def farewell(world: World, job: LeaveRepository) -> None:
    """A repository is out of reach, if GitHub says so too: its previews go, and nobody is told."""
    for row in durable.step(_left_behind, world, job, title="find"):
        removal = removal_of(world, row, job.reason, final=True, mark=job.delivery_id)
        world.start(removal, removal.id)


def _left_behind(world: World, job: LeaveRepository) -> list[PreviewRow]:
    rows = world.store.previews.of_repository(job.repository.id)
    if rows and not world.github.is_left(job.repository):
        log.fact("farewell.not_true", repository=job.repository.full_name, reason=job.reason)
        return []
    return rows


def _still_unwanted(world: World, job: Removal) -> bool:
    """GitHub is asked once more: the pull request may have been opened again since."""
    if job.final or job.regardless:
        return True
    commit = job.run.commit
    found = judge(world, LookAtPullRequest(commit.repository, commit.pull_request, job.id))
    return not found.findings and job.run.target.lane not in found.lanes


def _remains(world: World, run: Run) -> None:
    """It is there still, and the next sweep looks at its pull request again."""
    world.store.previews.remains(run.target.lane)
    world.store.pull_requests.unseen(run.commit.repository.id, run.commit.pull_request)


def _removed(world: World, job: Removal) -> None:
    """Say where a preview was that it is gone."""
    rows, lane = world.store.previews, job.run.target.lane
    row = rows.one(lane)
    rows.removed(lane, rests=row.sha if row and job.regardless else "")
    if job.final or row is None:
        return
    commit = job.run.commit
    world.outbox.amend(
        row.deployment_id, lambda report: replace(report, gone=f"Preview removed: {lower(job.reason)}")
    )
    tell_pull_request(world, commit.repository, commit.pull_request, ending=lower(job.reason))
