"""GitHub's limits of who asks: requests an hour, and beside them points and content a minute, the secondary limits.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque

from sandbox.github.answers import Refused

RESOURCE_LIMIT = 15_000
# A minute: reading is one point, everything else five; and so many requests that make something people read.
POINTS, CONTENT = 900, 80
READING = ("GET", "HEAD", "OPTIONS")
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


class Limits:
    """What each has asked. Nothing is refused until somebody sets a limit, so that a long bench is not cut short.

    `hourly`: whether the limit of an hour is kept; `points` and `content`: the most of a minute, None for no end;
    `minute`: how long that is, in seconds. `refused`: how often a secondary limit was met.
    """

    def __init__(self) -> None:
        self.limit, self.hourly = RESOURCE_LIMIT, False
        self.points: int | None = None
        self.content: int | None = None
        self.minute, self.refused = 60.0, 0
        self._lock = threading.Lock()
        self._used: dict[str, int] = defaultdict(int)
        self._asked: dict[str, deque[tuple[float, int]]] = defaultdict(deque)

    @property
    def used(self) -> int:
        """What the busiest has used of the limit of an hour."""
        return min(max(self._used.values(), default=0), self.limit)

    def count(self, who: str, verb: str) -> None:
        """One more request; raises Refused where it is one too many."""
        with self._lock:
            self._used[who] += 1
            if self.hourly and self._used[who] > self.limit:
                raise Refused(
                    403,
                    f"API rate limit exceeded for installation ID {who}.",
                    headers={"x-ratelimit-remaining": "0"},
                )
            self._count_minute(who, verb)

    def _count_minute(self, who: str, verb: str) -> None:
        now, asked = time.monotonic(), self._asked[who]
        while asked and asked[0][0] <= now - self.minute:
            asked.popleft()
        cost = 1 if verb in READING else 5
        points = sum(each for _, each in asked) + cost
        content = sum(1 for _, each in asked if each > 1) + (cost > 1)
        if _is_over(points, self.points) or (cost > 1 and _is_over(content, self.content)):
            self.refused += 1
            wait = asked[0][0] + self.minute - now if asked else self.minute
            raise Refused(403, SECONDARY, headers={"retry-after": str(math.ceil(wait))})
        asked.append((now, cost))


def _is_over(number: int, most: int | None) -> bool:
    return most is not None and number > most
