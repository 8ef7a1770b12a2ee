"""Connections held open: live pages and downloads of logs, bounded in this process and for each person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.requests import Request

from app.pages.asked import visitor_of
from app.pages.sign_in import Doorman

MOST_OPEN, MOST_OF_ONE = 50, 10


@dataclass
class HeldOpen:
    """How many are open in this process, by the id of who holds them; 0 is whoever need not sign in."""

    open: Counter[int] = field(default_factory=Counter)

    def has_room(self, request: Request) -> bool:
        who = _whose(request)
        return self.open.total() < MOST_OPEN and not (who and self.open[who] >= MOST_OF_ONE)

    @contextmanager
    def held(self, request: Request) -> Iterator[None]:
        who = _whose(request)
        self.open[who] += 1
        try:
            yield
        finally:
            self.open[who] -= 1


def signed_out(request: Request) -> bool:
    """Whether the session with which this request began has ended meanwhile; a token has none."""
    visitor = visitor_of(request)
    doorman: Doorman = request.app.state.doorman
    return visitor.person is not None and visitor.bearer is None and doorman.person(request) is None


def _whose(request: Request) -> int:
    person = visitor_of(request).person
    return person.id if person else 0
