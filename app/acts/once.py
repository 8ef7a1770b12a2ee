"""Once: of a service in several regions one deployment builds the image, and the others wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.acts.images import built_before
from app.model import Blame, Bundle, Commit, Finding, Image, Report, Stop, Superseded, Target
from app.scene import InLane
from app.store.makers import Making
from app.text.titles import fitting


def once(scene: InLane, commit: Commit, target: Target, make: Callable[[], Image | Bundle]) -> Image | Bundle:
    """What `make` makes, or the image that another region's deployment of this commit has made meanwhile.

    Where that deployment ended before it had built anything, this one builds. A Bundle, which has no image to take
    over, is made once for each region; its packages are installed by then.
    """
    makers, mine = scene.world.store.makers, scene.run.id
    parts = (
        target.owner,
        target.project,
        target.built_in,
        target.source_name,
        target.environment,
        commit.sha,
    )
    key = "/".join(map(str, parts))
    waited = False
    while (maker := makers.first(key, mine)).deployment_id != mine:
        other = scene.world.store.deployments.report(maker.deployment_id)
        if maker.state is Making.FAILED and (waited or _ended_since(other, scene.run.read.started)):
            raise Stop((_failed_there(target, other, maker.blame),))
        if maker.state is Making.MADE and (image := built_before(scene, commit, target)):
            scene.note(image.reused)
            return image
        if maker.state is not Making.UNDER_WAY or other is None or other.ending is not None:
            makers.instead(key, maker.deployment_id, mine)
            continue
        if not waited:
            scene.note(f"waits for {_named(other)}, which builds it for every region")
        waited = True
        if successor := scene.successor():
            raise Superseded(successor)
        time.sleep(scene.world.settings.build_poll)
    try:
        made = make()
    except Stop as stop:
        makers.ended(key, mine, Making.FAILED, stop.finding.blame.value)
        raise
    makers.ended(key, mine, Making.MADE)
    return made


def _ended_since(other: Report | None, started: float) -> bool:
    """Whether the other deployment was of the same attempt: it has not ended, or not before this one was asked for."""
    return other is not None and (other.ending is None or max(row.ended for row in other.rows) >= started)


def _named(report: Report | None) -> str:
    return report.check_name.removeprefix("ServerGem / ") if report else "another region"


def _failed_there(target: Target, other: Report | None, blame: str) -> Finding:
    return Finding(
        "not-built-for-any-region",
        fitting(f"{_named(other)} failed to build, and so {target.region} has nothing to deploy"),
        f"Look at the check run of {_named(other)}: it says what to do. Then re-run this one, or push.",
        blame=Blame(blame or Blame.UNKNOWN),
        message=f"What serves in {target.region} keeps serving. One build serves all regions.",
    )
