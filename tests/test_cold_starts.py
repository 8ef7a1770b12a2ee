"""Instances that sleep: whoever asks first is held while one starts, and that is nobody's illness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import Sandbox
from tests.conftest import House, answer_of, eventually
from tests.test_rollout import PRIVATE, SAMPLE, STEPS, served

# One answer is waited for less long than a start from zero takes: the first questions come to nothing.
QUESTION, START, IDLE = 1.5, 4.0, 2.0
AWAY = 2 * IDLE


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that is less patient with one answer than instances take to start."""
    house = House(world, tmp_path, settings={"VERIFY_QUESTION": str(QUESTION)})
    house.start()
    yield house
    house.kill()


def sleepy(house: House) -> None:
    """From now on instances end soon after their last request, and take long to start."""
    house.world.runner.idle, house.world.runner.cold_start = IDLE, START


@pytest.mark.parametrize("config", [STEPS, PRIVATE], ids=["public", "private"])
def test_a_revision_that_sleeps_is_not_ill(house: House, config: str) -> None:
    """It sleeps before it is verified and before a step is judged: both wait for it, and it goes live."""
    work, _ = served(house, config)
    sleepy(house)
    faults = house.world.faults
    # That it would be taken, and on a base image of Google's too.
    faults.add("Services.UpdateService", 2, "delay", seconds=0.01)
    faults.add("Services.UpdateService", 1, "late", seconds=AWAY)
    faults.add("Services.UpdateService", 1, "delay", seconds=AWAY)
    deployment = house.ended(work.push("Go on", **{"n.txt": "1"}))
    assert deployment["ending"] == "live", house.log_tail()
    assert house.world.runner.woken[deployment["revision"]] >= 2
    assert house.world.runner.traffic(SAMPLE) == {deployment["revision"]: 100}


def test_a_rollback_reaches_a_revision_that_sleeps(house: House) -> None:
    """What served before sleeps by then: the traffic is back, and the first request is held and answered."""
    work, good = served(house, "services:\n  hello-python: {}\n")
    bad = work.push("Worse", **{"n.txt": "1"})
    assert house.ended(bad)["ending"] == "live", house.log_tail()
    sleepy(house)
    run = house.check_run(SAMPLE, bad)
    eventually(lambda: not house.world.runner.awake(SAMPLE), "everybody asleep")
    house.world.github.press_button(run["id"], "roll-back")
    old = {good["revision"]: 100}
    eventually(lambda: house.world.runner.traffic(SAMPLE) == old, "the old traffic", house.log_tail)
    assert answer_of(good["url"]).status_code == 200
    assert house.world.runner.woken[good["revision"]] == 1
