"""The courier: notices go out one after the other, and one that does not arrive holds up no other.

Each is tried with longer and longer pauses and given up in the end; what waits is in the store, for the next process.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from app.notices import outside
from app.notices.notice import SIGNATURE, signature
from app.notices.outside import Refused
from app.redaction import hide_too
from app.store import Store, StoreError
from app.store.notices import Notice
from app.telemetry import log
from gcp import secret_manager
from gcp.cloud import Google
from gcp.errors import GoogleError

# Pauses double: the tries are over after about three hours.
MOST_TRIES = 12
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0
# Of these one project has so many at most, however slow its receivers are: the others are told meanwhile.
WRITERS, MOST_OF_ONE = 8, 2
# Longer than a try can take: who took a notice and died in between leaves it to the next one.
LEASE = 120.0
# Another process may have left something; seconds.
LOOK_AGAIN = 60.0


class Courier:
    """`post` a notice; between `open` and `close` they are sent."""

    def __init__(
        self, store: Store, google: Google, *, loopback: bool, first_pause: float = FIRST_PAUSE
    ) -> None:
        self._store, self._google = store, google
        self._loopback, self._first_pause = loopback, first_pause
        self._news, self._stopping = threading.Event(), threading.Event()
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(WRITERS)
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="courier")
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """What is under way has seconds to arrive; the rest is in the store."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()
        self._writers.shutdown(wait=True)

    def post(self, notice: Notice) -> None:
        """Have it sent, also if this process ends now."""
        self._store.notices.add(notice)
        self._news.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                pause = self._round()
            except StoreError as error:
                log.fault("notice.failed", error)
                pause = FIRST_PAUSE
            self._news.wait(pause)

    def _round(self) -> float:
        """Hand out what is due; seconds until something is again."""
        while not self._stopping.is_set() and self._places.acquire(timeout=LEASE):
            notice = self._store.notices.take(time.time(), LEASE, self._full())
            if notice is None:
                self._places.release()
                break
            with self._lock:
                self._busy[notice.project] += 1
            self._writers.submit(self._send, notice)
        due = self._store.notices.next_due(self._full())
        return LOOK_AGAIN if due is None else min(LOOK_AGAIN, max(0.01, due - time.time()))

    def _full(self) -> list[str]:
        """The projects that have as many on their way as one may have."""
        with self._lock:
            return [project for project, number in self._busy.items() if number >= MOST_OF_ONE]

    def _send(self, notice: Notice) -> None:
        try:
            self._try(notice)
        except Exception as error:  # noqa: BLE001 - the others have their turn, and after its lease so has this one
            log.fault("notice.failed", error, notice=notice.id)
        finally:
            with self._lock:
                self._busy[notice.project] -= 1
            self._places.release()
            self._news.set()

    def _try(self, notice: Notice) -> None:
        notices, why, final = self._store.notices, "", False
        if notice.tries > MOST_TRIES:  # whatever ended those before: nothing that is known here
            notices.done(notice.id)
            log.warning("notice.given_up", notice=notice.id, tries=notice.tries, why="no try came to an end")
            return
        try:
            self._deliver(notice)
        except GoogleError as error:
            why, final = f"{error.method}: {error.code}", not error.transient
        except Refused as error:
            why, final = str(error), error.final
        if why and not final and notice.tries < MOST_TRIES:
            pause = min(self._first_pause * 2 ** (notice.tries - 1), LONGEST_PAUSE)
            notices.again(notice.id, time.time() + pause)
            return
        notices.done(notice.id)
        if why:
            log.warning("notice.given_up", notice=notice.id, tries=notice.tries, why=why)
        else:
            log.fact("notice.sent", notice=notice.id, tries=notice.tries)

    def _deliver(self, notice: Notice) -> None:
        url = notice.to if "://" in notice.to else self._secret(notice.project, notice.to)
        headers = {"X-ServerGem-Event": notice.event, "X-ServerGem-Delivery": notice.id}
        if notice.key:
            headers[SIGNATURE] = signature(notice.body, self._secret(notice.project, notice.key))
        outside.post(url, notice.body, headers, loopback=self._loopback)

    def _secret(self, project: str, named: str) -> str:
        name, _, version = named.partition(":")
        value = secret_manager.value(self._google, project, name, version or "latest").strip()
        with self._lock:
            hide_too(value)
        return value
