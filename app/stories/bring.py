"""An image that somebody else has built, told of by a `repository_dispatch`: its deployments, or why there is none."""

from __future__ import annotations

from dataclasses import replace

from app import durable
from app.conversation.bringing import brought
from app.conversation.hearing import Brought
from app.model import BringImage, Ending, Report
from app.report import ended
from app.start import begin
from app.stories.announce import say
from app.telemetry import log
from app.world import World


def bring(world: World, job: BringImage) -> None:
    """Whoever sent the word is heard on the commit that it would be deployed with."""
    log.about(delivery=job.delivery_id, repository=job.repository.full_name)
    found = durable.step(brought, world, job, title="decide")
    for run in found.runs:
        begin(world, run)
    if found.runs:
        return
    log.fact("image.not_brought", image=job.image[:200], why=found.refused)
    durable.step(_say_refused, world, job, found, title="say")


def _say_refused(world: World, job: BringImage, found: Brought) -> None:
    if found.commit is None:
        return
    report = Report(found.commit, "ServerGem / image", deployment_id=f"{job.delivery_id}-image")
    report = replace(report, remarks=(found.refused, f"{job.by} sent the event deploy."))
    say(world, "", ended(report, Ending.SKIPPED, "The image was not deployed"))
