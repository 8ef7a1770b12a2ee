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
    """The deployments that bring an image, one for each region of its service; or a sentence that refuses it.

    `words` are those of the command that asks for it; `commit` is the one that it is reported on.
    """

    runs: tuple[Run, ...] = ()
    refused: str = ""
    commit: Commit | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """One comment with all that its commands may need. Of an author who may not write, only our own rows are asked."""

    repository: Repository
    number: int
    author: str
    author_id: int = 0
    link: str
    delivery_id: str
    answer: int = 0
    """The comment of ours that answers; 0 where there is none."""
    now: float
    made: float = 0.0
    """When the comment was written; both are epoch seconds."""

    writer: bool
    """Whether its author may write to the repository."""
    operator: bool = False
    """Whether its author is an operator of this ServerGem, whom no gate holds back."""
    deaf: str = ""
    """Why no command can be obeyed; empty when they can."""

    found: PullRequest | None = None
    """The pull request as GitHub shows it; None where it was not asked for."""
    moved: bool = False
    """Whether the head came after the comment, or nobody can tell."""
    terms: Terms | None = None
    """What a fork asks for now."""
    judged: Terms | None = None
    """What a fork was known to ask for when the comment was written."""
    verdict: str = ""
    """What was decided when the pull request was last looked at, with the head `looked_at`."""
    looked_at: str = ""

    services: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    home: str = ""
    """The environment that is meant where none is named."""
    standings: tuple[Standing, ...] = ()
    previews: tuple[ShownPreview, ...] = ()
    logs: tuple[PreviewLog, ...] = ()
    gates: tuple[Gate, ...] = ()
    """What stands before each environment that a command would deploy to."""
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
        """The jobs of this name: the previews' own, or an environment's if one is named or they have none."""
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
    """One press with all that its button may need, as it was known at that moment."""

    press: PressButton
    now: float
    allowed: bool = False
    """Whether who pressed may write to the repository."""
    operator: bool = False
    """Whether who pressed is an operator of this ServerGem."""

    report: Report | None = None
    """The deployment that the check run shows, None where none is known; `run` is what it was begun with."""
    run: Run | None = None
    foreign: bool = False
    """Whether that deployment is another repository's."""

    attempts: tuple[Attempt, ...] = ()
    """Of Re-run and the like: every check run that is to run again."""
    preview: PreviewRow | None = None
    """Of Extend: the preview, while it is there."""
    newest: Shift | None = None
    """Of Roll back: what last got the traffic there."""
    pull: PullRequest | None = None
    """Of Approve on a pull request: as it is now, and what a fork asks for (`terms`)."""
    terms: Terms | None = None
    anew: Anew | None = None
    """Of Promote, and of Approve for an environment: what would be deployed now."""
    beside: tuple[Anew, ...] = ()
    """Of Promote: the same for regions that only the next environment has."""
    rules: Protection | None = None
    """Of Approve for an environment: that environment's rules."""
    repairs: tuple[str, ...] = ()
    """What the operator lets a button repair."""

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
