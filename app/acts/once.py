"""Once: of a service in several regions one deployment does what all need, and the others wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.model import Blame, Commit, Finding, Report, Stop, Superseded, Target
from app.scene import InLane
from app.store.makers import Maker, Making

T = TypeVar("T")


@dataclass(frozen=True)
class Shared(Generic[T]):
    """Work that the regions of a service share.

    `work` tells it from other work of the same commit. `waits` is what another region is waited for. `take` gives what
    is had of it once the deployment that its argument names has done it, None where it has to be done anew. `failed`
    says that it has failed there, and whose fault that is. Where it is not known how it ended, as after a lost machine,
    it is done `again` or counts as failed.
    """

    work: str
    waits: str
    take: Callable[[str], T | None]
    failed: Callable[[str, Blame], Finding]
    again: bool


def once(scene: InLane, commit: Commit, target: Target, shared: Shared[T], do: Callable[[], T]) -> T:
    """What `do` gives, or what another region's deployment of this commit has of it meanwhile.

    Where that deployment ended before this one was asked for, it was of an earlier attempt.
    """
    makers, mine, key = scene.world.store.makers, scene.run.id, _key(commit, target, shared.work)
    waited = False
    while (maker := makers.first(key, mine)).deployment_id != mine:
        if successor := scene.successor():
            raise Superseded(successor)
        other = scene.world.store.deployments.report(maker.deployment_id)
        taken = _taken(shared, maker, other, waited or _ended_since(other, scene.run.read.started))
        if taken is not None:
            return taken
        if maker.state is not Making.UNDER_WAY or _is_over(other):
            makers.instead(key, maker.deployment_id, mine)
            continue
        if not waited:
            scene.note(f"waits for {named(other)}, {shared.waits}")
        waited = True
        time.sleep(scene.world.settings.build_poll)
    try:
        done = do()
    except Stop as stop:
        makers.ended(key, mine, Making.FAILED, stop.finding.blame.value)
        raise
    makers.ended(key, mine, Making.MADE)
    return done


def _key(commit: Commit, target: Target, work: str) -> str:
    where = (target.owner, target.project, target.built_in)
    return "/".join(map(str, (*where, target.source_name, target.environment, commit.sha, work)))


def _taken(shared: Shared[T], maker: Maker, other: Report | None, of_now: bool) -> T | None:
    """What another deployment has done, which `of_now` says to be of the same attempt. Stop where it has failed."""
    lost = maker.state is Making.UNDER_WAY and _is_over(other) and not shared.again
    if of_now and (maker.state is Making.FAILED or lost):
        raise Stop((shared.failed(named(other), Blame(maker.blame or Blame.UNKNOWN)),))
    if maker.state is Making.MADE and (of_now or shared.again):
        return shared.take(named(other))
    return None


def _is_over(other: Report | None) -> bool:
    return other is None or other.ending is not None


def named(report: Report | None) -> str:
    """A region's deployment as its check run is called."""
    return report.check_name.removeprefix("ServerGem / ") if report else "another region"


def _ended_since(other: Report | None, started: float) -> bool:
    """Whether the other deployment was of the same attempt: it has not ended, or not before this one was asked for."""
    return other is not None and (other.ending is None or max(row.ended for row in other.rows) >= started)
