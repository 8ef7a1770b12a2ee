"""Attacks by transfer: a repository goes to another owner while it deploys, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, answer_of
from tests.test_attacks import settled
from tests.test_attacks_by_moment import pushed_while_slow, traffic
from tests.test_previews import SAMPLE, live

ELSEWHERE = "globex"
HOME, THERE = f"{OWNER}/{SAMPLE}", f"{ELSEWHERE}/{SAMPLE}"


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem whose operator gave a project to one owner's repositories, and none to the other's."""
    house = House(world, tmp_path, settings={"SERVERGEM_PROJECTS": f"{OWNER}/*={PROJECT}"})
    house.start()
    yield house
    house.kill()


def test_who_is_given_a_repository_gets_nothing_of_its_operators(house: House) -> None:
    """What is under way moves no traffic for its new owner, nor does a push of theirs; back home it deploys again."""
    work, github = live(house), house.world.github
    url, before = house.deployments()[0]["url"], traffic(house)
    served = answer_of(url).text
    github.create_repository(ELSEWHERE, "something")
    sha = pushed_while_slow(house, work, "CloudBuild.GetBuild")
    github.transfer_repository(HOME, ELSEWHERE)
    assert house.ended(sha)["ending"] == "superseded", house.log_tail()
    assert traffic(house) == before
    work.git("remote", "set-url", "origin", github.clone_url(THERE))
    theirs = work.push("Mine now", **{"main.py": "evil"})
    settled(house)
    assert not [each for each in house.deployments() if each["sha"] == theirs and each["ending"] == "live"]
    assert traffic(house) == before and answer_of(url).text == served
    github.transfer_repository(THERE, OWNER)
    work.git("remote", "set-url", "origin", github.clone_url(HOME))
    work.git("revert", "--no-edit", "HEAD")
    assert house.ended(work.push("Back home"))["ending"] == "live", house.log_tail()
