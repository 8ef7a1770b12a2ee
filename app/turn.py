"""Whose turn it is where many want what is scarce: installations share alike, and their repositories too; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.model import Repository

# Of what is allowed a minute, a fifth may be used at once and the rest comes back evenly: together never more, and
# whoever comes to a long line has the next turn after a second or two, not after the minute.
AT_ONCE_SHARE = 0.2


@dataclass(frozen=True)
class Party:
    """On whose behalf something is done; 0 where it is nobody's in particular."""

    installation: int = 0
    repository: int = 0


NOBODY = Party()


def party_of(repository: Repository) -> Party:
    return Party(repository.installation_id, repository.id)


@dataclass(frozen=True)
class Most:
    """How many one repository may hold, and all of an installation together: the rest is there for who comes."""

    repository: int
    installation: int

    @classmethod
    def of(cls, number: int) -> Most:
        """Half for a repository, three quarters for an installation: what is held is held long when Google is slow."""
        return cls(max(1, number // 2), max(1, number * 3 // 4))


def whose_turn(waiting: Sequence[Party], held: Iterable[Party], most: Most | None = None) -> int | None:
    """The place in `waiting`, which is in the order of coming, of who is next; None when nobody may have more.

    Of the installations that wait the one that holds least, of its repositories the one that holds least, of those
    that wait there the one that came first. `held` has a Party for each thing held, or used lately.
    """
    counted = Counter(held)
    by_installation: Counter[int] = Counter()
    for party, number in counted.items():
        by_installation[party.installation] += number
    has = [(by_installation[party.installation], counted[party]) for party in waiting]
    may = [
        place
        for place, (all_, own) in enumerate(has)
        if most is None or (own < most.repository and all_ < most.installation)
    ]
    return min(may, key=lambda place: (has[place], place), default=None)


def why_waiting(party: Party, held: Sequence[Party]) -> str:
    """For the one who waits: what is before it, in words."""
    own = sum(1 for each in held if each == party)
    before = f"{len(held)} deployments are being prepared"
    if own == len(held):
        return f"{before}, all of this repository"
    return f"{before}, {own} of them of this repository; repositories take turns"


@dataclass(frozen=True)
class Pace:
    """What is left of an allowance at a moment; `a_minute` is the allowance, `at` is in seconds of any clock."""

    a_minute: float
    left: float
    at: float

    @classmethod
    def full(cls, a_minute: float, now: float) -> Pace:
        return cls(a_minute, max(1.0, a_minute * AT_ONCE_SHARE), now)

    def after(self, now: float) -> Pace:
        """What is left at `now`, when nothing was used since."""
        most = max(1.0, self.a_minute * AT_ONCE_SHARE)
        return Pace(self.a_minute, min(most, self.left + (now - self.at) * self._a_second), now)

    def used(self) -> Pace:
        """With one less."""
        return Pace(self.a_minute, self.left - 1.0, self.at)

    @property
    def missing(self) -> float:
        """Seconds until one may be used; 0 when one may now."""
        return 0.0 if self.left >= 1.0 else (1.0 - self.left) / self._a_second + 1e-6

    @property
    def _a_second(self) -> float:
        return self.a_minute * (1.0 - AT_ONCE_SHARE) / 60.0
