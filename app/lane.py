"""The way into a lane: one deployment of a Target at a time, the newest first, and none while it is locked."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from app.github import GitHub
from app.model import Commit, Row, RowState, Superseded
from app.report import moment
from app.scene import Run
from app.store import SomebodyAsked, Ticket
from app.world import World

WAIT = "Wait for the lock"

Insist = Callable[[GitHub, Commit, Callable[[], str], str], None]
_doors: defaultdict[str, Lock] = defaultdict(Lock)


def wait_for_lane(world: World, run: Run, claim: str, insist_on_newest: Insist) -> Ticket:
    """Wait until `run` holds its Target's lane; Superseded when a newer commit wants it too.

    Whoever is in the lane is asked about first, so that a late webhook of an older commit turns nobody out.
    `claim` is what those are told that have to make way: a commit, or a reason in words.
    """
    store, lane, ticket = world.store, run.target.lane, None
    with _doors[lane]:
        while ticket is None:
            ticket = _ask_for_lane(world, run, claim, insist_on_newest)
    while not ticket.holder:
        ticket = store.lanes.wait(lane, run.id)
    return ticket


def _ask_for_lane(world: World, run: Run, claim: str, insist_on_newest: Insist) -> Ticket | None:
    """A place in the lane; None when somebody has asked for it, in another process, while GitHub was asked.

    Entered regardless, the older of two commits could come last and turn the newer one out, and then be turned out
    itself because it is not the head: nothing of either would serve.
    """
    lanes, lane = world.store.lanes, run.target.lane
    asked = lanes.asked(lane)
    if rival := lanes.rival(lane, run.id):
        insist_on_newest(world.github, run.commit, lambda: rival, rival)
    try:
        return lanes.enter(lane, run.id, claim, asked)
    except SomebodyAsked:
        return None


def wait_for_lock(world: World, run: Run, show: Callable[[Row], None]) -> None:
    """While somebody has closed this lane: the newest deployment waits, older ones are superseded by it."""
    store, lane, shown = world.store, run.target.lane, ""
    row = Row(WAIT, RowState.RUNNING, started=time.time(), idle=True)
    while lock := store.traffic.lock_of(lane):
        if newer := store.lanes.flag(lane, run.id):
            raise Superseded(newer)
        if lock.sentence != shown:
            shown = lock.sentence
            where = f" ({lock.link})" if lock.link else ""
            show(row.noted(f"{shown}{where}; until {moment(lock.expires)} or /unlock"))
        time.sleep(world.settings.lock_poll)
    if shown:
        show(replace(row, state=RowState.DONE, ended=time.time()).noted(shown))
