"""Hearing: one comment, or one press, with all that has to be known to answer it, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.conversation.gate import Anew, Gate
from app.model import Commit, Person, PressButton, PullRequest, Report, Repository, Target, TargetJob
from app.scene import Run
from app.store.previews import PreviewRow
from app.store.traffic import Lock, Shift
from app.text.escaping import in_code, in_markdown
from app.trust.approval import Terms
from app.trust.protection import Protection


@dataclass(frozen=True)
class Standing:
    """How one service stands in one environment: what last served there, and the lock that closes it."""

    target: Target
    newest: Shift | None = None
    lock: Lock | None = None

    @property
    def service(self) -> str:
        return self.target.source_name

    @property
    def environment(self) -> str:
        return self.target.environment


@dataclass(frozen=True)
class ShownPreview:
    """A preview of this pull request, its address once it has one, and what was last deployed there."""

    row: PreviewRow
    url: str = ""
    target: Target | None = None


@dataclass(frozen=True)
class PreviewLog:
    """The end of what a preview's container wrote. `trouble`: why Google did not show all of it."""

    service: str
    lines: tuple[str, ...] = ()
    trouble: str = ""
    started: bool = True


@dataclass(frozen=True)
class Brought:
    """An image that somebody else built as the deployments that bring it, one for each region of its service; or in a
    sentence why it does not come.

    `words` are those of the command that asks for it; `commit` is the one that it would be reported on.
    """

    runs: tuple[Run, ...] = ()
    refused: str = ""
    commit: Commit | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """One comment with what is known where it was made.

    `now` is epoch seconds, and so is `made`, when it was written. `writer`: its author may write to the repository; for
    anybody else no order is obeyed and GitHub is asked for nothing, so that `found` is None. `deaf` says why no command
    can be obeyed.
    `moved`: the head came after the comment, or nobody can tell. `terms` is what a fork asks for now, and `judged`
    what it was known to ask for before the comment was made. `home` is the environment where none is named.
    `verdict` is what was decided when the head `looked_at` was last looked at. `gates` are those of the environments
    that a command would deploy to; an `operator` of this ServerGem passes them.
    """

    repository: Repository
    number: int
    author: str
    link: str
    delivery_id: str
    now: float
    writer: bool
    author_id: int = 0
    made: float = 0.0
    answer: int = 0
    found: PullRequest | None = None
    deaf: str = ""
    moved: bool = False
    terms: Terms | None = None
    judged: Terms | None = None
    services: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    home: str = ""
    standings: tuple[Standing, ...] = ()
    previews: tuple[ShownPreview, ...] = ()
    logs: tuple[PreviewLog, ...] = ()
    verdict: str = ""
    looked_at: str = ""
    operator: bool = False
    gates: tuple[Gate, ...] = ()
    brought: tuple[Brought, ...] = ()
    """The images that commands name."""

    @property
    def pull(self) -> PullRequest:
        assert self.found is not None, "orders are obeyed of writers only, and for them it was asked for"
        return self.found

    def at(self, services: tuple[str, ...], environment: str) -> tuple[Standing, ...]:
        """These services, or all of them, in an environment, or at home."""
        return tuple(
            each
            for each in self.standings
            if each.environment == (environment or self.home) and (not services or each.service in services)
        )

    def jobs_called(self, name: str, environment: str) -> tuple[tuple[Target, TargetJob], ...]:
        """Those of this pull request's previews, unless an environment is named or they have none; else those there."""
        here = () if environment else tuple(each.target for each in self.previews if each.target)
        there = tuple(each.target for each in self.at((), environment))
        of_both = [
            tuple((target, job) for target in targets for job in target.jobs if job.config.name == name)
            for targets in (here, there)
        ]
        return next(filter(None, of_both), ())


# The story of a deployment to an environment, by its name in the journal.
DEPLOY = "deploy"


@dataclass(frozen=True)
class Attempt:
    """One check run that is to be run again: how it was begun, if it was, and how it ended.

    `anew` is what a deployment to an environment would be now; None for anything else.
    """

    report: Report | None = None
    story: str = ""
    run: Run | None = None
    service: str = ""
    anew: Anew | None = None


@dataclass(frozen=True, kw_only=True)
class Pressing:
    """One press with what was known at that moment. `allowed`: its presser may write to the repository.

    `anew` is what a promotion, or what waits for an approval, would be now; `beside` is the same of the regions that
    are only there where it is promoted to.
    `rules` are those of the environment that waits for an approval.
    `report` and `run` are the deployment's that the check run shows, None where none is known; `foreign`: it is
    another repository's. `attempts` is every check run that a Re-run of this one is about.
    """

    press: PressButton
    now: float
    allowed: bool = False
    report: Report | None = None
    foreign: bool = False
    run: Run | None = None
    attempts: tuple[Attempt, ...] = ()
    preview: PreviewRow | None = None
    newest: Shift | None = None
    pull: PullRequest | None = None
    terms: Terms | None = None
    repairs: tuple[str, ...] = ()
    operator: bool = False
    anew: Anew | None = None
    beside: tuple[Anew, ...] = ()
    rules: Protection | None = None

    @property
    def who(self) -> str:
        return self.press.sender

    @property
    def person(self) -> Person:
        """Who pressed, whatever they are called by now."""
        return Person(self.press.sender_id, self.press.sender)

    @property
    def mark(self) -> str:
        return self.press.delivery_id


def where(standings: tuple[Standing, ...]) -> str:
    """As a person says it: the services, and the environment that they are in."""
    names = ", ".join(in_code(each) for each in dict.fromkeys(each.service for each in standings))
    targets = [each.target for each in standings]
    return f"{names} in {place(standings[0].environment, targets)}" if standings else "nothing"


def place(environment: str, targets: Iterable[Target]) -> str:
    """The environment, with the regions there that are meant where a service has several."""
    regions = dict.fromkeys(in_markdown(each.region) for each in targets if each.several)
    return in_markdown(environment) + (f" ({', '.join(regions)})" if regions else "")
