"""The sweep: webhooks may be lost, and nothing is left behind for that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import Sandbox
from tests.conftest import OWNER, House, eventually
from tests.test_previews import SAMPLE, gone, live, opened, preview, services


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that looks around all the time."""
    house = House(world, tmp_path, settings={"SWEEP_SECONDS": "0.3"})
    house.start()
    yield house
    house.stop()


def test_a_lost_end_leaves_nothing(house: House) -> None:
    """GitHub's `closed` never comes, and the preview goes all the same."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    house.world.github.deliveries.drop(1)
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, f"{SAMPLE}-pr-{number}")


def test_a_lost_beginning_is_made_up_for(house: House) -> None:
    """GitHub's `opened` never comes, and the preview runs all the same."""
    work = live(house)
    work.git("checkout", "-q", "-B", "idea")
    work.push("An idea", branch="idea", **{"idea.txt": "1"})
    house.world.github.deliveries.settle()
    house.world.github.deliveries.drop(1)
    number = house.world.github.open_pull_request(f"{OWNER}/{work.name}", "idea")
    eventually(lambda: f"{SAMPLE}-pr-{number}" in services(house), "the preview", house.log_tail)


def test_a_preview_goes_when_its_time_is_over(world: Sandbox, tmp_path: Path) -> None:
    """After its time to live a preview is removed, and its check run says why."""
    house = House(world, tmp_path, settings={"SWEEP_SECONDS": "0.3"})
    house.start()
    try:
        work = live(house)
        number, sha = opened(
            house, work, **{"servergem.yml": f"services: {{{SAMPLE}: {{}}}}\npreviews: {{ttl: 1s}}\n"}
        )
        name = f"{SAMPLE}-pr-{number}"
        eventually(
            lambda: any(
                "its time was over" in (run["output"]["title"] or "")
                for run in world.github.check_runs(f"{OWNER}/{work.name}", sha)
            ),
            "its end",
            house.log_tail,
        )
        assert name not in services(house)
    finally:
        house.stop()


def test_a_service_that_nobody_knows_is_removed(house: House) -> None:
    """A preview whose row was lost with the database is found by its labels."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    house.stop()
    for file in (house.folder / "data").glob("*.db*"):
        file.unlink()
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    house.start()
    gone(house, f"{SAMPLE}-pr-{number}")
    assert SAMPLE in services(house)


def test_beyond_the_limit_the_oldest_goes(world: Sandbox, tmp_path: Path) -> None:
    """The newest pull request always gets its preview; the one untouched for longest makes room and says so."""
    house = House(world, tmp_path, settings={"PREVIEWS_LIMIT": "1"})
    house.start()
    try:
        work = live(house)
        first, sha = opened(house, work, "one")
        assert preview(house, work, sha)["conclusion"] == "success"
        work.git("checkout", "-q", "main")
        second, newer = opened(house, work, "two")
        assert preview(house, work, newer)["conclusion"] == "success"
        gone(house, f"{SAMPLE}-pr-{first}")
        assert f"{SAMPLE}-pr-{second}" in services(house)
        eventually(
            lambda: any(
                "newer ones took its place" in (run["output"]["title"] or "")
                for run in world.github.check_runs(f"{OWNER}/{work.name}", sha)
            ),
            "its reason",
            house.log_tail,
        )
    finally:
        house.stop()
