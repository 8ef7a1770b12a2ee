"""Insight: DORA's four numbers, the builds and the findings of a time, counted from its deployments; pure.

https://dora.dev/guides/dora-metrics-four-keys/. What each number means here is said beside it, and on the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median

from app.model import Ending

DAY = 86_400.0
# How long a time may be, in days, and in how many equal parts its plots show it.
DAYS = 30
PARTS = {7: 7, 30: 10, 90: 15}
MOST_FINDINGS = 10
# What `git revert` writes: https://git-scm.com/docs/git-revert
REVERTS = re.compile(r"^This reverts commit ([0-9a-f]{40})\.?", re.MULTILINE)
# They say something of a change; a deployment that something newer overtook, or that nobody approved, does not.
TRIED = frozenset({Ending.LIVE, Ending.ROLLED_BACK, Ending.FAILED, Ending.NOT_YOURS})


@dataclass(frozen=True)
class Past:
    """One deployment that has ended. Times are epoch seconds, 0 where they are not known.

    `sha` is its commit; of a rollback the one that was left. `written` is when that was committed. `built` is how many
    seconds its build took, 0 where there was none. `reverts` are the commits that its message takes back. `findings`
    are code and title of what stopped it.
    """

    lane: str
    repository: str
    environment: str
    sha: str
    ending: Ending
    ended: float
    written: float = 0.0
    built: float = 0.0
    reverts: tuple[str, ...] = ()
    findings: tuple[tuple[str, str], ...] = ()

    @property
    def moved_traffic(self) -> bool:
        return self.ending in (Ending.LIVE, Ending.ROLLED_BACK)


@dataclass(frozen=True)
class Served:
    """A deployment that went live. `lead` is the seconds since its commit; None where that served before, or its time
    is not known. `restored` is the seconds until it was taken back; None where it was not.
    """

    past: Past
    lead: float | None = None
    restored: float | None = None


@dataclass(frozen=True)
class Numbers:
    """DORA's four, of a time of so many `days`. Seconds are medians; None where there was nothing to measure."""

    days: float
    deployments: int = 0
    lead: float | None = None
    measured: int = 0
    """How many commits the lead time is of."""
    failed: int = 0
    restore: float | None = None

    @property
    def per_day(self) -> float:
        return self.deployments / self.days

    @property
    def failure_rate(self) -> float | None:
        """A share, from 0 to 1."""
        return self.failed / self.deployments if self.deployments else None


@dataclass(frozen=True)
class Part:
    """One part of the time, from `since` on (epoch seconds). `built` is the median of its `builds`, in seconds."""

    since: float
    numbers: Numbers
    builds: int = 0
    built: float | None = None


@dataclass(frozen=True)
class Frequent:
    """A finding that stopped deployments, as the newest of them says it; `last` is that one's end."""

    code: str
    title: str
    times: int
    last: float


@dataclass(frozen=True)
class Insight:
    """One time, whole, in parts, beside the time before it, and by repository and environment."""

    days: int
    since: float
    until: float
    whole: Numbers
    before: Numbers
    parts: tuple[Part, ...]
    places: tuple[tuple[str, str, Numbers], ...]
    findings: tuple[Frequent, ...]
    stopped: int = 0
    """How many deployments a finding stopped."""


def insight(pasts: Iterable[Past], *, days: int, until: float) -> Insight:
    """The last so many days before `until`; `pasts` reach back twice as far, so that both times can be told."""
    every = sorted((each for each in pasts if each.ending in TRIED), key=lambda each: each.ended)
    since, length = until - days * DAY, days * DAY / PARTS[days]
    served = served_of(every)
    now = [each for each in served if since <= each.past.ended < until]
    earlier = [each for each in served if since - days * DAY <= each.past.ended < since]
    within = [each for each in every if since <= each.ended < until]
    starts = [since + number * length for number in range(PARTS[days])]
    return Insight(
        days,
        since,
        until,
        numbers(now, days),
        numbers(earlier, days),
        tuple(_part(now, start, length) for start in starts),
        tuple(_places(now, days)),
        frequent(within),
        sum(1 for each in within if each.findings),
    )


def served_of(every: Sequence[Past]) -> list[Served]:
    """What went live, the oldest first, each with what came of it; `every` is by time."""
    lanes = sorted(every, key=lambda each: each.lane)
    found = [each for _, lane in groupby(lanes, lambda each: each.lane) for each in _of_lane(list(lane))]
    return sorted(found, key=lambda each: each.past.ended)


def numbers(served: Sequence[Served], days: float) -> Numbers:
    """The four numbers of what went live in so many days."""
    leads = [each.lead for each in served if each.lead is not None]
    restored = [each.restored for each in served if each.restored is not None]
    return Numbers(days, len(served), _median(leads), len(leads), len(restored), _median(restored))


def frequent(pasts: Iterable[Past]) -> tuple[Frequent, ...]:
    """What stopped deployments most often; each finding counts once for each deployment."""
    times: Counter[str] = Counter()
    newest: dict[str, tuple[str, float]] = {}
    for past in pasts:
        for code, title in dict(past.findings).items():
            times[code] += 1
            newest[code] = (title, past.ended)
    return tuple(
        Frequent(code, newest[code][0], count, newest[code][1])
        for code, count in times.most_common(MOST_FINDINGS)
    )


def reverted(message: str) -> tuple[str, ...]:
    """The commits that this message says it takes back."""
    return tuple(REVERTS.findall(message))


def _of_lane(lane: Sequence[Past]) -> list[Served]:
    """In one lane: a commit leads once; a rollback from it takes it back, or a live commit that reverts it."""
    traffic = [each for each in lane if each.moved_traffic]
    served: list[Served] = []
    began: float | None = None
    seen: set[str] = set()
    for past in traffic:
        taken = (past.sha,) if past.ending is Ending.ROLLED_BACK else past.reverts
        for sha in taken:
            _take_back(served, sha, began, past)
        if past.ending is Ending.LIVE:
            lead = past.ended - past.written if past.written and past.sha not in seen else None
            served.append(Served(past, None if lead is None else max(0.0, lead)))
            seen.add(past.sha)
        began = past.ended
    return served


def _take_back(served: list[Served], sha: str, began: float | None, by: Past) -> None:
    """The newest time that this commit went live failed, until now; once, whoever takes it back again.

    A rollback counts from when what it left had the traffic, a revert from when its commit went live.
    """
    at = next((n for n in reversed(range(len(served))) if served[n].past.sha == sha), None)
    if at is None or served[at].restored is not None:
        return
    since = began if by.ending is Ending.ROLLED_BACK and began is not None else served[at].past.ended
    served[at] = replace(served[at], restored=by.ended - since)


def _part(served: Sequence[Served], since: float, length: float) -> Part:
    within = [each for each in served if since <= each.past.ended < since + length]
    built = [each.past.built for each in within if each.past.built]
    return Part(since, numbers(within, length / DAY), len(built), _median(built))


def _places(served: Sequence[Served], days: int) -> Iterator[tuple[str, str, Numbers]]:
    def place(each: Served) -> tuple[str, str]:
        return each.past.repository, each.past.environment

    for (repository, environment), those in groupby(sorted(served, key=place), place):
        yield repository, environment, numbers(list(those), days)


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
