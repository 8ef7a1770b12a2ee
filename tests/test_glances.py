"""Glances: a push that comes to nothing starts no story, and whoever looks at it holds up nobody."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from app.dispatcher import MOST_TRIES, Dispatcher
from app.glances import MOST, Glances
from app.model import Deploy, Job
from app.store import GIVEN_UP, STARTED, Store
from tests.conftest import House, eventually
from tests.test_dispatcher import PUSH, accept, outcomes, push, seen_to

NOTHING = "No environment deploys the branch topic."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def topic(id_: str) -> bytes:
    return json.dumps(PUSH | {"ref": f"refs/heads/topic-{id_}"}).encode()


def leads_nowhere(job: Job) -> bool:
    return isinstance(job, Deploy) and job.commit.branch != "main"


@contextmanager
def glancing(store: Store, glance: Callable[[Deploy], str]) -> Iterator[list[str]]:
    """A dispatcher that has these glances taken of every push but main's; the stories that it starts."""
    started: list[str] = []
    dispatcher = Dispatcher(store, first_pause=0.001)
    glances = Glances(leads_nowhere, glance, dispatcher.tell)
    thread = threading.Thread(target=dispatcher.run, args=(lambda _job, id_: started.append(id_), glances))
    thread.start()
    try:
        yield started
    finally:
        dispatcher.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_what_comes_to_nothing_starts_no_story(store: Store) -> None:
    """The reason that was found at a glance is the delivery's outcome, and what leads somewhere has its story."""
    accept(store, push("a", topic("a")), push("b"), push("c", topic("c")))
    with glancing(store, lambda job: NOTHING if job.commit.branch == "topic-a" else "") as started:
        eventually(lambda: seen_to(store), "all outcomes")
    assert outcomes(store) == {
        "a": NOTHING,
        "b": "started delivery:b:0",
        "c": "started delivery:c:0",
    }
    assert sorted(started) == ["delivery:b:0", "delivery:c:0"]


def test_a_glance_holds_up_nobody(store: Store) -> None:
    """While as many as may be are looked at, which takes long, pushes behind them have their stories."""
    over = threading.Event()
    looked_at = [push(f"t{number}", topic(str(number))) for number in range(MOST)]
    accept(store, *looked_at, push("main"), push("more", topic("more")))

    def glance(_job: Deploy) -> str:
        over.wait()
        return NOTHING

    with glancing(store, glance) as started:
        eventually(lambda: sorted(started) == ["delivery:main:0", "delivery:more:0"], "what needs no look")
        assert sum(outcome is None for outcome in outcomes(store).values()) == MOST
        over.set()
        eventually(lambda: seen_to(store), "all outcomes")
    assert len(started) == 2


def test_a_glance_that_is_lost_is_taken_anew(store: Store) -> None:
    """A delivery that somebody looked at when the process ended is seen to by the next one."""
    begun, over = threading.Event(), threading.Event()

    def glance(_job: Deploy) -> str:
        begun.set()
        over.wait()
        return NOTHING

    accept(store, push("a", topic("a")))
    with glancing(store, glance):
        begun.wait()
    over.set()
    assert outcomes(store) == {"a": None}
    with glancing(store, lambda _job: NOTHING) as started:
        eventually(lambda: seen_to(store), "its outcome")
    assert outcomes(store) == {"a": NOTHING} and not started


def test_a_glance_that_breaks_is_a_failed_try(store: Store) -> None:
    """It is taken again after a pause, and given up in the end, with the reason."""
    looks: list[Job] = []

    def glance(job: Deploy) -> str:
        looks.append(job)
        raise RuntimeError("no eyes")

    accept(store, push("a", topic("a")))
    with glancing(store, glance) as started:
        eventually(lambda: seen_to(store), "the end of the tries")
    outcome = str(outcomes(store)["a"])
    assert outcome.startswith(GIVEN_UP) and "no eyes" in outcome
    assert len(looks) == MOST_TRIES and not started


@pytest.mark.wire
def test_a_push_to_a_branch_that_nothing_deploys_starts_nothing(house: House) -> None:
    """Once a story has read what the default branch decides, such a push has its reason and no story."""
    work = house.repository("hello-python")
    work.push("Begin")
    came_to: list[str] = []
    store = Store.open(house.folder / "servergem")
    try:
        for branch in ("topic", "other"):
            work.push("Elsewhere", branch=branch, **{"n.txt": branch})
            eventually(partial(_is_said, house, store, branch), f"{branch} seen to", house.log_tail)
            came_to += [str(one.outcome) for one in store.deliveries(20) if one.event == "push"][:1]
    finally:
        store.close()
    assert came_to[0].startswith(STARTED)
    assert came_to[1] == "No environment deploys the branch other."


def _is_said(house: House, store: Store, branch: str) -> bool:
    return seen_to(store) and f"No environment deploys the branch {branch}." in house.log_tail()
