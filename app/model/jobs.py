"""What a delivery asks of us: one class for each kind of job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.model.formerly import formerly
from app.model.github import Commit, Repository


@dataclass(frozen=True)
class Deploy:
    """A Job: bring this commit of this branch to wherever its configuration says.

    `before` is the commit that the branch pointed at until now; empty when that cannot be compared
    with (a new branch, a force push), which means "everything changed". `only` names the one check run
    that is run again; empty means every service. `by` is the person who asked for it, when one did, and
    `pusher` who pushed it: each by the login of that moment, and by the id, which stays. `missed` is when it was
    pushed (epoch seconds), where no webhook told of it.
    """

    commit: Commit
    before: str = ""
    delivery_id: str = ""
    only: str = ""
    by: str = ""
    pusher: str = ""
    missed: float = 0.0
    by_id: int = 0
    pusher_id: int = 0


@dataclass(frozen=True)
class LookAtPullRequest:
    """A Job: make what runs for a pull request agree with what GitHub says of it now.

    `attempt` is empty for GitHub's own events, so that the same head is deployed once however many come;
    a person who wants it again gives one. `only` names one service; `answer` is the comment to keep current.
    """

    repository: Repository
    number: int
    delivery_id: str
    attempt: str = ""
    only: tuple[str, ...] = ()
    answer: int = 0


@dataclass(frozen=True)
class PressButton:
    """A Job: somebody pressed a button of a check run. `button` is RERUN for GitHub's own "Re-run".

    `deployment_id` is the one that the check run shows; empty means every check run of this commit. `words` are what
    its presser wrote beside it, as a lock's reason.
    """

    __pydantic_config__: ClassVar = formerly(deployment_id="run_id")

    repository: Repository
    sha: str
    branch: str
    button: str
    sender: str
    delivery_id: str
    check_name: str = ""
    deployment_id: str = ""
    words: str = ""
    sender_id: int = 0


@dataclass(frozen=True)
class HearComment:
    """A Job: a comment on a pull request that speaks to us. `at` is when it was made, as GitHub writes it."""

    repository: Repository
    number: int
    comment_id: int
    author: str
    text: str
    at: str
    link: str
    delivery_id: str
    author_id: int = 0


@dataclass(frozen=True)
class ReportToQueue:
    """A Job: a merge queue waits for our check runs on this commit."""

    commit: Commit
    delivery_id: str


@dataclass(frozen=True)
class LookAtRepository:
    """A Job: a repository came within reach; its owner wants to know whether a push would deploy it."""

    repository: Repository
    delivery_id: str


@dataclass(frozen=True)
class LeaveRepository:
    """A Job: a repository is out of reach (uninstalled, archived, deleted), and its previews have to go."""

    repository: Repository
    reason: str
    delivery_id: str


@dataclass(frozen=True)
class BringImage:
    """A Job: an image that somebody else built is to serve. It may be a digest alone, of the image that is configured.

    Without a `service` the only one is meant, without an `environment` home. `answer` is the comment to keep current.
    """

    repository: Repository
    service: str
    environment: str
    image: str
    by: str
    delivery_id: str
    answer: int = 0
    by_id: int = 0


@dataclass(frozen=True)
class DeployRelease:
    """A Job: a release was published; its tag deploys, unless the push of the tag has been heard of."""

    repository: Repository
    tag: str
    by: str
    delivery_id: str
    by_id: int = 0


@dataclass(frozen=True)
class EndSessions:
    """A Job: a person took back what they had allowed the App, and is signed in at no page any more."""

    person_id: int
    delivery_id: str


@dataclass(frozen=True)
class Ignore:
    """A Job that is none, with the reason that the sender and `/explain` read."""

    reason: str


Job = (
    Deploy
    | LookAtPullRequest
    | PressButton
    | HearComment
    | ReportToQueue
    | LookAtRepository
    | LeaveRepository
    | BringImage
    | DeployRelease
    | EndSessions
    | Ignore
)


RERUN = "rerun"
