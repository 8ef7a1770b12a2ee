"""What a row of the pages says: what serves a service in an environment, and what its newest deployment does; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.model import Ending, Report, Repository, service_and_environment
from app.report import worked
from app.store.history import Listed
from app.store.traffic import Lock, Shift


@dataclass(frozen=True)
class State:
    """A state as a mark and a word; `kind` is the mark's name and the colour's."""

    kind: str
    words: str


# The stage of that title, as app/stories/deploy.py names it.
VERIFY = "Verify"
UNDER_WAY = State("running", "Under way")
STATES: Mapping[Ending, State] = {
    Ending.LIVE: State("live", "Live"),
    Ending.FAILED: State("failed", "Failed"),
    Ending.SUPERSEDED: State("ended", "Superseded"),
    Ending.SKIPPED: State("ended", "Skipped"),
    Ending.INTERRUPTED: State("ended", "Interrupted"),
    Ending.AWAITING: State("waiting", "Waits for approval"),
    Ending.NOT_YOURS: State("ended", "Failed, not yours"),
    Ending.ROLLED_BACK: State("ended", "Rolled back"),
    Ending.READY: State("live", "Ready"),
}
FILTERED: Mapping[str, str] = {
    Ending.LIVE.value: STATES[Ending.LIVE].words,
    "running": UNDER_WAY.words,
    Ending.FAILED.value: STATES[Ending.FAILED].words,
    "locked": "Locked",
    **{each.value: STATES[each].words for each in (Ending.ROLLED_BACK, Ending.AWAITING, Ending.NOT_YOURS)},
}
"""What a filter by state may ask for, in the words of the table."""
REMOVED = State("ended", "Removed")


def state_of(report: Report) -> State:
    """A copy that was live and is gone is not live any more."""
    if report.gone:
        return REMOVED
    return STATES[report.ending] if report.ending else UNDER_WAY


@dataclass(frozen=True)
class Served:
    """A service in an environment. `shift` is None where ServerGem never moved traffic; `of` deployed what serves."""

    newest: Listed
    shift: Shift | None = None
    of: Listed | None = None
    lock: Lock | None = None
    several: bool = False
    """Whether the same service is in other regions too."""

    @property
    def region(self) -> str:
        """Where it is, as far as that tells it from another row."""
        return self.newest.region if self.several else ""

    @property
    def repository(self) -> Repository:
        return self.newest.report.commit.repository

    @property
    def service(self) -> str:
        return service_and_environment(self.newest.report.check_name)[0]

    @property
    def environment(self) -> str:
        return service_and_environment(self.newest.report.check_name)[1]

    @property
    def author(self) -> str:
        """Of what serves."""
        return self.of.report.commit.author if self.of else ""

    @property
    def message(self) -> str:
        """The first line of the message of what serves."""
        return self.of.report.commit.message.partition("\n")[0] if self.of else ""

    @property
    def took(self) -> float:
        """The seconds of work until it served; 0 where ServerGem does not know."""
        return worked(self.of.report.rows) if self.of else 0.0

    @property
    def health(self) -> str:
        """What it answered when it was verified; empty where it was not asked, or ServerGem does not know."""
        rows = self.of.report.rows if self.of and self.shift else ()
        notes = (note for row in rows if row.title == VERIFY for note in row.notes)
        return next((note for note in notes if " answered " in note), "")

    @property
    def state(self) -> State:
        """What serves alone; what the newest deployment does is said below it."""
        return State("live", "Live") if self.shift else State("ended", "Nothing serves")

    @property
    def states(self) -> frozenset[str]:
        """What a filter by state finds it with."""
        newest = self.newest.report.ending.value if self.newest.report.ending else "running"
        return frozenset(
            {newest} | ({"live"} if self.shift else set()) | ({"locked"} if self.lock else set())
        )


def on_its_way(row: Served) -> Listed | None:
    """The newest deployment, where it is not simply what serves."""
    told = row.newest.report.ending is Ending.LIVE and row.shift
    return None if told else row.newest


def rows(
    newest: Iterable[Listed],
    serving: Mapping[str, Shift],
    of: Mapping[str, Listed],
    locks: Mapping[str, Lock],
) -> list[Served]:
    """By repository, service and environment, its home before its other regions.

    Pull requests' copies are rows of their own.
    """
    served = [
        Served(each, serving.get(each.lane), of.get(each.lane), locks.get(each.lane))
        for each in newest
        if not is_preview(each.report)
    ]
    times = Counter(map(_named, served))
    told = (replace(row, several=times[_named(row)] > 1) for row in served)
    return sorted(told, key=lambda row: (*_named(row), _is_elsewhere(row), row.region))


def _is_elsewhere(row: Served) -> bool:
    return row.newest.report.check_name.endswith(f", {row.newest.region})")


def _named(row: Served) -> tuple[str, str, str]:
    return row.repository.full_name, row.service, row.environment


def is_preview(report: Report) -> bool:
    return service_and_environment(report.check_name)[1] == "preview"


@dataclass(frozen=True)
class Filters:
    """What the visitor asked to see; empty words ask for everything."""

    repository: str = ""
    environment: str = ""
    state: str = ""
    person: str = ""
    words: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Filters:
        said = {
            name: query.get(name, "").strip() for name in ("repository", "environment", "state", "person")
        }
        return cls(**said, words=query.get("q", "").strip())

    @property
    def any(self) -> bool:
        return self != Filters()

    def fits(self, row: Served) -> bool:
        return (
            self.repository in ("", row.repository.full_name)
            and self.environment in ("", row.environment)
            and (not self.state or self.state in row.states)
            and self.person.lower() in ("", row.author.lower(), row.newest.report.commit.author.lower())
            and self._said(row)
        )

    def _said(self, row: Served) -> bool:
        commit = row.newest.report.commit
        sha = row.shift.sha if row.shift else ""
        told = (
            row.repository.full_name,
            row.service,
            row.environment,
            row.region,
            row.message,
            commit.message,
            commit.branch,
        )
        whole = " ".join((*told, row.author, sha, commit.sha, row.shift.url if row.shift else "")).lower()
        return all(word in whole for word in self.words.lower().split())


@dataclass(frozen=True)
class Choices:
    """What there is to choose among in each filter."""

    repositories: tuple[str, ...]
    environments: tuple[str, ...]
    people: tuple[str, ...]
    states: Mapping[str, str] = field(default_factory=lambda: FILTERED)

    @classmethod
    def among(cls, served: Collection[Served]) -> Choices:
        people = {row.author for row in served} | {row.newest.report.commit.author for row in served}
        return cls(
            tuple(sorted({row.repository.full_name for row in served})),
            tuple(sorted({row.environment for row in served} - {""})),
            tuple(sorted(people - {""})),
        )
