"""The outbox: the last state arrives whatever GitHub does, and one bad letter holds up nobody."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from app.github import GitHub, credentials
from app.model import Commit, Ending, Finding, Report, Repository, Row, RowState
from app.outbox import Outbox
from app.report import check_run, last_word, moment
from app.retry import Policy
from app.store import Store
from sandbox.world import APP_ID, SAMPLES, Sandbox
from tests.conftest import OWNER, eventually

CREATE = "POST /repos/{owner}/{repo}/check-runs"
UPDATE = "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}"
DEPLOY = "POST /repos/{owner}/{repo}/deployments"


@dataclass
class Desk:
    """An outbox against the sandbox's GitHub, and a commit to write about."""

    world: Sandbox
    store: Store
    interval: float = 0.0
    outboxes: list[Outbox] = field(default_factory=list)

    @property
    def outbox(self) -> Outbox:
        return self.outboxes[-1] if self.outboxes else self.start()

    def start(self) -> Outbox:
        github = GitHub(APP_ID, self.world.private_key, self.world.github.url, Policy(attempts=1))
        self.outboxes.append(Outbox(github, self.store, "http://servergem", self.interval, first_pause=0.05))
        return self.outboxes[-1]

    def commit(self, name: str) -> Commit:
        """A repository of this name with one commit."""
        number = self.world.github.create_repository(OWNER, name, SAMPLES / "hello-python")
        repo = self.world.github.hub.of(f"{OWNER}/{name}")
        sha = repo.git.resolve("main")
        assert sha is not None
        installation = self.world.github.hub.installed(OWNER)
        assert installation is not None
        return Commit(Repository(number, OWNER, name, installation.id), sha, "main")

    def report(self, commit: Commit, id_: str, **more: Any) -> Report:
        row = Row("Build image", RowState.RUNNING, started=time.time())
        return replace(Report(commit, "ServerGem / api", rows=(row,), deployment_id=id_), **more)

    def runs(self, commit: Commit) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.github.check_runs(commit.repository.full_name, commit.sha)
        return found

    def completed(self, commit: Commit) -> dict[str, Any]:
        found: dict[str, Any] = eventually(
            lambda: next((run for run in self.runs(commit) if run["status"] == "completed"), None),
            "a completed check run",
        )
        return found

    def unshown(self) -> list[str]:
        return [each.report.deployment_id for each in self.store.deployments.unshown()]


@pytest.fixture
def desk(world: Sandbox, tmp_path: Path) -> Iterator[Desk]:
    store = Store.open(tmp_path / "store")
    desk = Desk(world, store)
    yield desk
    for outbox in desk.outboxes:
        outbox.close()
    store.close()


def test_a_moment_is_total() -> None:
    """Every number of seconds is a moment in words, also one that no calendar holds."""
    assert moment(1_795_874_700.0) == "28 November 2026, 14:05 UTC"
    for seconds in (1e17, 1e300, float("inf"), float("nan"), -1e17, -1e300):
        assert moment(seconds)


def test_an_absurd_time_to_live_is_told(desk: Desk) -> None:
    """A preview that expires after the last day of the calendar gets its check run like any other."""
    commit = desk.commit("absurd")
    report = desk.report(commit, "a", ending=Ending.LIVE, expires=8.64e13, url="http://x", revision="r")
    desk.outbox.open("a", "", report)
    desk.outbox.finish("a", report)
    assert "beyond the year 9999" in desk.completed(commit)["output"]["summary"]


def test_a_letter_that_cannot_be_written_gets_a_short_last_word(desk: Desk) -> None:
    """A report that breaks its own rendering ends in a short check run, and the next letter arrives whole."""
    ill, well = desk.commit("ill"), desk.commit("well")
    broken = desk.report(ill, "a", ending=Ending.FAILED, ending_note="x", findings=(None,))
    fine = desk.report(well, "b", ending=Ending.FAILED, ending_note="It is broken")
    with pytest.raises(AttributeError):
        check_run(broken)
    desk.outbox.open("a", "", desk.report(ill, "a"))
    desk.outbox.open("b", "", desk.report(well, "b"))
    letter = desk.outbox._letters["a"]
    letter.report = broken
    desk.outbox.finish("b", fine)
    assert desk.completed(well)["output"]["title"] == "It is broken"
    run = desk.completed(ill)
    assert (run["conclusion"], run["output"]["title"]) == ("failure", "Ended: failed")
    assert "AttributeError" in run["output"]["summary"]


def test_text_that_is_no_text_is_told(desk: Desk) -> None:
    """Half a character and a NUL in a title, an excerpt or a path are shown as signs, here and at GitHub."""
    commit = desk.commit("odd")
    finding = Finding("odd", "It is \ud800 here", "Take \0 out", excerpt="\udcff\0")
    report = desk.report(
        commit, "a", ending=Ending.FAILED, ending_note="It is \ud800\0 here", findings=(finding,)
    )
    desk.outbox.open("a", "", report)
    desk.outbox.finish("a", report)
    run = desk.completed(commit)
    assert run["output"]["title"] == "It is �␀ here"
    assert "It is � here" in run["output"]["summary"]
    kept = desk.store.deployments.report("a")
    assert kept is not None and kept.ending_note == "It is �␀ here"


def test_at_most_one_update_in_an_interval(desk: Desk) -> None:
    """Many changes at once cost GitHub one update an interval; the last state does not wait for it."""
    desk.interval = 0.4
    commit = desk.commit("busy")
    desk.outbox.open("a", "", desk.report(commit, "a"))
    eventually(lambda: desk.runs(commit), "the check run")
    began = time.monotonic()
    for number in range(60):
        row = Row(f"Stage {number}", RowState.RUNNING, started=time.time())
        desk.outbox.show("a", desk.report(commit, "a", rows=(row,)))
        time.sleep(0.02)
    took = time.monotonic() - began
    updates = desk.world.github.calls[UPDATE]
    assert 1 <= updates <= took / desk.interval + 1
    desk.outbox.finish("a", desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end"))
    assert desk.runs(commit)[0]["output"]["title"] == "The end"


def test_what_many_say_at_the_same_moment_is_all_said(desk: Desk) -> None:
    """Two people press a button at once: neither remark takes the other's place, here and in two processes."""
    commit = desk.commit("crowd")
    desk.outbox.open("a", "", desk.report(commit, "a"))
    desk.outbox.finish("a", desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end"))
    desk.start()
    meet = Barrier(8)

    def say(number: int) -> None:
        meet.wait()
        box = desk.outboxes[number % 2]
        box.amend("a", lambda shown: replace(shown, remarks=(*shown.remarks, f"Said {number}.")))

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(say, range(8)))
    kept = desk.store.deployments.report("a")
    assert kept and sorted(kept.remarks) == [f"Said {number}." for number in range(8)]


def test_a_github_that_stays_away_gets_the_last_state_when_it_is_back(desk: Desk) -> None:
    """Away for longer than every retry, GitHub has the last state afterwards, once, and nothing is left to be sent."""
    commit = desk.commit("away")
    desk.outbox.open("a", "", desk.report(commit, "a"))
    eventually(lambda: desk.runs(commit), "the check run")
    desk.world.github.faults.add(UPDATE, times=7, status=503)
    end = desk.report(commit, "a", ending=Ending.LIVE, url="http://x", revision="r")
    desk.outbox.finish("a", end, patience=0.01)
    assert desk.outbox.age() > 0
    assert desk.completed(commit)["conclusion"] == "success"
    assert desk.world.github.faults.unused() == {}
    eventually(lambda: desk.unshown() == [], "nothing to be sent")
    eventually(lambda: desk.outbox.age() == 0, "no news")


def test_what_was_unsent_is_sent_by_the_next_process(desk: Desk) -> None:
    """A process that ends while GitHub is away leaves the last state to the next one."""
    commit = desk.commit("later")
    desk.outbox.open("a", "", desk.report(commit, "a"))
    eventually(lambda: desk.runs(commit), "the check run")
    desk.world.github.faults.add(UPDATE, times=1000, status=503)
    end = desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end")
    desk.outbox.finish("a", end, patience=0.01)
    desk.outbox.close()
    assert desk.unshown() == ["a"]
    desk.world.github.faults.clear()
    desk.start().take_up()
    assert desk.completed(commit)["output"]["title"] == "The end"


def test_a_row_that_nobody_can_read_holds_up_no_other(desk: Desk, tmp_path: Path) -> None:
    """A report that another version wrote in another way is passed over; the others are sent and listed."""
    commit = desk.commit("rows")
    for id_ in ("bad", "good"):
        desk.store.deployments.opened(id_, desk.report(commit, id_), "")
        desk.store.deployments.ended(
            id_, desk.report(commit, id_, ending=Ending.FAILED, ending_note="The end")
        )
    with closing(sqlite3.connect(tmp_path / "store" / "servergem.db")) as connection, connection:
        connection.execute("UPDATE deployments SET report = '{}' WHERE id = 'bad'")
    desk.start().take_up()
    assert desk.completed(commit)["output"]["title"] == "The end"
    assert [report.deployment_id for report in desk.store.deployments.reports(5)] == ["good"]
    assert desk.store.deployments.report("bad") is None


def archived(desk: Desk, commit: Commit) -> None:
    desk.world.github.archive_repository(commit.repository.full_name)


def deleted(desk: Desk, commit: Commit) -> None:
    desk.world.github.delete_repository(commit.repository.full_name)


def uninstalled(desk: Desk, commit: Commit) -> None:
    desk.world.github.uninstall(OWNER)


@pytest.mark.parametrize("happens", [archived, deleted, uninstalled], ids=lambda each: each.__name__)
def test_what_github_refuses_for_good_is_dropped(
    desk: Desk, happens: Callable[[Desk, Commit], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archived, deleted or uninstalled: the letter is dropped, said on our own page, and not sent at the next start."""
    # Of a young token it could not be told yet: it may be that GitHub has not heard of it.
    monkeypatch.setattr(credentials, "YOUNG_SECONDS", 0)
    commit = desk.commit("gone")
    desk.outbox.open("a", "", desk.report(commit, "a"))
    eventually(lambda: desk.runs(commit), "the check run")
    happens(desk, commit)
    end = desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end")
    desk.outbox.finish("a", end)
    assert desk.unshown() == []
    kept = desk.store.deployments.report("a")
    assert kept is not None and "GitHub takes no check run for this commit: 40" in kept.remarks[-1]


@pytest.mark.parametrize(("days", "left"), [(13, ["a"]), (15, [])])
def test_a_suspension_is_waited_for_as_long_as_a_check_run_is(desk: Desk, days: int, left: list[str]) -> None:
    """What ended before that is dropped with GitHub's reason; anything younger is told once it may be."""
    commit = desk.commit("suspended")
    desk.world.github.suspend(OWNER)
    end = desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end")
    row = replace(end.rows[0], started=time.time() - days * 86_400.0)
    desk.outbox.open("a", "", replace(end, rows=(row,)))
    desk.outbox.finish("a", replace(end, rows=(row,)), patience=2.0)
    assert desk.unshown() == left
    kept = desk.store.deployments.report("a")
    assert kept is not None and ("suspended" in str(kept.remarks)) is not bool(left)


@pytest.mark.parametrize(
    ("times", "title"), [(1, "Ended: failed"), (2, None)], ids=["the first time", "the second time"]
)
def test_what_github_cannot_process_is_said_shorter_and_then_dropped(
    desk: Desk, times: int, title: str | None
) -> None:
    """After one 422 a short last word is sent; after two the letter is dropped."""
    commit = desk.commit("unprocessable")
    desk.world.github.faults.add(CREATE, times=times, status=422)
    end = desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end")
    desk.outbox.open("a", "", end)
    desk.outbox.finish("a", end)
    assert [run["output"]["title"] for run in desk.runs(commit)] == ([title] if title else [])
    assert desk.unshown() == []


def test_a_deployment_that_github_refuses_takes_no_check_run_with_it(desk: Desk) -> None:
    """GitHub's own deployment is refused for good: the check run is whole all the same."""
    commit = desk.commit("stateless")
    desk.world.github.faults.add(DEPLOY, times=2, status=422)
    end = desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end", environment="production")
    desk.outbox.open("a", "", end)
    desk.outbox.finish("a", end)
    assert desk.completed(commit)["output"]["title"] == "The end"
    assert desk.world.github.github_deployments(commit.repository.full_name) == []
    assert desk.unshown() == []


def test_a_refusal_that_may_pass_is_tried_again(desk: Desk) -> None:
    """A permission that is missing, or one 404, is no end: the letter arrives when GitHub takes it."""
    commit = desk.commit("patient")
    desk.world.github.faults.add(
        CREATE, times=2, status=403, message="Resource not accessible by integration"
    )
    desk.world.github.faults.add(CREATE, times=1, status=404)
    end = desk.report(commit, "a", ending=Ending.FAILED, ending_note="The end")
    desk.outbox.open("a", "", end)
    desk.outbox.finish("a", end)
    assert desk.completed(commit)["output"]["title"] == "The end"


@pytest.mark.parametrize("ending", [None, *Ending])
def test_a_last_word_ends_as_the_whole_report_would(ending: Ending | None) -> None:
    """A short last word has the status and the conclusion of the whole one."""
    report = Report(Commit(Repository(1, "a", "b", 2), "a" * 40, "main"), "x", ending=ending)
    short, whole = last_word(report, "why"), check_run(report)
    assert short.conclusion == whole.conclusion
    assert (short.status == "completed") == (whole.status == "completed")
