"""Glances: a delivery that seems to start nothing is looked at beside the dispatcher, before a story is paid for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from app.model import Job

# So many at once; for a delivery beyond them the story is started without a glance.
MOST = 16


class Glances:
    """Glances run in threads of their own; every method here is called by the dispatcher's thread alone.

    `worth` says whether a job is worth a glance. `glance` gives the reason why nothing is to be done, or an empty
    string when the job needs its story. `tell` is called when a glance is over.
    """

    def __init__(
        self, worth: Callable[[Job], bool], glance: Callable[[Any], str], tell: Callable[[], None]
    ) -> None:
        self._worth, self._glance, self._tell = worth, glance, tell
        self._taken: dict[str, Future[str]] = {}
        self._threads = ThreadPoolExecutor(MOST, thread_name_prefix="glance")

    def __len__(self) -> int:
        """How many deliveries are being glanced at, or were and wait for `came_to`."""
        return len(self._taken)

    def under_way(self, delivery_id: str) -> bool:
        """Whether a glance at this delivery has begun and is not over."""
        taken = self._taken.get(delivery_id)
        return taken is not None and not taken.done()

    def take(self, delivery_id: str, jobs: tuple[Job, ...]) -> bool:
        """Begin a glance where the delivery has one job and that is worth it; whether one was begun."""
        if len(self._taken) >= MOST or len(jobs) != 1 or not self._worth(jobs[0]):
            return False
        taken = self._threads.submit(self._glance, jobs[0])
        self._taken[delivery_id] = taken
        taken.add_done_callback(lambda _: self._tell())
        return True

    def came_to(self, delivery_id: str) -> str | None:
        """The outcome of a glance that is over, which is forgotten with this; None when there was none."""
        taken = self._taken.pop(delivery_id, None)
        return None if taken is None else taken.result()

    def close(self) -> None:
        """Drop those that have not begun; those under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
