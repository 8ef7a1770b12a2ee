"""Places: so many threads at once do what is dear, and app.turn says who is next when one of them is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from app.turn import NOBODY, Most, Party, whose_turn, why_waiting

# On whose behalf this thread works.
behalf: ContextVar[Party] = ContextVar("behalf", default=NOBODY)
# Who waits less than that need not know; seconds.
WORTH_TELLING = 2.0


@dataclass(eq=False)
class _Waiter:
    party: Party
    called: threading.Event = field(default_factory=threading.Event)


class Places:
    """`number` of them; safe for any thread."""

    def __init__(self, number: int) -> None:
        self._number, self._most = number, Most.of(number)
        self._lock = threading.Lock()
        self._waiting: list[_Waiter] = []
        self._held: list[Party] = []

    @contextmanager
    def one(self, party: Party, tell: Callable[[str], None] | None = None) -> Iterator[None]:
        """A place for as long as this lasts; who waits for it long is told why, once."""
        waiter = _Waiter(party)
        with self._lock:
            self._waiting.append(waiter)
            self._call()
        if tell and not waiter.called.wait(WORTH_TELLING):
            with self._lock:
                held = tuple(self._held)
            tell(why_waiting(party, held))
        waiter.called.wait()
        try:
            yield
        finally:
            with self._lock:
                self._held.remove(party)
                self._call()

    def _call(self) -> None:
        """Give what is free to those whose turn it is: nobody who comes later gets it before them."""
        while self._waiting and len(self._held) < self._number:
            place = whose_turn([each.party for each in self._waiting], self._held, self._most)
            if place is None:
                return
            following = self._waiting.pop(place)
            self._held.append(following.party)
            following.called.set()
