"""Issues, pull requests, which are issues too, and what is said under them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.github.records import Repo
from sandbox.github.words import now


@dataclass(kw_only=True)
class Issue:
    """What a number of a repository stands for; `author` is a login, `labels` are names."""

    id: int
    number: int
    repo: Repo
    title: str
    author: str
    body: str | None = None
    state: str = "open"
    locked: bool = False
    labels: list[str] = field(default_factory=list)
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    closed_at: str | None = None


@dataclass(frozen=True)
class Head:
    """Where a pull request's commits come from; the repository may be gone by now."""

    repo_id: int
    owner: str
    branch: str
    sha: str

    @property
    def label(self) -> str:
        return f"{self.owner}:{self.branch}"


@dataclass(frozen=True)
class Trial:
    """What came of merging `head` into `base` for a try; no commit when they conflict."""

    base: str
    head: str
    commit: str | None


@dataclass(kw_only=True)
class PullRequest(Issue):
    """An issue that asks for commits to be merged; `base_sha` is where the base branch was at the last push."""

    pull_id: int
    base: str
    base_sha: str
    head: Head
    draft: bool = False
    tried: Trial | None = None
    merge_sha: str | None = None
    merged_at: str | None = None
    merged_by: str | None = None

    @property
    def from_fork(self) -> bool:
        return self.head.repo_id != self.repo.id

    @property
    def ref(self) -> str:
        """Where the base repository keeps the head, whatever becomes of its branch."""
        return f"refs/pull/{self.number}/head"

    @property
    def span(self) -> tuple[str, str]:
        """The commits in question are those of the second that the first lacks."""
        return self.base_sha, self.head.sha


@dataclass(frozen=True)
class Reaction:
    """A face under a comment."""

    id: int
    login: str
    content: str
    created_at: str = field(default_factory=now)


@dataclass(kw_only=True)
class Comment:
    """What somebody said. `by_app`: the App did, with its own token."""

    id: int
    issue: Issue
    author: str
    body: str
    by_app: bool = False
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    reactions: list[Reaction] = field(default_factory=list)
