"""Everything a person sees of one deployment, as data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.model.findings import Button, Finding
from app.model.github import Commit
from app.model.made import Serving, Traffic


class RowState(StrEnum):
    """How a stage stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Row:
    """One stage's line in the report. Times are epoch seconds; `notes`: what was made, repaired, retried.

    `parts` are the lines of what a stage does side by side. `idle`: it only waits for others, which is no work.
    """

    title: str
    state: RowState = RowState.WAITING
    started: float = 0.0
    ended: float = 0.0
    notes: tuple[str, ...] = ()
    parts: tuple[Row, ...] = ()
    idle: bool = False

    @property
    def seconds(self) -> float:
        return max(0.0, self.ended - self.started)

    def noted(self, note: str) -> Row:
        return replace(self, notes=(*self.notes, note))


class Ending(StrEnum):
    """How a deployment ended; each maps to one conclusion of a check run."""

    LIVE = "live"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    AWAITING = "awaiting"
    """Nothing happens until a person with write permission says so."""
    NOT_YOURS = "not-yours"
    """It failed on Google's or GitHub's side, which is no red cross on somebody's change."""
    ROLLED_BACK = "rolled-back"
    READY = "ready"
    """Nothing was deployed; the next push would be."""


@dataclass(frozen=True)
class Report:
    """Everything a person sees of one deployment; app.report turns it into text."""

    commit: Commit
    check_name: str
    environment: str = ""
    rows: tuple[Row, ...] = ()
    findings: tuple[Finding, ...] = ()
    log_tail: tuple[str, ...] = ()
    log_of: str = "Build log"
    """Whose log `log_tail` is, as its heading says it."""
    ending: Ending | None = None
    url: str = ""
    revision: str = ""
    ending_note: str = ""
    deployment_id: str = ""
    log_url: str = ""
    made: tuple[str, ...] = field(default=())
    remarks: tuple[str, ...] = ()
    """What was done and said beside the stages: what a preview does without, who pressed which button."""
    merge: tuple[str, ...] = ()
    """What merging the pull request would change where it serves."""
    buttons: tuple[Button, ...] = ()
    expires: float = 0.0
    """When a preview goes by itself, in epoch seconds; 0 when it does not."""
    serves: str = ""
    """The commit that serves after a rollback; empty when it is the report's own."""
    split: tuple[Traffic, ...] = ()
    """What serves after a rollback to several revisions at once, with their shares."""
    gone: str = ""
    """Why what this deployment made is no longer there."""
    serving: Serving | None = None
    """What serves after a deployment that failed; None where nobody asked."""
    why: str = ""
    """The rule that decided that this is deployed; empty where a person did, whom the first row names."""
