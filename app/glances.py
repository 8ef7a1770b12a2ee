"""Glances: what seems to come to nothing is looked at beside the dispatcher, before a story is started for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from app.model import Job

# At once; of what comes beyond them a story is started, which waits for nobody.
MOST = 16


class Glances:
    """Taken in threads of their own; everything else is said by the dispatcher's thread alone.

    `worth` says of which jobs one is taken. `glance` gives the reason why nothing is to be done, or nothing where a
    story is. `tell` is called when one is over.
    """

    def __init__(
        self, worth: Callable[[Job], bool], glance: Callable[[Any], str], tell: Callable[[], None]
    ) -> None:
        self._worth, self._glance, self._tell = worth, glance, tell
        self._taken: dict[str, Future[str]] = {}
        self._threads = ThreadPoolExecutor(MOST, thread_name_prefix="glance")

    def __len__(self) -> int:
        """How many deliveries somebody looks at, or has looked at without being asked yet what came of it."""
        return len(self._taken)

    def last(self, delivery_id: str) -> bool:
        """Whether a glance at this delivery is not over yet."""
        taken = self._taken.get(delivery_id)
        return taken is not None and not taken.done()

    def take(self, delivery_id: str, jobs: tuple[Job, ...]) -> bool:
        """Begin a glance at a delivery of one job that is worth it; whether one was begun."""
        if len(self._taken) >= MOST or len(jobs) != 1 or not self._worth(jobs[0]):
            return False
        taken = self._threads.submit(self._glance, jobs[0])
        self._taken[delivery_id] = taken
        taken.add_done_callback(lambda _: self._tell())
        return True

    def came_to(self, delivery_id: str) -> str | None:
        """What the glance at this delivery, which is over, came to; None when none was taken. It is forgotten then."""
        taken = self._taken.pop(delivery_id, None)
        return None if taken is None else taken.result()

    def close(self) -> None:
        """Begin none that waits; nobody waits for those under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)
