"""When each call was under way, so that what had to wait for what can be counted without a stopwatch's noise."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MOST_KEPT = 100_000


@dataclass(frozen=True)
class Span:
    """One call; seconds of the monotonic clock."""

    method: str
    began: float
    ended: float


class Spans:
    """The last calls. Safe for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Span] = deque(maxlen=MOST_KEPT)

    @contextmanager
    def of(self, method: str) -> Iterator[None]:
        """A call of `method`, from its arrival to its answer."""
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._kept.append(Span(method, began, time.monotonic()))

    def all(self) -> list[Span]:
        """In the order in which they were answered."""
        with self._lock:
            return list(self._kept)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


def serial(spans: list[Span]) -> list[Span]:
    """The longest chain of calls of which each began after the one before had ended: the serial round trips."""
    chain: list[Span] = []
    for span in sorted(spans, key=lambda each: each.ended):
        if not chain or span.began >= chain[-1].ended:
            chain.append(span)
    return chain
