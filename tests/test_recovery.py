"""Recovery: webhooks that never came change nothing about what is deployed in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.github import Activity, Attempt
from app.rounds.recovery import CLOCKS, due, most_looks, newest, pause, undelivered
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, eventually
from tests.test_previews import SAMPLE, live, services

NOW = 1_790_000_000.0


def attempt(number: int, guid: str, status: int, at: float = NOW) -> Attempt:
    return Attempt(number, guid, "push", at, status, "")


@pytest.mark.parametrize(
    ("attempts", "again"),
    [
        ([attempt(1, "a", 202)], []),
        ([attempt(1, "a", 0)], [1]),
        ([attempt(1, "a", 503)], [1]),
        ([attempt(1, "a", 429)], [1]),
        ([attempt(1, "a", 401)], []),
        ([attempt(1, "a", 413)], []),
        ([attempt(1, "a", 503), attempt(2, "a", 202)], []),
        ([attempt(2, "a", 0), attempt(1, "a", 0)], [2]),
        ([attempt(3, "b", 0), attempt(2, "a", 202), attempt(1, "a", 0)], [3]),
        ([attempt(number, "a", 0) for number in range(8)], []),
    ],
)
def test_what_never_arrived_is_delivered_again(attempts: list[Attempt], again: list[int]) -> None:
    """An event without a good answer, until it has been tried often; what we refuse for good is not asked for."""
    assert [tries[0].id for tries in undelivered(attempts)] == again


def test_each_attempt_waits_longer() -> None:
    """The first one is at once, then a minute, then two."""
    assert [due([attempt(1, "a", 0)] * count) - NOW for count in (1, 2, 3, 4)] == [0, 60, 120, 240]


def test_the_last_thing_that_happened_to_a_branch_counts() -> None:
    """Of several pushes to one branch the newest is deployed, and each branch has its own."""
    moves = [
        Activity("main", "b", "c", NOW, "ada"),
        Activity("next", "", "x", NOW, "ada"),
        Activity("main", "a", "b", NOW - 5, "ada"),
    ]
    assert [each.after for each in newest(moves)] == ["c", "x"]


def test_quiet_repositories_are_asked_seldom() -> None:
    """Four hundred of them take less than a tenth of an installation's 5,000 requests an hour, at two requests each."""
    day, sweep = 86_400.0, 300.0
    assert pause(0.0, sweep) == sweep
    assert pause(3600.0, sweep) == sweep
    assert pause(7 * day, sweep) == 7200.0
    assert 400 * 2 * 3600 / pause(7 * day, sweep) <= 500
    assert most_looks(sweep) * 2 * 3600 / sweep <= 500


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that looks around all the time."""
    settings = {"SWEEP_SECONDS": "0.3", "MISSED_AFTER_SECONDS": "1"}
    house = House(world, tmp_path, settings=settings)
    house.start()
    yield house
    house.stop()


def watched(house: House, repository: str) -> None:
    """Wait until the sweep knows of the repository: what happened before is not recovered."""
    eventually(
        lambda: house.world.github.calls.get("GET /repos/{owner}/{repo}/activity", 0) > 1,
        f"looks at {repository}",
        house.log_tail,
    )


def test_a_push_without_a_webhook_is_deployed(house: House) -> None:
    """GitHub's `push` never comes; the commit is deployed all the same and its check run says so."""
    work = live(house)
    watched(house, work.name)
    github = house.world.github
    github.deliveries.settle()
    github.deliveries.hold()
    sha = work.push("Unheard", **{"note.txt": "1"})
    github.deliveries.release([])
    assert house.ended(sha)["ending"] == "live"
    run = house.check_run(work.name, sha)
    assert "after the push: GitHub's webhook about it did not arrive." in run["output"]["summary"]


def test_a_webhook_that_comes_late_deploys_nothing_twice(house: House) -> None:
    """It arrives after the push was found: there is one deployment of the commit, and one build."""
    work = live(house)
    watched(house, work.name)
    github = house.world.github
    github.deliveries.settle()
    github.deliveries.hold()
    sha = work.push("Late", **{"note.txt": "1"})
    assert house.ended(sha)["ending"] == "live"
    github.deliveries.release()
    github.deliveries.settle()
    last = work.push("Next", **{"note.txt": "2"})
    assert house.ended(last)["ending"] == "live"
    assert [each["sha"] for each in house.deployments()].count(sha) == 1


def test_a_skipped_push_stays_skipped(house: House) -> None:
    """Its message says that it is not to be deployed, whether or not a webhook told of it."""
    work = live(house)
    watched(house, work.name)
    github = house.world.github
    github.deliveries.settle()
    github.deliveries.hold()
    skipped = work.push("Nothing [skip ci]", **{"note.txt": "1"})
    asked = house.world.github.calls["GET /repos/{owner}/{repo}/commits/{ref}"]
    eventually(
        lambda: github.calls["GET /repos/{owner}/{repo}/commits/{ref}"] > asked,
        "a look at it",
        house.log_tail,
    )
    github.deliveries.release([])
    assert skipped not in {each["sha"] for each in house.deployments()}


def test_after_an_outage_everything_is_made_up_for(house: House) -> None:
    """While ServerGem is away a push, a pull request and a comment come to nothing; later all three are there, once."""
    work = live(house)
    watched(house, work.name)
    house.stop()
    sha = work.push("In the outage", **{"note.txt": "1"})
    newest_sha = work.push("And another", **{"note.txt": "2"})
    work.git("checkout", "-q", "-B", "idea")
    work.push("An idea", branch="idea", **{"idea.txt": "1"})
    github = house.world.github
    number = github.open_pull_request(f"{OWNER}/{work.name}", "idea")
    github.deliveries.settle()
    house.start()
    assert house.ended(newest_sha)["ending"] == "live", house.log_tail()
    eventually(lambda: f"{SAMPLE}-pr-{number}" in services(house), "the preview", house.log_tail)
    live_ones = [each["sha"] for each in house.deployments() if each["ending"] == "live"]
    assert live_ones.count(newest_sha) == 1
    assert live_ones.count(sha) == 0
    assert CLOCKS > 0
