"""How often logs may be read: Google allows so many reads a minute and project, whoever in this process reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

# `entries.list` is allowed 60 times a minute and project: https://cloud.google.com/logging/quotas#api-limits
# A full bucket and what flows back into it within a minute are together no more than that.
BURST = 20.0
A_SECOND = 40.0 / 60
# So many reads those who follow a log leave to those who need the end of one.
RESERVE = 10.0
# After a refusal, when Google does not say how long: its minute is over by then.
PAUSE = 30.0


@dataclass
class _Bucket:
    left: float
    at: float


class LogReads:
    """The reads that are left for each project. Safe for any thread; `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, project: str, patience: float = 0.0, reserve: float = 0.0) -> bool:
        """Whether there is a read beyond the reserve now, or within so many seconds, which are then waited for."""
        until = self._clock() + patience
        while True:
            missing = self._take(project, reserve)
            if not missing:
                return True
            if self._clock() + missing > until:
                return False
            time.sleep(missing)

    def refused(self, project: str, pause: float = 0.0) -> None:
        """Google counts otherwise (somebody else reads too): nothing is left for that long."""
        with self._lock:
            self._buckets[project] = _Bucket(0.0, self._clock() + (pause or PAUSE))

    def _take(self, project: str, reserve: float) -> float:
        """0 when one was taken, else the seconds until there is one."""
        now = self._clock()
        with self._lock:
            bucket = self._buckets.setdefault(project, _Bucket(BURST, now))
            if now > bucket.at:
                bucket.left = min(BURST, bucket.left + (now - bucket.at) * A_SECOND)
                bucket.at = now
            if bucket.left >= 1 + reserve:
                bucket.left -= 1
                return 0.0
            return (1 + reserve - bucket.left) / A_SECOND + max(0.0, bucket.at - now) + 0.001
