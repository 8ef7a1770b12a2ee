"""Strangers: tokens and codes that GitHub has not vouched for yet; it is asked about few, however many are made up.

GitHub turns away everybody who asks from an address of which too many wrong tokens came, also with good ones:
https://docs.github.com/rest/authentication/authenticating-to-the-rest-api#failed-login-limit
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.model import Person

# So many wrong ones within so many seconds; GitHub does not tell its own number. Of one address, and of one person's
# browsers, there are fewer, which leaves some to others.
MOST_WRONG, MOST_OF_ONE, WITHIN_SECONDS = 30, 10, 60.0
# So many are asked about at once, which leaves threads to everybody else while GitHub takes its time.
MOST_AT_ONCE, MOST_OF_ONE_AT_ONCE = 8, 4
# Whose token was good is asked about at any time, a day long; of more the oldest is forgotten.
KNOWN_SECONDS, MOST_KNOWN = 86_400.0, 10_000


class TooMany(Exception):  # noqa: N818 - an answer like any other
    """More strangers than GitHub is asked about; one who is not a stranger is answered all the same."""


@dataclass(frozen=True)
class From:
    """Where a token or a code came from. `person` has signed in with this browser before, 0 where nobody has: then
    strangers, and whoever else has the address, are no concern of theirs.

    https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
    """

    address: str
    person: int = 0


@dataclass
class Strangers:
    """Safe for any thread. `clock` is seconds that never go back."""

    clock: Callable[[], float] = time.monotonic
    _wrong: deque[tuple[float, From]] = field(default_factory=deque)
    _known: dict[str, float] = field(default_factory=dict)
    _asking: Counter[From] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, mark: str, where: From, ask: Callable[[], Person | None]) -> Person | None:
        """What `ask` says of the token that is remembered by `mark`; TooMany where it is not asked."""
        with self._lock:
            known = self.clock() < self._known.get(mark, float("-inf"))
        if known:
            return ask()
        with self._room(where) as answered:
            answered.append(ask())
            self._vouched_for(mark, answered[0])
            return answered[0]

    def asked_once(self, where: From, ask: Callable[[], Person]) -> Person:
        """What `ask` says of a code, which is good once and so not remembered. GitHubError as `ask`; TooMany."""
        with self._room(where) as answered:
            person = ask()
            answered.append(person)
            return person

    @contextmanager
    def _room(self, where: From) -> Iterator[list[Person | None]]:
        """A place for one question, or TooMany. Whatever kept GitHub from saying who it is counts as a wrong one."""
        whose = From("", where.person) if where.person else where
        with self._lock:
            self._insist_on_room(whose)
            self._asking[whose] += 1
        answered: list[Person | None] = []
        try:
            yield answered
        finally:
            with self._lock:
                self._asking[whose] -= 1
                if not any(answered):
                    self._wrong.append((self.clock(), whose))

    def _insist_on_room(self, whose: From) -> None:
        while self._wrong and self._wrong[0][0] < self.clock() - WITHIN_SECONDS:
            self._wrong.popleft()
        self._asking = +self._asking  # without those of whom nothing is asked
        wrong = Counter(each for _, each in self._wrong)
        bounds = [(wrong[whose], self._asking[whose], MOST_OF_ONE, MOST_OF_ONE_AT_ONCE)]
        if not whose.person:
            bounds.append((_of_strangers(wrong), _of_strangers(self._asking), MOST_WRONG, MOST_AT_ONCE))
        if any(was + now >= most or now >= at_once for was, now, most, at_once in bounds):
            raise TooMany

    def _vouched_for(self, mark: str, person: Person | None) -> None:
        if person is None:
            return
        with self._lock:
            self._known.pop(mark, None)
            self._known[mark] = self.clock() + KNOWN_SECONDS
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]


def _of_strangers(counted: Counter[From]) -> int:
    return sum(number for each, number in counted.items() if not each.person)
