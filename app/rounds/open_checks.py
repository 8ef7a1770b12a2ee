"""No dead checks: every open check run is compared with what runs, and what nobody continues is closed with the reason.

A crash leaves three kinds: a run whose row is open and which no process has, an end that GitHub was not told, and,
where the database was lost, a check run of which nothing here knows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.model import Ending
from app.report import ended
from app.rounds import forgotten
from app.stories.waited import go_on
from app.telemetry import log
from app.world import World

LOST = "ServerGem lost this run; press Re-run"
# Seconds in which whoever ended a run tells GitHub so by itself: the patience of its last word, and some more.
TOLD_BY_ITSELF = 45.0


class OpenChecks:
    """Looks in a thread of its own; of several processes one looks for all."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._missing: frozenset[str] = frozenset()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="open checks", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def once(self, now: float) -> None:
        """One comparison; `now` is epoch seconds. One part that fails keeps no other back."""
        looks: tuple[Callable[[], None], ...] = (
            self._close_what_is_lost,
            lambda: self._world.outbox.take_up(now - TOLD_BY_ITSELF),
            lambda: forgotten.close_once(self._world, now),
            lambda: go_on(self._world, now),
        )
        for look in looks:
            try:
                look()
            except Exception as error:  # noqa: BLE001 - it is logged whole, and the next look comes
                log.fault("open_checks.failed", error)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._look_for_all()
            self._stop.wait(self._world.settings.open_checks)

    def _look_for_all(self) -> None:
        try:
            if self._world.leads():
                self.once(time.time())
        except Exception as error:  # noqa: BLE001 - the store is away; the next look comes
            log.fault("open_checks.failed", error)

    def _close_what_is_lost(self) -> None:
        """What is missing twice in a row: in between a story may write its end, or another process take it over."""
        missing = missing_runs(self._world.store.deployments.open_ones(), self._world.unfinished())
        for deployment_id in sorted(missing & self._missing):
            self._close(deployment_id)
        self._missing = missing

    def _close(self, deployment_id: str) -> None:
        report = self._world.store.deployments.report(deployment_id)
        if report is None or report.ending is not None:
            return
        log.warning("run.lost", run=deployment_id, reason="its row is open, and no process has it")
        self._world.store.abandoned(deployment_id, ended(report, Ending.INTERRUPTED, LOST))
        self._world.outbox.take_up()


def missing_runs(open_ones: frozenset[str], unfinished: frozenset[str]) -> frozenset[str]:
    """The deployments that are shown as under way and that nobody runs or will run."""
    return open_ones - unfinished
