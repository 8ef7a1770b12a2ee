"""One deployment's post: what a person should see, what GitHub has, and how often GitHub said no."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Protocol

from app.github import GitHubError
from app.model import Ending, Report
from app.report import CheckRunPayload, github_deployment_state
from app.store import Known
from app.telemetry import trace


@dataclass
class Refusals:
    """The same answer in a row."""

    status: int = 0
    times: int = 0

    def final(self, error: GitHubError) -> bool:
        """Whether GitHub will never take this, now that it has said so once more."""
        self.times = self.times + 1 if self.status == error.status else 1
        self.status = error.status
        return 0 < error.final_after <= self.times


@dataclass
class Letter:
    """One deployment's post: the newest report, the one that GitHub has, and in which words.

    `dropped` and `stateless` say why nothing more is sent of the check run, or of GitHub's own deployment.
    """

    report: Report
    known: Known
    told: Report | None = None
    sent: CheckRunPayload | None = None
    sent_state: str = ""
    due: float = 0.0
    busy: bool = False
    failures: int = 0
    refusals: Refusals = field(default_factory=Refusals)
    state_refusals: Refusals = field(default_factory=Refusals)
    dropped: str = ""
    stateless: str = ""
    delivered: Future[None] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)
    """When the oldest of what GitHub lacks was written (monotonic seconds)."""
    place: str = field(default_factory=trace.carried)
    """Where in a trace it was begun."""

    def write(self, report: Report) -> None:
        """Replace what is sent next."""
        if not has_news(self):
            self.since = time.monotonic()
        self.report = report


class Post(Protocol):
    """Where a deployment leaves its report."""

    def open(self, deployment_id: str, lane: str, report: Report) -> bool:
        """Begin; whether an earlier process had begun."""

    def show(self, deployment_id: str, report: Report) -> None:
        """Replace what is shown."""

    def finish(self, deployment_id: str, report: Report) -> None:
        """Leave the last report."""


class Unsent:
    """For errands that have no check run; their own log lines tell of them."""

    def open(self, deployment_id: str, lane: str, report: Report) -> bool:
        """Whatever an errand does it may have done before."""
        return True

    def show(self, deployment_id: str, report: Report) -> None:
        """Nobody looks."""

    def finish(self, deployment_id: str, report: Report) -> None:
        """Nobody looks."""


def has_news(letter: Letter) -> bool:
    """Whether something was shown since GitHub was last told: a report is a value, and each change another one."""
    return letter.report is not letter.told


def marked(report: Report, reason: str) -> Report:
    """For our own pages, which then are the only ones that tell of it."""
    return replace(report, remarks=(*report.remarks, f"GitHub takes no check run for this commit: {reason}"))


def state_is_news(letter: Letter, report: Report) -> bool:
    """Only what goes somewhere is a deployment to GitHub: not a skipped service, not a broken configuration."""
    goes_somewhere = bool(report.environment) and report.ending not in (Ending.SKIPPED, Ending.AWAITING)
    return goes_somewhere and github_deployment_state(report) != letter.sent_state
