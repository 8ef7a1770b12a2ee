"""The heart of a process: it beats in our rows, and a run is acted on only while it does."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from uuid import uuid4

from app.process.alive import BEATS_MISSED, born, here, leader, silent
from app.settings import Settings
from app.store import Heartbeat, Store, StoreError
from app.telemetry import log


class Heart:
    """Beats every `heartbeat` seconds from `start` on, and does `after_each` then.

    `epoch` counts how often it was late: others may have taken over everything that ran here.
    """

    def __init__(self, settings: Settings, store: Store, after_each: Callable[[], None]) -> None:
        self._settings, self._store, self._after_each = settings, store, after_each
        self.executor_id = settings.executor_id or f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self.epoch = 0
        self._host, self._born = here(), born(os.getpid())
        self._beaten = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def beat(self) -> None:
        """Say that we are alive."""
        late = self._late()
        self._store.heartbeats.beat(self._row(time.time()))
        if late:
            self.epoch += 1
            log.warning("heartbeat.late", executor=self.executor_id)
        self._beaten = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; no run may be acted on from now."""
        self._stop.set()

    def end(self) -> None:
        """Once it has stopped, say to the others that they need not wait for our silence."""
        if self._thread.is_alive():
            self._thread.join()
        try:
            self._store.heartbeats.beat(self._row(0.0))
        except StoreError as error:
            log.fault("heartbeat.not_ended", error)

    def may_act(self, epoch: int) -> bool:
        """Whether a run that began in `epoch` is still ours."""
        return not self._stop.is_set() and epoch == self.epoch and not self._late()

    def leads(self) -> bool:
        """Whether this process is the one that looks around for all of them."""
        beats = self._store.heartbeats.all()
        return leader(beats, self._settings.heartbeat, time.time()) in ("", self.executor_id)

    def dead(self, beat: Heartbeat) -> bool:
        """Whether another process will never go on."""
        if silent(beat, self._settings.heartbeat, time.time()):
            return True
        # With SQLite every process is on this machine, and we need not wait for its heartbeat to grow old.
        on_this_machine = not self._settings.database_url and beat.host == self._host
        return on_this_machine and born(beat.pid) != beat.born

    def _late(self) -> bool:
        return time.monotonic() - self._beaten > BEATS_MISSED * self._settings.heartbeat

    def _row(self, at: float) -> Heartbeat:
        return Heartbeat(self.executor_id, self._host, os.getpid(), self._born, at)

    def _beat_on(self) -> None:
        while not self._stop.wait(self._settings.heartbeat):
            try:
                self.beat()
                self._after_each()
            except Exception as error:  # noqa: BLE001 - a heart that stops for good must not do so silently
                log.fault("heartbeat.failed", error, executor=self.executor_id)
