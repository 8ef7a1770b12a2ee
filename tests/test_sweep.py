"""The sweep: webhooks may be lost, and nothing is left behind for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.rounds.orphans import orphans_in
from sandbox.world import PROJECT, Sandbox
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
        short = f"services: {{{SAMPLE}: {{}}}}\npreviews: {{ttl: 1s}}\n"
        assert house.ended(work.push("For a second", **{"servergem.yml": short}))["ending"] == "live"
        number, sha = opened(house, work)
        name = f"{SAMPLE}-pr-{number}"
        eventually(
            lambda: any(
                "its time was over" in (run["output"]["title"] or "")
                for run in world.github.check_runs(f"{OWNER}/{work.name}", sha)
            ),
            "its end",
            house.log_tail,
        )
        # Where its time was over before it was live, its check run ends first and the service goes then.
        eventually(lambda: name not in services(house), f"the end of {name}", house.log_tail)
    finally:
        house.stop()


def test_a_service_that_nobody_knows_is_removed(house: House) -> None:
    """A preview whose row was lost with the database is found by its labels."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    house.stop()
    forget_everything(house)
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    # What may not be listed keeps back nothing that may.
    house.world.google.revoke(PROJECT, "run.workerpools.list")
    house.start()
    gone(house, f"{SAMPLE}-pr-{number}")
    assert SAMPLE in services(house)
    assert house.world.google.calls["WorkerPools.ListWorkerPools"]


def test_an_empty_database_removes_no_preview_that_is_wanted(house: House) -> None:
    """ServerGem begins anew beside a running preview: it is kept, known again, and goes with its pull request."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    copy = f"{SAMPLE}-pr-{number}"
    before = house.world.google.calls["Services.DeleteService"]
    house.stop()
    forget_everything(house)
    house.start()
    eventually(lambda: any(d["sha"] == sha for d in house.deployments()), "its deployment", house.log_tail)
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert house.world.google.calls["Services.DeleteService"] == before
    assert copy in services(house)
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, copy)


def forget_everything(house: House) -> None:
    """The databases are lost, as they are with an instance that kept them in its own files."""
    lost = list((house.folder / "servergem").glob("*.db*"))
    assert lost
    for file in lost:
        file.unlink()


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


@pytest.mark.parametrize(
    ("labels", "number"),
    [
        ({"repository-id": "7", "installation-id": "8", "pull-request": "9"}, 9),
        ({"repository-id": "7", "installation-id": "8", "pull-request": "nine"}, None),
        ({"repository-id": "", "installation-id": "8", "pull-request": "9"}, None),
        ({"installation-id": "8", "pull-request": "9"}, None),
        ({"repository-id": "7", "installation-id": "-8", "pull-request": "9"}, None),
        ({"repository-id": "٧", "installation-id": "8", "pull-request": "9"}, None),
        ({"repository-id": "7" * 63, "installation-id": "8", "pull-request": "9"}, None),
    ],
)
def test_odd_labels_are_left_alone(labels: dict[str, str], number: int | None) -> None:
    """A service whose labels hold no numbers was labelled by somebody else: it ends no sweep and is not removed."""
    found = [orphan.number for orphan in orphans_in("p", "r", "name", labels)]
    assert found == ([number] if number else [])


def test_lost_news_of_a_pull_request_is_noticed(house: House) -> None:
    """A draft, a label and their ends of which no webhook tells: each is found, and what runs agrees with it."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    name, github = f"{OWNER}/{work.name}", house.world.github
    copy = f"{SAMPLE}-pr-{number}"
    news: tuple[tuple[Callable[[], None], bool], ...] = (
        (lambda: github.set_draft(name, number), False),
        (lambda: github.ready_for_review(name, number), True),
        (lambda: github.label(name, number, "no-preview"), False),
        (lambda: github.unlabel(name, number, "no-preview"), True),
    )
    for happens, runs in news:
        unheard(house, happens)
        eventually(lambda: (copy in services(house)) == runs, f"{copy} to run: {runs}", house.log_tail)  # noqa: B023


def test_a_stacked_pull_request_follows_its_base(house: House) -> None:
    """On top of another branch only its own changes are deployed; moved to main, unheard, those below are too."""
    work = live(house, "shop")
    work.git("checkout", "-q", "-B", "below")
    work.push("Below", branch="below", **{"web/note.txt": "below"})
    work.git("checkout", "-q", "-B", "above")
    sha = work.push("Above", branch="above", **{"api/note.txt": "above"})
    name, github = f"{OWNER}/{work.name}", house.world.github
    number = github.open_pull_request(name, "above", "below")
    assert preview(house, work, sha, "ServerGem / api (preview)")["conclusion"] == "success"
    assert preview(house, work, sha, "ServerGem / web (preview)")["conclusion"] == "skipped"
    unheard(house, lambda: github.change_base(name, number, "main"))
    both = {f"api-pr-{number}", f"web-pr-{number}"}
    eventually(lambda: both <= services(house), "both previews", house.log_tail)
    github.change_base(name, number, "below")
    gone(house, f"web-pr-{number}")
    assert f"api-pr-{number}" in services(house)


def unheard(house: House, happens: Callable[[], None]) -> None:
    """Something happens at GitHub, and none of its webhooks arrives."""
    house.world.github.deliveries.settle()
    house.world.github.deliveries.hold()
    happens()
    house.world.github.deliveries.release([])
