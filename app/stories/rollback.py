"""A rollback: the traffic goes back, and what is left does not come again by itself."""

from __future__ import annotations

from app import durable
from app.acts.order import nothing_newer
from app.deployment import Deployment, Road
from app.stages.roll_back import Return, find_return, roll_back
from app.start import Rollback
from app.stories.announce import afterwards
from app.world import World

BACK: Road = {find_return: "Find what served before", roll_back: "Move traffic back"}


def rollback(world: World, job: Rollback) -> None:
    """The traffic goes back to where it was, and the commit that is left does not come again by itself."""
    run = job.run
    instead = f"{run.by} rolled {run.target.source_name} back"
    with Deployment(world, run, BACK, announced=False, instead=instead) as this:
        this.enter_lane(nothing_newer, though_locked=True)
        back = this.stage(find_return, run.target, job.to)
        durable.step(_ban, world, job, back)
        live = this.stage(roll_back, run.target, back)
        this.rolled_back(live, f"Rolled back by {run.by}: {back.told} again", back.sha)
    afterwards(world, run, this.report)


def _ban(world: World, job: Rollback, back: Return) -> None:
    """The commit that was taken back waits for a person, or for something newer; the one that serves again is free."""
    lane = job.run.target.lane
    if back.leaves and back.leaves != back.sha:
        world.store.traffic.roll_back(lane, back.leaves, job.run.by)
    if back.sha:
        world.store.traffic.pardon(lane, back.sha)
