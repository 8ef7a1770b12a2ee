"""Once: what a service of several regions is made of is built by one of its deployments, and the others wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.acts.images import built_before
from app.model import Blame, Bundle, Commit, Finding, Image, Report, Stop, Superseded, Target
from app.scene import InLane
from app.store.makers import Making
from app.text.titles import fitting


def once(scene: InLane, commit: Commit, target: Target, make: Callable[[], Image | Bundle]) -> Image | Bundle:
    """What `make` makes, or what another region's deployment of this commit has made meanwhile.

    Where that one ended without a word of the build, this one builds. What runs without a build has no image that
    could be taken over; its packages are there by then.
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
    """Whether it was made for the same push as this one, and not before somebody asked for another attempt."""
    return other is not None and (other.ending is None or max(row.ended for row in other.rows) >= started)


def _named(report: Report | None) -> str:
    return report.check_name.removeprefix("ServerGem / ") if report else "another region"


def _failed_there(target: Target, other: Report | None, blame: str) -> Finding:
    return Finding(
        "not-built-for-any-region",
        fitting(f"{_named(other)} failed to build, and so {target.region} has nothing to deploy"),
        f"Look at the check run of {_named(other)}: it says what to do. Then re-run this one, or push.",
        blame=Blame(blame or Blame.UNKNOWN),
        message=f"What serves in {target.region} serves on. The build for all regions is made once.",
    )
