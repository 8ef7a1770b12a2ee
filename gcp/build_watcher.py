"""Waiting for builds: one look per project and region and interval, however many builds run there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.retry import heard
from gcp import cloud_build, cloud_logging
from gcp.cloud import Google
from gcp.cloud_build import BuildState
from gcp.cloud_logging import LAG, MOST_BUILDS, Log, LogLine
from gcp.errors import GoogleError
from gcp.kinds import Kind

# Builds are looked at often, their log at every so many looks: reads of logs are few, and a line is shown soon.
LOG_LOOKS = 2
# What Cloud Build writes last.
LAST_WORDS = ("DONE", "ERROR")
# A rate that Google refuses is a minute's; we come back slower each time, up to this.
LONGEST_PAUSE = 30.0
# A waiting thread looks up this often even when nobody wakes it.
LONGEST_SLEEP = 30.0


@dataclass
class _Waiter:
    """One stage that waits for one build."""

    build_id: str
    on_log: Callable[[str], None] | None
    stop: Callable[[], bool]
    changed: threading.Event = field(default_factory=threading.Event)
    state: BuildState | None = None
    error: Exception | None = None
    lines: list[LogLine] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    complete: bool = False


@dataclass
class _Place:
    """The builds of one project and region, and when their log was last read."""

    project: str
    region: str
    waiters: list[_Waiter] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    since: float = field(default_factory=time.time)
    turn: int = 0
    looks: int = 0


class BuildWatcher:
    """`wait` blocks the calling thread until its build has ended; one thread for each place looks.

    `interval` is between two looks, `patience` how long the end of a failed build's log is waited for; seconds.
    """

    def __init__(self, google: Google, interval: float, patience: float) -> None:
        self._google, self._interval, self._patience = google, interval, patience
        self._places: dict[tuple[str, str], _Place] = {}
        self._lock = threading.Lock()

    def wait(
        self,
        project: str,
        region: str,
        build_id: str,
        *,
        stop: Callable[[], bool],
        on_log: Callable[[str], None] | None = None,
    ) -> BuildState:
        """The build when it has ended, or as it stands when `stop` says so. GoogleError when it cannot be seen."""
        waiter = _Waiter(build_id, on_log, stop)
        self._enter(project, region, waiter)
        state = BuildState(build_id, "QUEUED")
        try:
            while not state.ended and not stop():
                waiter.changed.wait(LONGEST_SLEEP)
                waiter.changed.clear()
                self._tell(waiter)
                if waiter.error:
                    raise waiter.error
                state = waiter.state or state
        finally:
            self._leave(project, region, waiter)
        self._last_lines(project, waiter, state)
        return state

    def _enter(self, project: str, region: str, waiter: _Waiter) -> None:
        with self._lock:
            place = self._places.get((project, region))
            if place is None:
                place = self._places[(project, region)] = _Place(project, region)
                name = f"builds-{project}-{region}"
                threading.Thread(target=self._look_on, args=(place,), name=name, daemon=True).start()
            place.waiters.append(waiter)

    def _leave(self, project: str, region: str, waiter: _Waiter) -> None:
        with self._lock:
            self._places[(project, region)].waiters.remove(waiter)

    def _look_on(self, place: _Place) -> None:
        """Until nobody waits here any longer."""
        pause = self._interval
        while True:
            with self._lock:
                waiters = list(place.waiters)
                if not waiters:
                    del self._places[(place.project, place.region)]
                    return
            try:
                self._look(place, waiters)
                pause = self._interval
            except Exception as error:  # noqa: BLE001 - whatever it was, those who wait have to hear of it
                if isinstance(error, GoogleError) and error.kind is Kind.RATE:
                    pause = min(pause * 2, LONGEST_PAUSE)
                else:
                    self._give_up(waiters, error)
            time.sleep(pause)

    def _give_up(self, waiters: list[_Waiter], error: Exception) -> None:
        for waiter in waiters:
            waiter.error = error
            waiter.changed.set()

    def _look(self, place: _Place, waiters: list[_Waiter]) -> None:
        states = cloud_build.running(self._google, place.project, place.region)
        listened = [waiter for waiter in waiters if waiter.on_log]
        if listened and place.looks % LOG_LOOKS == 0:
            self._read_log(place, listened)
        place.looks += 1
        for waiter in waiters:
            waiter.state = states.get(waiter.build_id) or cloud_build.get(
                self._google, place.project, place.region, waiter.build_id
            )
            # A thousand that wait are woken only when there is something for them to do.
            if waiter.state.ended or waiter.lines or _is_to_stop(waiter):
                waiter.changed.set()

    def _read_log(self, place: _Place, waiters: list[_Waiter]) -> None:
        by_build = {waiter.build_id: waiter for waiter in waiters}
        ids = list(by_build)
        # One query holds so many builds; beyond that they take turns.
        start = place.turn % len(ids)
        asked = (ids[start:] + ids[:start])[:MOST_BUILDS]
        place.turn = start + MOST_BUILDS if len(ids) > MOST_BUILDS else 0
        question = cloud_logging.of_builds(asked)
        answer = cloud_logging.read(self._google, place.project, question, place.since - LAG)
        for line in answer.lines:
            if line.insert_id not in place.seen and line.of in by_build:
                place.seen[line.insert_id] = line.time
                by_build[line.of].lines.append(line)
        place.since = max([place.since, *(line.time for line in answer.lines)])
        place.seen = {key: at for key, at in place.seen.items() if at >= place.since - 2 * LAG}

    def _last_lines(self, project: str, waiter: _Waiter, state: BuildState) -> None:
        """A build's end is known before its last lines are, and those say why it failed.

        Nobody waits for the last lines of one that went well: those that are there are read once.
        """
        well = state.status == "SUCCESS"
        if waiter.on_log is None or not state.ended or (well and waiter.complete):
            return
        patience = 0.0 if well else self._patience
        log = Log(self._google, project, cloud_logging.of_builds((waiter.build_id,)), waiter.told)
        rest = log.to_the_end(
            patience=patience,
            quiet=patience,
            interval=self._interval,
            is_last=_is_last,
            complete=waiter.complete,
        )
        for line in rest:
            waiter.on_log(line.text)
        if log.trouble and patience:
            heard.get()(log.trouble)

    def _tell(self, waiter: _Waiter) -> None:
        """Hand the lines over in the waiting thread, whose log and report they belong to."""
        lines, waiter.lines = waiter.lines, []
        for line in lines:
            waiter.told.add(line.insert_id)
            waiter.complete = waiter.complete or _is_last(line)
            if waiter.on_log:
                waiter.on_log(line.text)


def _is_to_stop(waiter: _Waiter) -> bool:
    """Whether it has to ask that itself: what keeps it from an answer is its own trouble, not that of all here."""
    try:
        return waiter.stop()
    except Exception:  # noqa: BLE001 - it meets the same in its own thread
        return True


def _is_last(line: LogLine) -> bool:
    return line.text.startswith(LAST_WORDS)
