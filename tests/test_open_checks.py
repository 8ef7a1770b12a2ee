"""No check run is left open by a crash: what nobody continues is closed with the reason, also without a memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.github import Activity, Attempt
from app.model import Commit, Ending, Report, Repository, Row
from app.rounds.forgotten import MOST_REPOSITORIES, RECENT, TITLE, commits, heard_of
from app.rounds.open_checks import LOST
from app.store import Store
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, eventually
from tests.test_faults import FOR_EVER
from tests.test_previews import CHECK, SAMPLE, live, opened
from tests.test_sweep import forget_everything

NOW = 1_790_000_000.0


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that compares all the time."""
    house = House(world, tmp_path, settings={"OPEN_CHECKS_SECONDS": "0.2"})
    house.start()
    yield house
    house.kill()


def test_a_lost_database_leaves_no_check_run_open(house: House) -> None:
    """Killed in the middle of a push and of a preview, with an empty database afterwards: both say what to do."""
    work = live(house)
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    house.world.google.behaviour.queue_time = 600.0
    _, head = opened(house, work)
    work.git("checkout", "-q", "main")
    sha = work.push("On the way", **{"note.txt": "1"})
    github = house.world.github

    def open_ones() -> list[str]:
        return [
            run["head_sha"] for run in github.check_runs(f"{OWNER}/{SAMPLE}") if run["status"] != "completed"
        ]

    eventually(lambda: {sha, head} <= set(open_ones()), "two open check runs", house.log_tail)
    eventually(
        lambda: house.world.google.calls["CloudBuild.CreateBuild"] == builds + 2, "two builds", house.log_tail
    )
    house.kill()
    forget_everything(house)
    house.world.google.behaviour.queue_time = 0.0
    asked = sum(github.calls.values())
    house.start()
    eventually(lambda: open_ones() == [], "the end of every check run", house.log_tail)
    for commit, name in ((sha, f"ServerGem / {SAMPLE} (production)"), (head, CHECK)):
        run = house.check_run(SAMPLE, commit, name)
        assert (run["conclusion"], run["output"]["title"]) == ("neutral", TITLE)
    assert sum(github.calls.values()) - asked < 40, dict(github.calls)
    looks = github.calls["GET /repos/{owner}/{repo}/commits/{ref}/check-runs"]
    github.rerequest(house.check_run(SAMPLE, sha, f"ServerGem / {SAMPLE} (production)")["id"])
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert github.calls["GET /repos/{owner}/{repo}/commits/{ref}/check-runs"] <= looks + 2


def test_a_run_that_nobody_has_is_closed(house: House, tmp_path: Path) -> None:
    """The journal is lost and our rows are not: the check run says so, and Re-run deploys the commit."""
    house.world.google.behaviour.queue_time = 600.0
    work = house.repository(SAMPLE)
    sha = work.push("Say hello")
    eventually(lambda: house.world.google.calls["CloudBuild.CreateBuild"], "a build", house.log_tail)
    house.kill()
    house.world.google.behaviour.queue_time = 0.0
    for file in (house.folder / "servergem").glob("journal.db*"):
        file.unlink()
    house.start()
    run = house.check_run(SAMPLE, sha)
    assert (run["conclusion"], run["output"]["title"]) == ("neutral", LOST)
    house.world.github.rerequest(run["id"])
    eventually(lambda: house.deployments()[0]["ending"] == "live", "the second run", house.log_tail)


def test_a_run_that_waits_is_not_lost(house: House) -> None:
    """However often it is compared, what is under way goes on: also a run that waits, and one that was killed."""
    looked = "GET /repos/{owner}/{repo}/contents/{path}"
    house.world.faults.add(looked, kind="delay", seconds=FOR_EVER)
    work = house.repository(SAMPLE)
    sha = work.push("Say hello")
    eventually(lambda: house.world.faults.held(looked), "a reading", house.log_tail)
    house.kill()
    house.world.faults.clear()
    house.world.google.behaviour.queue_time = 2.0
    house.start()
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert "run.lost" not in (house.folder / "servergem.log").read_text()


def test_what_another_process_ended_and_never_told_is_told(tmp_path: Path) -> None:
    """An end that is older than its process's patience is taken up by others; a fresh one is left to who ended it."""
    store = Store.open(tmp_path)
    report = Report(Commit(Repository(1, OWNER, "api", 2), "a" * 40, "main"), "check", rows=(Row("Build"),))
    for name in ("old", "open"):
        store.deployments.opened(name, replace(report, deployment_id=name), "lane")
    store.deployments.ended("old", replace(report, deployment_id="old", ending=Ending.LIVE))
    assert store.deployments.unshown(ended_before=1.0) == []
    assert [each.report.deployment_id for each in store.deployments.unshown(NOW * 2)] == ["old"]
    assert store.deployments.open_ones() == {"open"}
    store.close()


def test_the_commits_of_a_lost_memory_are_few() -> None:
    """The heads of branches and pull requests once each, and besides them only what was pushed a moment ago."""
    moves = [
        Activity("main", "b", "c", NOW - 60, "ada"),
        Activity("main", "a", "b", NOW - 90, "ada"),
        Activity("main", "", "a", NOW - RECENT - 1, "ada"),
        Activity("old", "", "x", NOW - 9 * RECENT, "ada"),
    ]
    assert commits(moves, (), NOW) == ["c", "x", "b"]


def test_the_repositories_of_a_lost_memory_are_those_of_its_deliveries() -> None:
    """Each one once, the one heard of last first; what is about no repository names none."""
    attempts = [
        Attempt(number, "g", "push", NOW + number, 202, "OK", repository_id, 7)
        for number, repository_id in enumerate([1, 2, 1, 0])
    ]
    assert heard_of(attempts) == [(1, 7), (2, 7)]
    many = [Attempt(n, "g", "push", NOW - n, 202, "OK", n, 7) for n in range(1, 999)]
    assert heard_of(many) == [(n, 7) for n in range(1, MOST_REPOSITORIES + 1)]
