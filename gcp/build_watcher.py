"""Waiting for builds: one look per project and region and interval, however many builds run there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gcp import cloud_build, cloud_logging
from gcp.cloud import Google
from gcp.cloud_build import BuildState
from gcp.cloud_logging import MOST_BUILDS, LogLine
from gcp.errors import GoogleError

# Entries come late and out of order; those of the last seconds are asked for again.
LOG_LAG = 5.0
# After a build has ended its last lines may still be on their way.
LAST_LOOKS = 5
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
    error: GoogleError | None = None
    lines: list[LogLine] = field(default_factory=list)
    told: set[str] = field(default_factory=set)


@dataclass
class _Place:
    """The builds of one project and region, and when their log was last read."""

    project: str
    region: str
    waiters: list[_Waiter] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    since: float = field(default_factory=time.time)
    turn: int = 0


class BuildWatcher:
    """`wait` blocks the calling thread until its build has ended; one thread for each place looks."""

    def __init__(self, google: Google, interval: float) -> None:
        self._google, self._interval = google, interval
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
        while True:
            with self._lock:
                waiters = list(place.waiters)
                if not waiters:
                    del self._places[(place.project, place.region)]
                    return
            try:
                self._look(place, waiters)
            except GoogleError as error:
                for waiter in waiters:
                    waiter.error = error
                    waiter.changed.set()
            time.sleep(self._interval)

    def _look(self, place: _Place, waiters: list[_Waiter]) -> None:
        states = cloud_build.running(self._google, place.project, place.region)
        listened = [waiter for waiter in waiters if waiter.on_log]
        if listened:
            self._read_log(place, listened)
        for waiter in waiters:
            waiter.state = states.get(waiter.build_id) or cloud_build.get(
                self._google, place.project, place.region, waiter.build_id
            )
            # A thousand that wait are woken only when there is something for them to do.
            if waiter.state.ended or waiter.lines or waiter.stop():
                waiter.changed.set()

    def _read_log(self, place: _Place, waiters: list[_Waiter]) -> None:
        by_build = {waiter.build_id: waiter for waiter in waiters}
        ids = list(by_build)
        # One query holds so many builds; beyond that they take turns.
        start = place.turn % len(ids)
        asked = (ids[start:] + ids[:start])[:MOST_BUILDS]
        place.turn = start + MOST_BUILDS if len(ids) > MOST_BUILDS else 0
        lines = cloud_logging.build_lines(self._google, place.project, asked, place.since - LOG_LAG)
        for line in lines:
            if line.insert_id not in place.seen and line.of in by_build:
                place.seen[line.insert_id] = line.time
                by_build[line.of].lines.append(line)
        place.since = max([place.since, *(line.time for line in lines)])
        place.seen = {key: at for key, at in place.seen.items() if at >= place.since - 2 * LOG_LAG}

    def _last_lines(self, project: str, waiter: _Waiter, state: BuildState) -> None:
        """A build's end is known before its last lines are: look until they are there, a few times."""
        if waiter.on_log is None or not state.ended or state.status == "SUCCESS":
            return
        for _ in range(LAST_LOOKS):
            lines = cloud_logging.build_lines(self._google, project, (waiter.build_id,), 0.0)
            fresh = [line for line in lines if line.insert_id not in waiter.told]
            waiter.lines += fresh
            self._tell(waiter)
            if any(line.text.startswith(("DONE", "ERROR")) for line in lines):
                return
            time.sleep(self._interval)

    def _tell(self, waiter: _Waiter) -> None:
        """Hand the lines over in the waiting thread, whose log and report they belong to."""
        lines, waiter.lines = waiter.lines, []
        for line in lines:
            waiter.told.add(line.insert_id)
            if waiter.on_log:
                waiter.on_log(line.text)
