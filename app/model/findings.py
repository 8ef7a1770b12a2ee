"""What is found wrong, in words a person can act on, and the two ways out of a stage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Blame(StrEnum):
    """Whose fault a Finding is; `unknown` is an honest answer."""

    YOU = "you"
    PROJECT = "project"
    GOOGLE = "google"
    GITHUB = "github"
    SANDBOX = "sandbox"
    SERVERGEM = "servergem"
    UNKNOWN = "unknown"


class Weight(StrEnum):
    """What a Finding does to the deployment: ends it, warns, or only informs."""

    STOP = "stop"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True)
class Place:
    """Lines of one file of the repository, counted from 1; `end_line` is included."""

    path: str
    line: int = 1
    end_line: int | None = None

    @property
    def last_line(self) -> int:
        return self.end_line if self.end_line is not None else self.line


class Button(StrEnum):
    """What a person may press on a finished check run or on a page; the value is what GitHub gives back to us.

    Beside it what the button says and what it does: at most 20 and 40 characters.
    https://docs.github.com/rest/checks/runs#create-a-check-run
    """

    label: str
    description: str

    def __new__(cls, value: str, label: str, description: str) -> Button:
        button = str.__new__(cls, value)
        button._value_, button.label, button.description = value, label, description
        return button

    RETRY = "retry", "Retry", "Run this deployment once more"
    ROLL_BACK = "roll-back", "Roll back", "Give the traffic back as it was before"
    PROMOTE = "promote", "Promote", "Deploy this image to production"
    EXTEND = "extend", "Extend 24 h", "Keep this preview for another day"
    APPROVE = "approve", "Approve deploy", "Deploy this commit, once"
    ENABLE_API = "enable-api", "Enable API", "Run the gcloud command shown above"
    GRANT_ROLE = "grant-role", "Grant role", "Run the gcloud command shown above"
    LOCK = "lock", "Lock", "Let deployments wait for a day"
    UNLOCK = "unlock", "Unlock", "Let the newest waiting deployment go"


@dataclass(frozen=True)
class Remedy:
    """The one thing that would mend a Finding, where a button may do it once a person has said so.

    `what` is an API or a role, `member` who would get the role. The Finding's fix shows the same as a command.
    """

    button: Button
    project: str
    what: str
    member: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing found, in words a person can act on.

    `code` is kebab-case and stable. `title` names the real thing in at most about 80 characters.
    `message` says in a sentence or two what happened, `fix` what to type or write now, and where.
    `excerpt` is the evidence as printed, already redacted. `until` is when it mends itself, in epoch seconds; or 0.
    """

    code: str
    title: str
    fix: str
    blame: Blame = Blame.YOU
    weight: Weight = Weight.STOP
    message: str = ""
    place: Place | None = None
    excerpt: str = ""
    link: str = ""
    remedy: Remedy | None = None
    until: float = 0.0


class Stop(Exception):  # noqa: N818 - it is the house's word, and not always an error
    """The only exception that leaves a stage on purpose; it carries the Findings, worst first.

    One positional argument, because the workflow engine has to write it down and read it back.
    """

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings)
        self.findings = findings

    @property
    def finding(self) -> Finding:
        return self.findings[0]


class Superseded(Exception):  # noqa: N818 - an ending, not an error
    """A newer commit took this deployment's lane before it moved traffic."""

    def __init__(self, successor: str) -> None:
        super().__init__(successor)
        self.successor = successor
