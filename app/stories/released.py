"""A release that was published: its tag deploys, where no push has told of it. More than three at once are silent."""

from __future__ import annotations

import time
from dataclasses import replace

from app import durable
from app.model import Deploy, DeployRelease
from app.telemetry import log
from app.world import World


def released(world: World, job: DeployRelease) -> None:
    """The push of the tag and its release are one deployment: whichever is heard of first."""
    log.about(delivery=job.delivery_id, repository=job.repository.full_name)
    if push := durable.step(_push, world, job, title="ask"):
        world.start(push, f"{job.delivery_id}:push")


def _push(world: World, job: DeployRelease) -> Deploy | None:
    """What the push would have asked for; None where there is no such tag any more."""
    found = world.github.commit(job.repository, f"tags/{job.tag}")
    if found is None:
        return None
    commit = replace(found, branch=job.repository.default_branch, tag=job.tag)
    return Deploy(commit, delivery_id=job.delivery_id, pusher=job.by, missed=time.time(), pusher_id=job.by_id)
