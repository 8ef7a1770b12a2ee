"""Attacks by taking ServerGem away: an installation is suspended, or a repository taken off it, while it deploys."""

from __future__ import annotations

import pytest

from tests.conftest import OWNER, House
from tests.test_attacks_by_moment import pushed_while_slow, traffic
from tests.test_previews import SAMPLE, live

HOME = f"{OWNER}/{SAMPLE}"
TAKEN_OFF, SUSPENDED = f"ServerGem was taken off {HOME}", f"ServerGem was suspended on {OWNER}"


@pytest.mark.parametrize("private", [True, False], ids=["private", "public"])
@pytest.mark.parametrize(
    ("way", "reason"),
    [("suspend", SUSPENDED), ("remove_from_installation", TAKEN_OFF), ("uninstall", TAKEN_OFF)],
)
def test_what_is_under_way_ends_when_servergem_is_taken_away(
    house: House, way: str, reason: str, private: bool
) -> None:
    """It says why and moves no traffic, also of a repository that anybody may read on."""
    work = live(house)
    house.world.github.set_private(HOME, private)
    before = traffic(house)
    sha = pushed_while_slow(house, work, "CloudBuild.GetBuild")
    getattr(house.world.github, way)(HOME if "remove" in way else OWNER)
    ended = house.ended(sha)
    assert ended["ending"] == "superseded", house.log_tail()
    assert ended["title"] == f"Stopped before it took traffic: {reason}"
    assert traffic(house) == before
