"""A deployment that an environment's wait timer held back goes on by itself once that is over."""

from __future__ import annotations

import time
from dataclasses import replace

from app import durable
from app.conversation.anew import once_more
from app.conversation.outcome import asked
from app.deployment_ids import attempt_after
from app.model import Ending
from app.scene import Run
from app.start import RUN, Waited, begin
from app.telemetry import log
from app.trust.protection import waited_out
from app.world import World


def waited(world: World, job: Waited) -> None:
    """The same commit as it may be deployed by now; nothing where somebody has done so, or it no longer may."""
    run = durable.step(_again, world, job, time.time())
    if run is not None:
        begin(world, run)


def _again(world: World, job: Waited, now: float) -> Run | None:
    begun = world.store.runs.run(job.deployment_id)
    if begun is None:
        return None
    run = RUN.validate_json(begun.run)
    found = once_more(world, run.commit, run.target, operator=False)
    if found.target is None:
        log.fact("waited.refused", run=run.id, reason=found.refused)
        return None
    row = asked(f"The wait timer of {run.target.environment} is over", now)
    return replace(
        run,
        id=attempt_after(run.id, f"{job.until:.0f}"),
        target=found.target,
        read=row,
        answer=0,
        since=run.since or run.read.started,
    )


def go_on(world: World, now: float) -> None:
    """Begin what has waited long enough, of each lane the newest; `now` is epoch seconds."""
    for newest in world.store.history.newest_of_lanes(None):
        findings = newest.report.findings
        if newest.report.ending is Ending.AWAITING and waited_out(findings, now):
            job = Waited(newest.id, max(finding.until for finding in findings))
            world.start(job, job.id)
