"""The dispatcher: every stored delivery is seen to, one at a time, and none holds up those behind it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.dispatcher import BATCH, FEW, LOOKS, MOST_TRIES, Dispatcher
from app.model import Delivery, Deploy
from app.store import GIVEN_UP, Store, StoreError
from app.turn import NOBODY, Party
from tests.conftest import eventually

PUSH = {
    "ref": "refs/heads/main",
    "before": "a" * 40,
    "after": "b" * 40,
    "created": False,
    "deleted": False,
    "forced": False,
    "repository": {
        "id": 1,
        "name": "api",
        "full_name": "acme/api",
        "owner": {"login": "acme"},
        "default_branch": "main",
    },
    "installation": {"id": 2},
    "head_commit": {"id": "b" * 40, "tree_id": "c" * 40, "message": "A change"},
    "commits": [],
}


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    opened = Store.open(tmp_path, database)
    yield opened
    opened.close()


def push(id_: str, payload: bytes = json.dumps(PUSH).encode(), of: Party = NOBODY) -> Delivery:
    return Delivery(id_, "push", None, payload, "", of.installation, of.repository)


def accept(store: Store, *deliveries: Delivery) -> list[bool]:
    return [asyncio.run(store.accept(one, 1.0)) for one in deliveries]


def outcomes(store: Store) -> dict[str, str | None]:
    return {one.id: one.outcome for one in store.deliveries(1000)}


def seen_to(store: Store) -> bool:
    return all(outcomes(store).values())


@contextmanager
def dispatching(store: Store, start: Callable[[object, str], None]) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(store, first_pause=0.001)
    thread = threading.Thread(target=dispatcher.run, args=(start,))
    thread.start()
    try:
        yield dispatcher
    finally:
        dispatcher.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_each_delivery_is_started_once(store: Store) -> None:
    """A push starts its story under its own id, now or when it comes later, and each delivery has its outcome."""
    started: list[tuple[object, str]] = []
    accept(store, push("one"))
    with dispatching(store, lambda *what: started.append(what)) as dispatcher:
        eventually(lambda: seen_to(store), "the first outcome")
        accept(store, push("two"), Delivery("three", "star", None, b"{}"))
        dispatcher.tell()
        eventually(lambda: seen_to(store), "the other outcomes")
    assert [id_ for _, id_ in started] == ["delivery:one:0", "delivery:two:0"]
    assert all(isinstance(job, Deploy) for job, _ in started)
    assert "star" in str(outcomes(store)["three"])


def test_one_that_cannot_be_started_holds_up_nobody(store: Store) -> None:
    """More deliveries than a batch that cannot be started wait by themselves; the one behind them starts at once."""
    bad = [push(f"bad{number}") for number in range(BATCH + 20)]
    started: list[str] = []
    hold = threading.Event()

    def start(_job: object, id_: str) -> None:
        if "bad" in id_ and not hold.is_set():
            raise RuntimeError("its journal refuses it")
        started.append(id_)

    accept(store, *bad, push("good"))
    with dispatching(store, start):
        eventually(lambda: "delivery:good:0" in started, "the good one")
        hold.set()
        eventually(lambda: seen_to(store), "the others")


def test_a_flood_delays_nobody_elses_push(store: Store) -> None:
    """Behind a flood the push of another installation is started after a few, and of the same one after its turn."""
    flood = [push(f"flood{number}", of=Party(1, 1)) for number in range(4 * BATCH)]
    started: list[str] = []
    came = threading.Event()

    def start(_job: object, id_: str) -> None:
        started.append(id_)
        if len(started) == 50:  # in the middle of a flood somebody else pushes
            accept(store, push("other", of=Party(2, 5)), push("sibling", of=Party(1, 6)))
            came.set()

    accept(store, *flood)
    with dispatching(store, start):
        eventually(lambda: came.is_set() and seen_to(store), "all of them")
    assert started.index("delivery:other:0") < 50 + BATCH
    assert started.index("delivery:sibling:0") < 50 + BATCH
    mine = [id_ for id_ in started if "flood" in id_]
    assert mine == [f"delivery:flood{number}:0" for number in range(len(flood))]


def test_news_is_looked_for_in_the_middle_of_a_flood(store: Store) -> None:
    """What is told of is not kept waiting until a whole batch of a flood has been seen to."""
    started: list[str] = []

    def start(_job: object, id_: str) -> None:
        started.append(id_)
        for _ in range(2 * LOOKS):  # a story takes as long to start as so many looks
            store.unstarted()
        if len(started) == 1:
            accept(store, push("other", of=Party(2, 5)))
            dispatcher.tell()

    dispatcher = Dispatcher(store)
    accept(store, *[push(f"flood{number}", of=Party(1, 1)) for number in range(60)])
    thread = threading.Thread(target=dispatcher.run, args=(start,))
    thread.start()
    eventually(lambda: seen_to(store), "all of them")
    dispatcher.stop()
    thread.join(30)
    assert started.index("delivery:other:0") < 3 * FEW


def test_many_floods_hold_nobody_off(store: Store) -> None:
    """However many installations flood, the first of each that waits is among those that come next."""
    floods = [push(f"f{number}", of=Party(number % 30, 1)) for number in range(120)]
    accept(store, *floods, push("late", of=Party(99, 1)))
    assert [each.id for each in store.unstarted()].index("late") == 30


def test_what_an_earlier_servergem_stored_is_dispatched(tmp_path: Path, database: str) -> None:
    """Deliveries from before it was kept whose they are have their turn as well."""
    before = Store.open(tmp_path, database)
    before.ping()
    accept(before, push("old"))
    before.close()
    with ExitStack() as stack:
        if database:
            rows: Any = stack.enter_context(psycopg.connect(database, autocommit=True))
        else:
            rows = stack.enter_context(closing(sqlite3.connect(tmp_path / "deliveries.db")))
        for column in ("installation", "repository"):
            rows.execute(f"ALTER TABLE deliveries DROP COLUMN {column}")
    now = Store.open(tmp_path, database)
    now.ping()
    accept(now, push("new", of=Party(2, 5)))
    with dispatching(now, lambda *_: None):
        eventually(lambda: seen_to(now), "both outcomes")
    assert [each.id for each in now.deliveries(10)] == ["new", "old"]
    now.close()


def test_what_cannot_be_started_is_given_up_and_a_redelivery_starts_it(store: Store) -> None:
    """After its last try a delivery is given up with the reason; when GitHub delivers it again it is started."""
    tries: list[str] = []
    broken = threading.Event()

    def start(_job: object, id_: str) -> None:
        tries.append(id_)
        if not broken.is_set():
            raise RuntimeError("no story is called push")

    accept(store, push("one"), push("two"))
    with dispatching(store, start) as dispatcher:
        eventually(lambda: seen_to(store), "the end of the tries")
        assert tries.count("delivery:one:0") == MOST_TRIES
        given_up = str(outcomes(store)["one"])
        assert given_up.startswith(GIVEN_UP) and "no story is called push" in given_up
        broken.set()
        assert accept(store, push("one")) == [True]
        assert accept(store, push("one")) == [False]
        dispatcher.tell()
        eventually(lambda: outcomes(store)["one"] == "started delivery:one:0", "the redelivery")
    assert str(outcomes(store)["two"]).startswith(GIVEN_UP)


def test_a_delivery_that_no_handler_can_read_is_given_up_at_once(store: Store) -> None:
    """What GitHub does not document, stored before an update or not, ends with its reason and can be redelivered."""
    accept(store, push("one", b'{"ref": 7}'), push("two"))
    started: list[str] = []
    with dispatching(store, lambda _job, id_: started.append(id_)):
        eventually(lambda: seen_to(store), "the outcomes")
    assert str(outcomes(store)["one"]).startswith(GIVEN_UP)
    assert started == ["delivery:two:0"]
    assert accept(store, push("one")) == [True]


def test_a_database_that_is_away_counts_as_no_try(tmp_path: Path) -> None:
    """However long the store does not answer, no delivery is given up for it."""
    store = Store.open(tmp_path)
    accept(store, push("one"))
    ping, tries = store.ping, []

    def away() -> None:
        raise StoreError("no answer")

    def start(_job: object, id_: str) -> None:
        tries.append(id_)
        store.ping = ping if len(tries) > 2 * MOST_TRIES else away  # type: ignore[method-assign]
        if len(tries) <= 2 * MOST_TRIES:
            raise RuntimeError("no answer")

    dispatcher = Dispatcher(store, first_pause=0.001, outage_pause=0.001)
    thread = threading.Thread(target=dispatcher.run, args=(start,))
    thread.start()
    eventually(lambda: seen_to(store), "its start")
    dispatcher.stop()
    thread.join(30)
    assert outcomes(store) == {"one": "started delivery:one:0"}
    store.close()
