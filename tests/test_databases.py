"""Whole stories on both databases: what a person sees is the same on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import Sandbox
from tests.conftest import OWNER, House, answer_of, eventually
from tests.test_previews import SAMPLE, gone, live, opened, preview


@pytest.fixture
def house(world: Sandbox, tmp_path: Path, database: str) -> Iterator[House]:
    """A ServerGem on this database."""
    house = House(world, tmp_path, settings={"DATABASE_URL": database})
    house.start()
    yield house
    house.stop()


def test_pushes_go_live_one_after_another(house: House) -> None:
    """The first push goes live, and so does the second, which comes when everything is awake."""
    work = house.repository("hello-python")
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    deployment = house.ended(work.push("Say it again", **{"note.txt": "again"}))
    assert deployment["ending"] == "live", house.log_tail()
    assert answer_of(deployment["url"]).status_code == 200


def test_a_failing_build_is_told(house: House) -> None:
    """A build that fails ends red with the line that says why."""
    work = house.repository("missing-package")
    sha = work.push("Want what does not exist")
    run = house.check_run("missing-package", sha)
    assert run["conclusion"] == "failure"
    assert "No matching distribution found" in run["output"]["summary"] + (run["output"]["text"] or "")


def test_a_preview_comes_and_goes(house: House) -> None:
    """A pull request that is opened gets a preview, which goes when it is closed."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, f"{SAMPLE}-pr-{number}")


def test_a_rollback_gives_the_traffic_back(house: House) -> None:
    """ "Roll back" on the newest check run brings back what served before it."""
    work = live(house)
    before = house.deployments()[0]["revision"]
    sha = work.push("Go on", **{"n.txt": "1"})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    run = house.check_run(work.name, sha, f"ServerGem / {SAMPLE} (production)")
    house.world.github.press_button(run["id"], "roll-back")
    eventually(
        lambda: house.world.runner.traffic(SAMPLE) == {before: 100}, "the traffic as before", house.log_tail
    )


def test_a_killed_deployment_goes_on(house: House) -> None:
    """After kill -9 in the middle of a build the next process finishes the same deployment, under one check run."""
    house.world.google.behaviour.queue_time = 1.0
    work = house.repository("hello-python")
    sha = work.push("Say hello")
    eventually(
        lambda: any(
            row["title"] == "Build image" and row["state"] == "running"
            for d in house.deployments()
            for row in d["rows"]
        ),
        "a build under way",
        house.log_tail,
    )
    house.kill()
    house.start()
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert house.check_run("hello-python", sha)["conclusion"] == "success"
    assert len(house.world.github.check_runs(f"{OWNER}/hello-python", sha)) == 1


def test_a_delivery_that_comes_twice_is_one(house: House) -> None:
    """A redelivery of a push that was deployed starts nothing."""
    work = live(house)
    for attempt in house.world.github.deliveries.attempts():
        assert house.world.github.deliveries.redeliver(attempt.id)
    house.world.github.deliveries.settle()
    assert house.ended(work.push("Say more", **{"n.txt": "1"}))["ending"] == "live", house.log_tail()
    assert len(house.deployments()) == 2
