"""Promoting: what a press on Promote would begin now, region by region. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator

from app import config
from app.configuration import configuration_now
from app.conversation.anew import anew, in_environment
from app.conversation.gate import Anew
from app.model import Commit, Report, Stop, Target
from app.scene import Run
from app.world import World
from gcp import cloud_run


def promoting(
    world: World, commit: Commit, run: Run, report: Report | None, *, operator: bool
) -> tuple[Anew, ...]:
    """What serves here goes to the same region there; from the service's home also to those that are only there."""
    home = run.home
    assert home is not None, "nothing is promoted from the end of the way"
    images = _serving_images(world, run.target, report)
    there = (home, *_only_there(world, commit, run.target, home.environment))
    return tuple(anew(world, commit, each, operator=operator, images=images) for each in there)


def _only_there(world: World, commit: Commit, here: Target, onward: str) -> Iterator[Target]:
    """The regions of the service in the next environment that it has not in this one."""
    if here.home_region:
        return
    try:
        read, _ = configuration_now(world, commit)
    except Stop:
        return  # said of the region that is promoted first
    own, there = (
        [each for each in in_environment(world, commit, read, name) if each.source_name == here.source_name]
        for name in (here.environment, onward)
    )
    known = {each.region for each in own}
    yield from (
        each for each in there if each.region not in known and each != config.counterpart(here, there)
    )


def _serving_images(world: World, here: Target, report: Report | None) -> dict[str, str]:
    """What a promotion takes along of what nobody builds, by container: a tag may have been moved since."""
    if not here.images_named or report is None:
        return {}
    return cloud_run.images_of(world.google, here.project, here.region, here.name, report.revision)
