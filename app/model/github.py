"""GitHub's things as everybody here knows them: a repository, a commit, a pull request, a delivery."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Repository:
    """A GitHub repository. Keyed by `id`: names change, ids do not."""

    id: int
    owner: str
    name: str
    installation_id: int
    default_branch: str = "main"

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Person:
    """A GitHub account; a login may pass to somebody else, an id never does, and is 0 where it is not known."""

    id: int
    login: str

    def is_same(self, other: Person) -> bool:
        """By id; by login only where one of the two ids is not known."""
        if self.id and other.id:
            return self.id == other.id
        return self.login.lower() == other.login.lower()


@dataclass(frozen=True)
class Commit:
    """One commit of a repository, on the branch whose push told us of it, or of the default one for a tag's.

    `pull_request` is the number of the pull request whose head it is, 0 when it is deployed for its branch.
    `author` is a login at GitHub, empty where it is not known; it makes no commit another one. Nor does `written`, its
    committer's time in epoch seconds, 0 where it is not known.
    """

    repository: Repository
    sha: str
    branch: str
    message: str = ""
    tree: str = ""
    pull_request: int = 0
    author: str = field(default="", compare=False)
    tag: str = ""
    """The tag whose push told us of it."""
    replaces: str = field(default="", compare=False)
    """The commit that this tag brought to its Target before it was moved."""
    written: float = field(default=0.0, compare=False)
    within: str = field(default="", compare=False)
    """The branch that had it when a person asked for it somewhere, and has to have it still when it goes there."""

    @property
    def short(self) -> str:
        return self.sha[:7]

    @property
    def came_as(self) -> str:
        """What was pushed, in words."""
        return f"the tag {self.tag}" if self.tag else f"the branch {self.branch}"


@dataclass(frozen=True)
class PullRequest:
    """A pull request as GitHub shows it now. `head_repository` is None when the fork it came from is gone."""

    repository: Repository
    number: int
    open: bool
    merged: bool
    draft: bool
    labels: tuple[str, ...]
    head_sha: str
    head_branch: str
    head_repository: int | None
    base_branch: str
    base_sha: str
    author: str = ""
    title: str = ""
    merge_sha: str = ""
    """The commit that merged it; of one that is not merged, one that only tries."""
    bot: bool = False

    @property
    def fork(self) -> bool:
        """Whether somebody without a right to this repository may have written it: a stranger, or a bot for one."""
        return self.bot or self.head_repository != self.repository.id

    @property
    def seen(self) -> str:
        """All of it that decides what runs for it; another text means that it has to be looked at again."""
        told = (self.open, self.draft, sorted(self.labels), self.head_sha, self.base_branch)
        return json.dumps(told)

    @staticmethod
    def head_of(seen: str) -> str:
        """The head of a pull request that was `seen` so; empty when it never was."""
        return str(json.loads(seen)[3]) if seen else ""

    @property
    def head(self) -> Commit:
        """The commit to deploy."""
        return Commit(
            self.repository, self.head_sha, self.head_branch, pull_request=self.number, author=self.author
        )

    @property
    def base(self) -> Commit:
        """The commit that it was compared with: what its configuration is when it is not trusted."""
        return Commit(self.repository, self.base_sha, self.base_branch)


@dataclass(frozen=True)
class Delivery:
    """One verified webhook. `payload` is the JSON text that GitHub signed, whole.

    `signature` is over the body alone: with another id, or as another event, the same one is a replay.
    `installation` and `repository` are whose it is: with whom it takes turns; 0 where it does not say.
    """

    id: str
    event: str
    action: str | None
    payload: bytes
    signature: str = ""
    installation: int = 0
    repository: int = 0

    def __repr__(self) -> str:
        return f"Delivery({self.id}, {self.event}, {self.action}, {len(self.payload)} bytes)"
