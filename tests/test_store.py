"""The store keeps what it was given: deliveries once, lanes in order, deployments as they ended."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from app.model import Commit, Delivery, Ending, Report, Repository, Superseded
from app.previews import Wishes
from app.store import GIVEN_UP, Heartbeat, Known, SomebodyAsked, Store, StoreError
from app.store.answers import Answer
from app.store.images import KnownImage
from app.store.presses import Pressed
from app.store.previews import PreviewRow
from app.store.runs import Begun
from app.store.tables import sqlite_engine
from app.store.traffic import Lock, Shift

LANE = "project/region/api"


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    opened = Store.open(tmp_path, database)
    yield opened
    opened.close()


def delivery(id_: str, payload: bytes = b"{}") -> Delivery:
    return Delivery(id_, "push", None, payload)


def report(id_: str = "run") -> Report:
    return Report(
        Commit(Repository(7, "acme", "api", 8), "a" * 40, "main"), "ServerGem / api", deployment_id=id_
    )


@contextmanager
def intake_away(data: Path, database: str) -> Iterator[None]:
    """Nothing can be stored meanwhile."""
    with ExitStack() as stack:
        if database:
            postgres = stack.enter_context(psycopg.connect(database, autocommit=True))
            do: Callable[[str], object] = lambda sql: postgres.execute(sql.encode())  # noqa: E731
        else:
            do = stack.enter_context(
                closing(sqlite3.connect(data / "deliveries.db", isolation_level=None))
            ).execute
        do("ALTER TABLE deliveries RENAME TO elsewhere")
        yield
        do("ALTER TABLE elsewhere RENAME TO deliveries")


async def accept_all(store: Store, deliveries: list[Delivery]) -> list[bool]:
    return await asyncio.gather(*(store.accept(one, 1.0) for one in deliveries))


def test_a_delivery_is_accepted_once(store: Store) -> None:
    """The same delivery id is new once, however many times and however close together it comes."""
    ids = [f"d{number % 50}" for number in range(400)]
    new = asyncio.run(accept_all(store, [delivery(id_, id_.encode()) for id_ in ids]))
    assert new == [number < 50 for number in range(400)]
    assert asyncio.run(store.accept(delivery("d7"), 2.0)) is False
    assert [(one.id, one.payload) for one in store.unstarted()] == [
        (f"d{n}", f"d{n}".encode()) for n in range(50)
    ]


def test_a_marked_delivery_is_not_started_again(store: Store) -> None:
    """A mark takes a delivery off the list of the unstarted and stays in the list that people read."""
    asyncio.run(accept_all(store, [delivery("one"), delivery("two")]))
    store.mark("one", "a tag")
    assert [one.id for one in store.unstarted()] == ["two"]
    assert [(one.id, one.outcome) for one in store.deliveries(10)] == [("two", None), ("one", "a tag")]
    assert asyncio.run(store.accept(delivery("one"), 3.0)) is False


def test_what_was_accepted_is_there_after_a_kill(tmp_path: Path, database: str) -> None:
    """A process that dies right after accept() has lost nothing."""
    script = (
        "import asyncio, os, pathlib, sys\n"
        "from app.model import Delivery\nfrom app.store import Store\n"
        "store = Store.open(pathlib.Path(sys.argv[1]), sys.argv[2])\n"
        "asyncio.run(store.accept(Delivery('d', 'push', None, b'body'), 1.0))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), database], cwd=Path(__file__).parent.parent
    )
    assert ended.returncode == -9
    store = Store.open(tmp_path, database)
    assert store.unstarted() == [Delivery("d", "push", None, b"body")]
    store.close()


def test_a_delivery_that_cannot_be_stored_is_refused(store: Store, tmp_path: Path, database: str) -> None:
    """A database error reaches whoever asked, and the next delivery is tried afresh."""
    with intake_away(tmp_path, database), pytest.raises(StoreError, match="deliveries"):
        asyncio.run(store.accept(delivery("one"), 1.0))
    assert asyncio.run(store.accept(delivery("one"), 1.0)) is True


def test_what_no_column_holds_is_refused_and_nothing_after_it(store: Store) -> None:
    """Also where it is no trouble of the database's: who stores is one thread, and goes on."""
    odd = replace(delivery("odd"), installation=2**64)
    with pytest.raises(StoreError):
        asyncio.run(store.accept(odd, 1.0))
    assert asyncio.run(store.accept(delivery("next"), 2.0))


def test_a_store_that_is_closed_takes_nothing(tmp_path: Path, database: str) -> None:
    """After close() nothing is accepted in silence."""
    store = Store.open(tmp_path, database)
    store.close()
    with pytest.raises(StoreError):
        asyncio.run(store.accept(delivery("one"), 1.0))


def test_a_free_lane_is_held_at_once(store: Store) -> None:
    """The first run holds a free lane, and only with the fence it was given."""
    ticket = store.lanes.enter(LANE, "one", "a")
    assert ticket.holder
    assert store.lanes.holds(LANE, "one", ticket.fence)
    assert not store.lanes.holds(LANE, "one", ticket.fence + 1)
    assert not store.lanes.holds(LANE, "two", ticket.fence)
    assert store.lanes.flag(LANE, "one") is None


def test_a_newer_run_waits_until_the_holder_left(store: Store) -> None:
    """The holder is told of the newer commit; the newer run holds the lane when the holder has left it."""
    first = store.lanes.enter(LANE, "one", "a")
    assert not store.lanes.enter(LANE, "two", "b").holder
    assert store.lanes.flag(LANE, "one") == "b"
    assert store.lanes.holds(LANE, "one", first.fence)
    waiting = threading.Thread(target=store.lanes.wait, args=(LANE, "two"))
    waiting.start()
    store.lanes.leave(LANE, "one")
    waiting.join(4)
    assert not waiting.is_alive()
    second = store.lanes.wait(LANE, "two")
    assert second.holder
    assert second.fence > first.fence
    assert not store.lanes.holds(LANE, "one", first.fence)


def test_of_those_who_wait_the_newest_wins(store: Store) -> None:
    """An older run that waits is superseded at once by a newer one, and is so after that one left too."""
    store.lanes.enter(LANE, "one", "a")
    store.lanes.enter(LANE, "two", "b")
    store.lanes.enter(LANE, "three", "c")
    with pytest.raises(Superseded) as superseded:
        store.lanes.wait(LANE, "two")
    assert superseded.value.successor == "c"
    store.lanes.leave(LANE, "one")
    assert store.lanes.wait(LANE, "three").holder
    store.lanes.leave(LANE, "three")
    with pytest.raises(Superseded) as superseded:
        store.lanes.enter(LANE, "two", "b")
    assert superseded.value.successor == "c"


def test_who_enters_again_after_a_restart_fences_itself_out(store: Store) -> None:
    """A run that is continued elsewhere keeps its lane; what is left of it elsewhere does not."""
    before = store.lanes.enter(LANE, "one", "a")
    store.lanes.enter(LANE, "two", "b")
    after = store.lanes.enter(LANE, "one", "a")
    assert after.holder
    assert store.lanes.holds(LANE, "one", after.fence)
    assert not store.lanes.holds(LANE, "one", before.fence)
    assert not store.lanes.enter(LANE, "two", "b").holder


def test_who_looked_before_somebody_asked_looks_again(store: Store) -> None:
    """What was found out about a lane holds until somebody asks for it; a run that is continued keeps its place."""
    seen = store.lanes.asked(LANE)
    assert store.lanes.enter(LANE, "one", "a", seen).holder
    with pytest.raises(SomebodyAsked):
        store.lanes.enter(LANE, "two", "b", seen)
    assert store.lanes.enter(LANE, "one", "a", seen).holder
    assert not store.lanes.enter(LANE, "two", "b", store.lanes.asked(LANE)).holder


@pytest.mark.parametrize("order", list(itertools.permutations(["one", "two", "three"])), ids="-".join)
def test_never_two_hold_a_lane(store: Store, order: tuple[str, ...]) -> None:
    """In whatever order runs ask and leave, at most one holds the lane and the last to ask gets it."""
    tickets = {run: store.lanes.enter(LANE, run, run) for run in order}
    for run in order:
        holding = [r for r, ticket in tickets.items() if store.lanes.holds(LANE, r, ticket.fence)]
        assert len(holding) <= 1
        try:
            tickets[run] = store.lanes.wait(LANE, run) if not tickets[run].holder else tickets[run]
        except Superseded:
            assert run != order[-1]
        if run != order[-1]:
            store.lanes.leave(LANE, run)
    assert tickets[order[-1]].holder


def test_many_runs_ask_for_a_lane_at_once(store: Store) -> None:
    """Threads that ask and leave at the same time never hold the lane together."""
    inside: list[str] = []
    overlaps: list[list[str]] = []

    def run(name: str) -> None:
        try:
            while not store.lanes.enter(LANE, name, name).holder:
                store.lanes.wait(LANE, name)
            inside.append(name)
            if len(inside) > 1:
                overlaps.append(list(inside))
            inside.remove(name)
        except Superseded:
            pass
        finally:
            store.lanes.leave(LANE, name)

    threads = [threading.Thread(target=run, args=(f"run{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert not overlaps


def test_a_deployment_is_kept_as_it_ended(store: Store) -> None:
    """The last report comes back whole, and is listed as unshown until GitHub has it."""
    assert store.deployments.opened("run", report(), LANE).check_run_id == 0
    store.deployments.has_check_run("run", 11)
    store.deployments.has_github_deployment("run", 12)
    known = store.deployments.opened("run", report(), LANE)
    assert (known.check_run_id, known.github_deployment_id) == (11, 12)
    ended = Report(**{**report().__dict__, "ending": Ending.LIVE, "url": "https://api"})
    store.deployments.ended("run", ended)
    assert store.deployments.report("run") == ended
    assert store.deployments.reports(5) == [ended]
    assert [one.report for one in store.deployments.unshown()] == [ended]
    store.deployments.shown("run")
    assert store.deployments.unshown() == []
    assert store.deployments.report("other") is None


def test_log_lines_keep_their_order(store: Store) -> None:
    """A deployment's log is read as it was written."""
    for number in range(5):
        store.deployments.add_log_line("run", f"line {number}")
        store.deployments.add_log_line("other", "not this")
    assert store.deployments.log_lines("run") == [f"line {number}" for number in range(5)]


def test_heartbeats_are_one_row_for_each_process(store: Store) -> None:
    """A process's newer heartbeat takes the place of its older one."""
    for at in (1.0, 2.0):
        store.heartbeats.beat(Heartbeat("me", "here", 1, "b", at))
    assert store.heartbeats.all() == [Heartbeat("me", "here", 1, "b", 2.0)]
    store.heartbeats.stopped("me")
    assert store.heartbeats.all() == []


def test_an_abandoned_deployment_gives_its_lane_up(store: Store) -> None:
    """Closing a deployment that nobody continues frees its lane and leaves its last state to be shown."""
    store.deployments.opened("run", report(), LANE)
    store.lanes.enter(LANE, "run", "a")
    store.abandoned("run", Report(**{**report().__dict__, "ending": Ending.INTERRUPTED}))
    assert store.lanes.enter(LANE, "next", "b").holder
    assert [one.report.ending for one in store.deployments.unshown()] == [Ending.INTERRUPTED]


def test_a_delivery_that_was_given_up_is_accepted_again(store: Store) -> None:
    """A redelivery of what was given up is new, once, at the end of the line; of anything else it never is."""
    asyncio.run(accept_all(store, [delivery("one"), delivery("two"), delivery("three")]))
    store.mark("one", f"{GIVEN_UP}it broke")
    store.mark("two", "a tag")
    assert [each.id for each in store.unstarted()] == ["three"]
    again = [delivery("one", b"again"), delivery("one"), delivery("two"), delivery("three"), delivery("four")]
    assert asyncio.run(accept_all(store, again)) == [True, False, False, False, True]
    assert {each.id: each.payload for each in store.unstarted()} == {
        "one": b"again",
        "three": b"{}",
        "four": b"{}",
    }


def test_ids_have_room(store: Store) -> None:
    """GitHub's ids are larger than 32 bits, and come back as they were."""
    large = 2**40 + 1
    commit = Commit(Repository(large, "acme", "api", large + 1), "a" * 40, "main")
    store.deployments.opened("run", Report(commit, "ServerGem / api", deployment_id="run"), LANE)
    store.deployments.has_check_run("run", large + 2)
    store.deployments.has_github_deployment("run", large + 3)
    assert store.deployments.known("run") == Known(large + 2, large + 3, taken_up=True)
    store.pull_requests.has_comment(large, 1, large + 4)
    assert store.pull_requests.comment_id(large, 1) == large + 4
    row = PreviewRow(LANE, large, "acme", "api", large + 1, 1, "api", "api-pr-1", "p", "r", False, "a" * 40)
    assert store.previews.want(row).home == commit.repository
    store.answers.answered(large + 5, large, 1, "marker", "text")
    store.answers.follows(large + 5, "run")
    assert store.answers.answer(large + 5) == Answer("marker", "text", ("run",))


def test_the_store_takes_any_text(store: Store) -> None:
    """NUL and half a character are kept as signs, wherever they stand; no row is lost for them."""
    odd, kept = "a\0b\ud800c", "a\u2400b\ufffdc"
    store.deployments.add_log_line("run", odd)
    assert store.deployments.log_lines("run") == [kept]
    shown = Report(**{**report().__dict__, "ending": Ending.FAILED, "ending_note": odd, "remarks": (odd,)})
    store.deployments.opened("run", shown, odd)
    store.deployments.ended("run", shown)
    (unshown,) = store.deployments.unshown()
    assert (unshown.lane, unshown.report.ending_note, unshown.report.remarks) == (kept, kept, (kept,))
    store.traffic.lock(Lock(LANE, "ada", odd, "", 4e12), 1)
    lock = store.traffic.lock_of(LANE)
    assert lock is not None and lock.reason == kept
    store.pull_requests.judged(1, 1, odd, odd)
    assert store.pull_requests.verdict(1, 1) == kept
    assert asyncio.run(store.accept(Delivery("d", "push", odd, b"\0\xff"), 1.0))
    assert [(each.action, each.payload) for each in store.unstarted()] == [(kept, b"\0\xff")]
    store.mark("d", odd)
    assert store.deliveries(1)[0].outcome == kept


def test_each_of_what_is_said_once_is_said_once(store: Store) -> None:
    """A row that is written a second time is the first one, or takes its place, in every table that has a key."""
    for by in ("ada", "bob"):
        store.traffic.roll_back(LANE, "a" * 40, by)
        store.traffic.lock(Lock(LANE, by, "", "", 4e12), 1)
        store.runs.begun(Begun("run", by, "{}", "api", 0))
        recorded = store.presses.pressed(
            Pressed("d", "run", "retry", by, "done", 7.0 if by == "ada" else 8.0)
        )
        assert (recorded.sender, recorded.time) == ("ada", 7.0)
        store.images.built(KnownImage("p", "r", "k", "n", "t", by, "push", 1))
    assert store.traffic.rolled_back_by(LANE, "a" * 40) == "ada"
    lock = store.traffic.lock_of(LANE)
    assert lock is not None and lock.holder == "bob"
    begun = store.runs.run("run")
    assert begun is not None and begun.story == "ada"
    assert [press.sender for press in store.presses.presses()] == ["ada"]
    image = store.images.image("p", "r", "k")
    assert image is not None and image.digest == "bob"


def test_of_what_is_said_the_last_counts(store: Store) -> None:
    """Comments are heard in any order: what was said before the last word on a thing changes nothing."""
    lock, pulls = Lock(LANE, "ada", "", "", 4e12), store.pull_requests
    assert store.traffic.lock(lock, 3)
    assert not store.traffic.unlock(LANE, 2)
    assert store.traffic.lock_of(LANE) == lock
    assert store.traffic.unlock(LANE, 5)
    assert not store.traffic.lock(lock, 4)
    assert store.traffic.lock_of(LANE) is None
    assert store.traffic.lock(replace(lock, lane="7/p/r/other"), 4)
    assert pulls.switch(7, 1, 4, on_by="ada")
    assert not pulls.switch(7, 1, 2, off_by="ada")
    assert pulls.wishes(7, 1) == Wishes(on_by="ada")
    assert pulls.switch(7, 2, 2, off_by="ada")
    assert pulls.switch(7, 1, 4, off_by="ada"), "two commands of one comment, the later wins"
    assert pulls.wishes(7, 1) == Wishes(off_by="ada")


def test_a_preview_that_is_wanted_while_it_goes_is_there(store: Store) -> None:
    """Its removal ends nothing that was wanted since; and one whose removal fails is there still."""
    previews = store.previews
    row = PreviewRow(LANE, 7, "acme", "api", 8, 1, "api", "api-pr-1", "p", "r", False, "a" * 40)
    assert previews.want(row).generation == 0
    previews.removing(LANE)
    assert [each.going for each in previews.of(7, 1)] == [True]
    assert previews.want(row).generation == 1
    previews.removed(LANE)
    assert [each.going for each in previews.of(7, 1)] == [False]
    previews.removing(LANE)
    previews.remains(LANE)
    assert [each.going for each in previews.of(7, 1)] == [False]
    previews.removing(LANE)
    previews.removed(LANE)
    assert previews.of(7, 1) == []


def test_one_push_is_heard_once(store: Store) -> None:
    """Found without its webhook it is the same push as the webhook that comes late; asked again, the answer stays."""
    pushes = store.pushes
    assert pushes.heard_at(7, "main", "a") == 0.0
    assert pushes.first_heard(7, "main", "a", "missed", missed=True)
    assert pushes.first_heard(7, "main", "a", "missed", missed=True)
    assert not pushes.first_heard(7, "main", "a", "webhook", missed=False)
    assert pushes.heard_at(7, "main", "a") > 0
    assert pushes.first_heard(7, "main", "b", "one", missed=False)
    assert not pushes.first_heard(7, "main", "b", "missed", missed=True)
    assert pushes.first_heard(7, "main", "b", "two", missed=False), "the same commit pushed again"
    assert pushes.first_heard(7, "next", "b", "three", missed=False)
    assert pushes.looked_until("x") == 0.0
    for until in (5.0, 9.0):
        pushes.looked("x", until)
        assert pushes.looked_until("x") == until


def test_a_reader_is_answered_once_in_an_hour(store: Store) -> None:
    """One comment of each author under each pull request; the same one again after a restart, and said once."""
    ask = store.answers.may_answer_reader
    assert ask(7, 1, "eve", 100, now=1000.0)
    assert ask(7, 1, "eve", 100, now=1001.0)
    assert not ask(7, 1, "eve", 101, now=1002.0)
    assert ask(7, 1, "mallory", 102, now=1002.0)
    assert ask(7, 2, "eve", 103, now=1002.0)
    assert ask(8, 1, "eve", 104, now=1002.0)
    assert not ask(7, 1, "eve", 105, now=4599.0)
    assert [store.answers.says_to_reader(100), store.answers.says_to_reader(100)] == [False, True]
    assert ask(7, 1, "eve", 106, now=4601.0)
    assert not store.answers.says_to_reader(106)


def test_the_last_run_of_each_lane_is_of_its_repository(store: Store) -> None:
    """Whoever asks what serves is told of the repository's own lanes, each with the run that moved it last."""
    for deployment_id, lane in (
        ("one", "7/p/r/api"),
        ("two", "7/p/r/web"),
        ("three", "7/p/r/api"),
        ("x", "71/p/r/a"),
    ):
        store.traffic.shifted(Shift(deployment_id, lane, "a" * 40, "r", "https://e", ()))
    assert store.traffic.last_runs(7) == ["three", "two"]


def test_an_old_sqlite_knows_parts_of_a_second(tmp_path: Path) -> None:
    """DBOS keeps times by unixepoch('subsec') from Python 3.12 on, which SQLite before 3.42 does not know."""
    engine = sqlite_engine(tmp_path / "journal.db")
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE runs (at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000))")
        )
        connection.execute(text("INSERT INTO runs DEFAULT VALUES"))
        [at] = connection.execute(text("SELECT at FROM runs")).one()
    assert abs(at / 1000 - time.time()) < 60
