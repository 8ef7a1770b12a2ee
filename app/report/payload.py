"""A check run as GitHub takes it: its fields, its limits, its words for an ending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.model import Ending, Weight

# https://docs.github.com/rest/checks/runs#update-a-check-run
MAX_ANNOTATION_TITLE = 255
MAX_ANNOTATION_BYTES = 64 * 1024
MOST_BUTTONS = 3
# Ours: enough to see what went wrong; the page has all of the log.
LOG_TAIL_LINES = 40

AnnotationLevel = Literal["notice", "warning", "failure"]
Status = Literal["queued", "in_progress", "completed"]
GitHubDeploymentState = Literal["queued", "in_progress", "success", "failure", "error", "inactive"]


@dataclass(frozen=True)
class Annotation:
    """A Finding's Place, as the check run shows it."""

    path: str
    start_line: int
    end_line: int
    annotation_level: AnnotationLevel
    title: str
    message: str
    raw_details: str = ""


@dataclass(frozen=True)
class Action:
    """A button on a finished check run. GitHub's limits: 20, 40 and 20 characters, three buttons."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True)
class CheckRunPayload:
    """One state of a check run, ready for GitHub. Times are in UTC."""

    status: Status
    title: str
    summary: str
    text: str = ""
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[Action, ...] = ()


CONCLUSIONS: dict[Ending, str] = {
    Ending.LIVE: "success",
    Ending.FAILED: "failure",
    Ending.SUPERSEDED: "neutral",
    Ending.SKIPPED: "skipped",
    Ending.INTERRUPTED: "neutral",
    Ending.AWAITING: "action_required",
    Ending.NOT_YOURS: "neutral",
    Ending.ROLLED_BACK: "neutral",
    Ending.READY: "success",
}

GITHUB_DEPLOYMENT_STATES: dict[Ending, GitHubDeploymentState] = {
    Ending.LIVE: "success",
    Ending.FAILED: "failure",
    Ending.SUPERSEDED: "inactive",
    Ending.SKIPPED: "inactive",
    Ending.INTERRUPTED: "error",
    Ending.AWAITING: "inactive",
    Ending.NOT_YOURS: "error",
    Ending.ROLLED_BACK: "inactive",
    Ending.READY: "inactive",
}

LEVELS: dict[Weight, AnnotationLevel] = {
    Weight.STOP: "failure",
    Weight.WARN: "warning",
    Weight.NOTE: "notice",
}
