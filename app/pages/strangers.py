"""Strangers: tokens that GitHub has not vouched for yet; it is asked about few of them, however many are made up.

GitHub turns away everybody who asks from an address of which too many wrong tokens came, also with good ones:
https://docs.github.com/rest/authentication/authenticating-to-the-rest-api#failed-login-limit
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from app.model import Person

# So many wrong ones within so many seconds; GitHub does not tell its own number.
MOST_WRONG, WITHIN_SECONDS = 30, 60.0
# So many are asked about at once, which leaves threads to everybody else while GitHub takes its time.
MOST_AT_ONCE = 8
# Whose token was good is asked about at any time, a day long; of more the oldest is forgotten.
KNOWN_SECONDS, MOST_KNOWN = 86_400.0, 10_000


class TooMany(Exception):  # noqa: N818 - an answer like any other
    """More strangers than GitHub is asked about; one who is not a stranger is answered all the same."""


@dataclass
class Strangers:
    """Safe for any thread. `clock` is seconds that never go back."""

    clock: Callable[[], float] = time.monotonic
    _wrong: deque[float] = field(default_factory=deque)
    _known: dict[str, float] = field(default_factory=dict)
    _asking: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, mark: str, ask: Callable[[], Person | None]) -> Person | None:
        """What `ask` says of the token that is remembered by `mark`; TooMany where it is not asked."""
        if self._let_in(mark):
            return ask()
        person: Person | None = None
        try:
            person = ask()
        finally:
            self._answered(mark, person)
        return person

    def asked_once(self, ask: Callable[[], Person]) -> Person:
        """The same of what is good once: whoever has had it is not known by it. GitHubError as `ask`; TooMany."""
        with self._lock:
            self._insist_on_room()
            self._asking += 1
        person: Person | None = None
        try:
            person = ask()
            return person
        finally:
            with self._lock:
                self._asking -= 1
                if person is None:
                    self._wrong.append(self.clock())

    def _let_in(self, mark: str) -> bool:
        """Whether GitHub has vouched for it before; if not there is a place for it from now on, or TooMany."""
        with self._lock:
            if self.clock() < self._known.get(mark, float("-inf")):
                return True
            self._insist_on_room()
            self._asking += 1
            return False

    def _insist_on_room(self) -> None:
        while self._wrong and self._wrong[0] < self.clock() - WITHIN_SECONDS:
            self._wrong.popleft()
        if len(self._wrong) + self._asking >= MOST_WRONG or self._asking >= MOST_AT_ONCE:
            raise TooMany

    def _answered(self, mark: str, person: Person | None) -> None:
        """Whatever kept GitHub from saying who it is counts as a wrong one: it was asked."""
        with self._lock:
            self._asking -= 1
            if person is None:
                self._wrong.append(self.clock())
                return
            self._known.pop(mark, None)
            self._known[mark] = self.clock() + KNOWN_SECONDS
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
