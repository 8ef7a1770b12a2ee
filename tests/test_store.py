"""The store keeps what it was given: deliveries once, lanes in order, deployments as they ended."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.model import Commit, Delivery, Ending, Report, Repository, Superseded
from app.store import Heartbeat, Store, StoreError

LANE = "project/region/api"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def delivery(id_: str, payload: bytes = b"{}") -> Delivery:
    return Delivery(id_, "push", None, payload)


def report(id_: str = "run") -> Report:
    return Report(
        Commit(Repository(7, "acme", "api", 8), "a" * 40, "main"), "ServerGem / api", deployment_id=id_
    )


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


def test_what_was_accepted_is_there_after_a_kill(tmp_path: Path) -> None:
    """A process that dies right after accept() has lost nothing."""
    script = (
        "import asyncio, os, pathlib, sys\n"
        "from app.model import Delivery\nfrom app.store import Store\n"
        "store = Store.open(pathlib.Path(sys.argv[1]))\n"
        "asyncio.run(store.accept(Delivery('d', 'push', None, b'body'), 1.0))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=Path(__file__).parent.parent)
    assert ended.returncode == -9
    store = Store.open(tmp_path)
    assert store.unstarted() == [Delivery("d", "push", None, b"body")]
    store.close()


def test_a_delivery_that_cannot_be_stored_is_refused(store: Store, tmp_path: Path) -> None:
    """A database error reaches whoever asked, and the next delivery is tried afresh."""
    blocker = sqlite3.connect(tmp_path / "deliveries.db", isolation_level=None)
    blocker.execute("ALTER TABLE deliveries RENAME TO elsewhere")
    with pytest.raises(StoreError, match="deliveries"):
        asyncio.run(store.accept(delivery("one"), 1.0))
    blocker.execute("ALTER TABLE elsewhere RENAME TO deliveries")
    assert asyncio.run(store.accept(delivery("one"), 1.0)) is True
    blocker.close()


def test_a_store_that_is_closed_takes_nothing(tmp_path: Path) -> None:
    """After close() nothing is accepted in silence."""
    store = Store.open(tmp_path)
    store.close()
    with pytest.raises(StoreError):
        asyncio.run(store.accept(delivery("one"), 1.0))


def test_a_free_lane_is_held_at_once(store: Store) -> None:
    """The first run holds a free lane, and only with the fence it was given."""
    ticket = store.lane_enter(LANE, "one", "a")
    assert ticket.holder
    assert store.lane_holds(LANE, "one", ticket.fence)
    assert not store.lane_holds(LANE, "one", ticket.fence + 1)
    assert not store.lane_holds(LANE, "two", ticket.fence)
    assert store.lane_flag(LANE, "one") is None


def test_a_newer_run_waits_until_the_holder_left(store: Store) -> None:
    """The holder is told of the newer commit; the newer run holds the lane when the holder has left it."""
    first = store.lane_enter(LANE, "one", "a")
    assert not store.lane_enter(LANE, "two", "b").holder
    assert store.lane_flag(LANE, "one") == "b"
    assert store.lane_holds(LANE, "one", first.fence)
    waiting = threading.Thread(target=store.lane_wait, args=(LANE, "two"))
    waiting.start()
    store.lane_leave(LANE, "one")
    waiting.join(4)
    assert not waiting.is_alive()
    second = store.lane_wait(LANE, "two")
    assert second.holder
    assert second.fence > first.fence
    assert not store.lane_holds(LANE, "one", first.fence)


def test_of_those_who_wait_the_newest_wins(store: Store) -> None:
    """An older run that waits is superseded at once by a newer one, and is so after that one left too."""
    store.lane_enter(LANE, "one", "a")
    store.lane_enter(LANE, "two", "b")
    store.lane_enter(LANE, "three", "c")
    with pytest.raises(Superseded) as superseded:
        store.lane_wait(LANE, "two")
    assert superseded.value.successor == "c"
    store.lane_leave(LANE, "one")
    assert store.lane_wait(LANE, "three").holder
    store.lane_leave(LANE, "three")
    with pytest.raises(Superseded) as superseded:
        store.lane_enter(LANE, "two", "b")
    assert superseded.value.successor == "c"


def test_who_enters_again_after_a_restart_fences_itself_out(store: Store) -> None:
    """A run that is continued elsewhere keeps its lane; what is left of it elsewhere does not."""
    before = store.lane_enter(LANE, "one", "a")
    store.lane_enter(LANE, "two", "b")
    after = store.lane_enter(LANE, "one", "a")
    assert after.holder
    assert store.lane_holds(LANE, "one", after.fence)
    assert not store.lane_holds(LANE, "one", before.fence)
    assert not store.lane_enter(LANE, "two", "b").holder


@pytest.mark.parametrize("order", list(itertools.permutations(["one", "two", "three"])), ids="-".join)
def test_never_two_hold_a_lane(store: Store, order: tuple[str, ...]) -> None:
    """In whatever order runs ask and leave, at most one holds the lane and the last to ask gets it."""
    tickets = {run: store.lane_enter(LANE, run, run) for run in order}
    for run in order:
        holding = [r for r, ticket in tickets.items() if store.lane_holds(LANE, r, ticket.fence)]
        assert len(holding) <= 1
        try:
            tickets[run] = store.lane_wait(LANE, run) if not tickets[run].holder else tickets[run]
        except Superseded:
            assert run != order[-1]
        if run != order[-1]:
            store.lane_leave(LANE, run)
    assert tickets[order[-1]].holder


def test_many_runs_ask_for_a_lane_at_once(store: Store) -> None:
    """Threads that ask and leave at the same time never hold the lane together."""
    inside: list[str] = []
    overlaps: list[list[str]] = []

    def run(name: str) -> None:
        try:
            while not store.lane_enter(LANE, name, name).holder:
                store.lane_wait(LANE, name)
            inside.append(name)
            if len(inside) > 1:
                overlaps.append(list(inside))
            inside.remove(name)
        except Superseded:
            pass
        finally:
            store.lane_leave(LANE, name)

    threads = [threading.Thread(target=run, args=(f"run{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert not overlaps


def test_a_deployment_is_kept_as_it_ended(store: Store) -> None:
    """The last report comes back whole, and is listed as unshown until GitHub has it."""
    assert store.deployment_opened("run", report(), LANE).check_run_id == 0
    store.deployment_check_run("run", 11)
    store.deployment_github_deployment("run", 12)
    known = store.deployment_opened("run", report(), LANE)
    assert (known.check_run_id, known.github_deployment_id) == (11, 12)
    ended = Report(**{**report().__dict__, "ending": Ending.LIVE, "url": "https://api"})
    store.deployment_ended("run", ended)
    assert store.report("run") == ended
    assert store.reports(5) == [ended]
    assert [one.report for one in store.deployments_unshown()] == [ended]
    store.deployment_shown("run")
    assert store.deployments_unshown() == []
    assert store.report("other") is None


def test_log_lines_keep_their_order(store: Store) -> None:
    """A deployment's log is read as it was written."""
    for number in range(5):
        store.add_log_line("run", f"line {number}")
        store.add_log_line("other", "not this")
    assert store.log_lines("run") == [f"line {number}" for number in range(5)]


def test_heartbeats_are_one_row_for_each_process(store: Store) -> None:
    """A process's newer heartbeat takes the place of its older one."""
    for at in (1.0, 2.0):
        store.beat(Heartbeat("me", "here", 1, "b", at))
    assert store.heartbeats() == [Heartbeat("me", "here", 1, "b", 2.0)]
    store.heart_stopped("me")
    assert store.heartbeats() == []


def test_an_abandoned_deployment_gives_its_lane_up(store: Store) -> None:
    """Closing a deployment that nobody continues frees its lane and leaves its last state to be shown."""
    store.deployment_opened("run", report(), LANE)
    store.lane_enter(LANE, "run", "a")
    store.deployment_abandoned("run", Report(**{**report().__dict__, "ending": Ending.INTERRUPTED}))
    assert store.lane_enter(LANE, "next", "b").holder
    assert [one.report.ending for one in store.deployments_unshown()] == [Ending.INTERRUPTED]
