"""What an update leaves behind: a run that this version cannot continue is closed, or begun anew.

Whoever waits for it reads so on the commit, with the way to run it again.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from app import durable
from app.durable import Abandoned
from app.model import (
    Commit,
    Deploy,
    Ending,
    HearComment,
    LeaveRepository,
    LookAtPullRequest,
    LookAtRepository,
    PressButton,
    Report,
    ReportToQueue,
    Repository,
)
from app.report import ended
from app.scene import Run
from app.start import Removal, Rollback
from app.stories import STORIES
from app.telemetry import log
from app.world import World

WHY = "ServerGem was updated while this ran; re-run this check"
WHY_SAID = "ServerGem was updated before it had answered a comment; write the comment again"
WHY_PRESSED = "ServerGem was updated before it had answered a button; press it again"
# The check run of what had not come to a Target yet; its Re-run deploys the commit as if it were pushed now.
NAME = "ServerGem / update"

# They ask for what is true now and make it so, from the beginning as well as from the middle. Nobody could press
# Re-run for them: a merge queue waits for its own names, and a removal has no check run.
BEGUN_ANEW = (ReportToQueue, Removal, LeaveRepository, LookAtRepository)


def abandoned(world: World, job: Abandoned) -> None:
    """Close what GitHub shows of an abandoned run, say it where nothing is shown yet, or begin the run anew."""
    report = world.store.deployments.report(job.deployment_id)
    if report is not None:
        if report.ending is None:
            durable.step(_close, world, job.deployment_id, report)
        return
    argument = _argument(job)
    if argument is None:
        log.warning("run.unreadable", run=job.deployment_id, story=job.story)
    elif isinstance(argument, BEGUN_ANEW):
        world.start(argument, f"{job.deployment_id}:anew")
    else:
        durable.step(_say, world, job.deployment_id, argument)


def _argument(job: Abandoned) -> object | None:
    """What the run was started with; None when this version cannot read it."""
    if (story := STORIES.get(job.story)) is None:
        return None
    try:
        argument: object = TypeAdapter(story.job).validate_python(job.argument)
    except ValidationError:
        return None
    return argument


def _close(world: World, deployment_id: str, report: Report) -> None:
    world.store.abandoned(deployment_id, ended(report, Ending.INTERRUPTED, WHY))
    world.outbox.take_up()


def _say(world: World, deployment_id: str, argument: object) -> None:
    if (report := _report(world, deployment_id, argument)) is None:
        log.warning("run.lost", run=deployment_id, reason="its pull request is out of reach")
        return
    world.outbox.open(deployment_id, "", report)
    world.outbox.finish(deployment_id, report)


def _report(world: World, deployment_id: str, argument: object) -> Report | None:
    """The check run of a run that had none yet; None when there is no commit to say it on."""
    why, name = WHY, NAME
    commit: Commit | None = None
    match argument:
        case Run(commit=commit, target=target) | Rollback(run=Run(commit=commit, target=target)):
            name = target.check_name
        case Deploy(commit=commit, only=only):
            name = only or NAME
        case PressButton(repository=repository, sha=sha, branch=branch):
            commit, why = Commit(repository, sha, branch), WHY_PRESSED
        case LookAtPullRequest(repository=repository, number=number):
            commit = _head(world, repository, number)
        case HearComment(repository=repository, number=number):
            commit, why = _head(world, repository, number), WHY_SAID
    if commit is None:
        return None
    return ended(Report(commit, name, deployment_id=deployment_id), Ending.INTERRUPTED, why)


def _head(world: World, repository: Repository, number: int) -> Commit | None:
    pull = world.github.pull_request(repository, number)
    return pull.head if pull else None
