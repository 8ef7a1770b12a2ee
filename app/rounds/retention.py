"""Retention: what is older than RETENTION_DAYS is forgotten, a little at each sweep."""

from __future__ import annotations

from app.store import Store
from app.telemetry import log

DAY = 86_400.0
# Rows in one transaction, which takes milliseconds; and transactions in one sweep.
BATCH, BATCHES = 200, 50
# Nothing grows old faster: how many seconds go by from one look to the next where nothing was left.
PAUSE = 3600.0


class Retention:
    """Remembers when it found nothing more to forget. Times are epoch seconds."""

    def __init__(self, store: Store, days: int) -> None:
        self._store, self._seconds = store, days * DAY
        self._next = 0.0

    def apply(self, now: float) -> None:
        """Forget deliveries, reports and logs from before; the rest of a large heap at the next sweeps."""
        if now < self._next:
            return
        before = now - self._seconds
        forgotten = 0
        for _ in range(BATCHES):
            batch = self._store.forget(before, BATCH)
            forgotten += batch
            if not batch:
                self._next = now + PAUSE
                break
        if forgotten:
            log.fact("retention.forgotten", rows=forgotten, days=round(self._seconds / DAY))
