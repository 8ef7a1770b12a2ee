"""What GitHub remembers: repositories and their old names, installations, issues, checks, deployments."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.github.git import Git
from sandbox.github.issues import Comment, Issue, PullRequest
from sandbox.github.tokens import Tokens
from sandbox.github.words import Json, now

if TYPE_CHECKING:
    from sandbox.github.webhooks import Deliveries

ARCHIVE_SECONDS = 300.0
# Who works here unless somebody else is named: she founds the repositories.
FOUNDER = "ada"
# What a role may do, as `GET …/collaborators/{user}/permission` names it.
PERMISSIONS = {
    "admin": "admin",
    "maintain": "write",
    "write": "write",
    "triage": "read",
    "read": "read",
    "none": "none",
}


@dataclass
class Repo:
    """A repository; its id and its folder stay when it is renamed. `installed`: the App may see it."""

    id: int
    owner: str
    name: str
    git: Git
    private: bool = True
    installed: bool = True
    archived: bool = False
    parent: Repo | None = None
    created_at: str = field(default_factory=now)
    pushed_at: str = field(default_factory=now)
    pushing: threading.Lock = field(default_factory=threading.Lock)
    # Issues and pull requests are counted together.
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass
class Installation:
    """The App on one account."""

    id: int
    owner: str
    suspended_at: str | None = None
    suspended_by: str | None = None


@dataclass
class Suite:
    """The check suite of one commit. `rerequested`: somebody asked for all of it again, and no run has come since."""

    id: int
    repo: Repo
    sha: str
    branch: str | None
    created_at: str = field(default_factory=now)
    rerequested: bool = False


@dataclass
class CheckRun:
    """A check run; `annotations` and `actions` as they were sent."""

    id: int
    suite: Suite
    name: str
    external_id: str = ""
    details_url: str = ""
    status: str = "queued"
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)


@dataclass
class DeploymentStatus:
    """One state that a GitHub deployment was in."""

    id: int
    state: str
    description: str = ""
    log_url: str = ""
    environment_url: str = ""
    environment: str = ""
    created_at: str = field(default_factory=now)


@dataclass
class Deployment:
    """A GitHub deployment; its statuses, oldest first."""

    id: int
    repo: Repo
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: Any
    transient: bool
    production: bool
    statuses: list[DeploymentStatus] = field(default_factory=list)
    created_at: str = field(default_factory=now)

    @property
    def state(self) -> str:
        return self.statuses[-1].state if self.statuses else "pending"

    @property
    def active(self) -> bool:
        return self.state == "success"


@dataclass(frozen=True)
class AppFacts:
    """The App as it is registered: what app.yml asked for."""

    id: int
    slug: str
    name: str
    description: str
    url: str
    owner: str
    permissions: dict[str, str]
    events: tuple[str, ...]

    @classmethod
    def read(cls, manifest: Path, app_id: str) -> AppFacts:
        told = yaml.safe_load(manifest.read_text())
        slug = "-".join(str(told["name"]).lower().split())
        return cls(
            int(app_id),
            slug,
            str(told["name"]),
            str(told.get("description", "")),
            str(told.get("url", "")),
            "servergem",
            {"metadata": "read", **told.get("default_permissions", {})},
            tuple(told.get("default_events", ())),
        )


class Hub:
    """All of it, in memory; `lock` guards the lists, git guards itself."""

    def __init__(self, root: Path, app: AppFacts, tokens: Tokens, deliveries: Deliveries) -> None:
        self.root, self.app, self.tokens, self.deliveries = root, app, tokens, deliveries
        self.lock = threading.RLock()
        self.repos: dict[int, Repo] = {}
        self.issues: dict[tuple[int, int], Issue] = {}
        self.comments: dict[int, Comment] = {}
        self.runs: dict[int, CheckRun] = {}
        self.suites: dict[int, Suite] = {}
        self.deployments: dict[int, Deployment] = {}
        # When each repository's environment was first deployed to.
        self.environments: dict[tuple[int, str], str] = {}
        self.started = time.time()
        self._names: dict[str, int] = {}
        self._installations: dict[str, Installation] = {}
        self._organizations: set[str] = {app.owner.lower()}
        self._roles: dict[tuple[int, str], str] = {}
        self._ids = itertools.count(710_000_001)
        self._archive_keys: dict[str, tuple[int, float]] = {}
        # Granted when the App was installed; a new app.yml does not change that.
        self.granted = dict(app.permissions)

    def new_id(self) -> int:
        return next(self._ids)

    def create(self, owner: str, name: str, source: Path | None, *, private: bool, branch: str) -> Repo:
        with self.lock:
            self._insist_on_free(owner, name)
            id = self.new_id()  # noqa: A001 - GitHub's word
            git = Git.create(self._folder(id), source, branch, "Initial commit")
            self._organizations.add(owner.lower())
            if self.installed(owner) is None:
                self.install(owner)
            return self._added(Repo(id, owner, name, git, private))

    def fork(self, parent: Repo, owner: str) -> Repo:
        """A repository of its own, public as its parent; the App is not installed there."""
        with self.lock:
            self._insist_on_free(owner, parent.name)
            id = self.new_id()  # noqa: A001 - GitHub's word
            git = Git.fork(self._folder(id), parent.git)
            fork = Repo(id, owner, parent.name, git, parent.private, installed=False, parent=parent)
            self.set_role(fork, owner, "admin")
            return self._added(fork)

    def _insist_on_free(self, owner: str, name: str) -> None:
        if self.find(owner, name):
            raise ValueError(f"{owner}/{name} exists already")

    def _folder(self, id: int) -> Path:  # noqa: A002 - GitHub's word
        return self.root / "repositories" / f"{id}.git"

    def _added(self, repo: Repo) -> Repo:
        self.repos[repo.id] = repo
        self._names[repo.full_name.lower()] = repo.id
        return repo

    def rename(self, repo: Repo, name: str) -> None:
        """The old name goes on leading here until another repository takes it."""
        with self.lock:
            repo.name = name
            self._names[repo.full_name.lower()] = repo.id

    def transfer(self, repo: Repo, owner: str) -> None:
        """To another organization, where the App is installed too; the old name goes on leading here."""
        with self.lock:
            repo.owner = owner
            self._organizations.add(owner.lower())
            if self.installed(owner) is None:
                self.install(owner)
            self._names[repo.full_name.lower()] = repo.id

    def delete(self, repo: Repo) -> None:
        with self.lock:
            del self.repos[repo.id]
            self.issues = {key: issue for key, issue in self.issues.items() if issue.repo is not repo}

    def find(self, owner: str, name: str) -> Repo | None:
        """By its present or an old name, whatever the case of the letters."""
        id = self._names.get(f"{owner}/{name}".lower())  # noqa: A001 - GitHub's word
        return self.repos.get(id) if id is not None else None

    def of(self, full_name: str) -> Repo:
        repo = self.find(*full_name.split("/", 1))
        if repo is None:
            raise KeyError(f"there is no repository {full_name}")
        return repo

    def install(self, owner: str) -> Installation:
        with self.lock:
            installation = self._installations[owner.lower()] = Installation(self.new_id(), owner)
            return installation

    def uninstall(self, owner: str) -> Installation:
        """Every token of the installation ends with it."""
        with self.lock:
            installation = self._installations.pop(owner.lower())
        self.tokens.revoke_of(installation.id)
        return installation

    def installed(self, owner: str) -> Installation | None:
        return self._installations.get(owner.lower())

    def installed_on(self, repo: Repo) -> Installation | None:
        return self.installed(repo.owner) if repo.installed else None

    def installations(self) -> dict[int, Installation]:
        return {installation.id: installation for installation in self._installations.values()}

    def kind_of(self, login: str) -> str:
        """What an account is: a person unless it founded a repository or is the App."""
        if login.endswith("[bot]"):
            return "Bot"
        return "Organization" if login.lower() in self._organizations else "User"

    def set_role(self, repo: Repo, login: str, role: str) -> None:
        if role not in PERMISSIONS:
            raise ValueError(f"{role} is no role: {', '.join(PERMISSIONS)}")
        with self.lock:
            self._roles[repo.id, login.lower()] = role

    def role(self, repo: Repo, login: str) -> str:
        """Everybody may read what is public."""
        if login.lower() == repo.owner.lower():
            return "admin"
        otherwise = "admin" if login == FOUNDER and repo.parent is None else "none"
        role = self._roles.get((repo.id, login.lower()), otherwise)
        return "read" if role == "none" and not repo.private else role

    def may_write(self, repo: Repo, login: str) -> bool:
        return PERMISSIONS[self.role(repo, login)] in ("write", "admin")

    def pull(self, repo: Repo, number: int) -> PullRequest | None:
        found = self.issues.get((repo.id, number))
        return found if isinstance(found, PullRequest) else None

    def pulls(self) -> list[PullRequest]:
        """Of every repository, oldest first."""
        with self.lock:
            return [issue for issue in self.issues.values() if isinstance(issue, PullRequest)]

    def pulls_of(self, repo: Repo) -> list[PullRequest]:
        """Newest first."""
        return [pull for pull in reversed(self.pulls()) if pull.repo is repo]

    def comments_of(self, issue: Issue) -> list[Comment]:
        """Oldest first."""
        with self.lock:
            return [comment for comment in self.comments.values() if comment.issue is issue]

    def pushed(self, repo: Repo, before: Mapping[str, str]) -> None:
        """A push ended; the first branch of an empty repository becomes its default."""
        repo.pushed_at = now()
        branches = repo.git.branches()
        if not before and branches and repo.git.default_branch not in branches:
            repo.git.default_branch = next(iter(branches))

    def archive_key(self, repo: Repo) -> str:
        """What opens a private repository's archive for five minutes."""
        key = secrets.token_urlsafe(16)
        with self.lock:
            self._archive_keys[key] = (repo.id, time.time() + ARCHIVE_SECONDS)
        return key

    def opens(self, key: str, repo: Repo) -> bool:
        with self.lock:
            id, until = self._archive_keys.get(key, (0, 0.0))  # noqa: A001 - GitHub's word
        return id == repo.id and time.time() < until

    def suite_of(self, repo: Repo, sha: str, pushed: str | None = None) -> Suite:
        """The suite of a commit, made when it is first needed; `pushed` is the branch that brought it."""
        with self.lock:
            for suite in self.suites.values():
                if suite.repo is repo and suite.sha == sha:
                    return suite
            heads = repo.git.branches().items()
            branch = pushed or next((name for name, head in heads if head == sha), None)
            suite = Suite(self.new_id(), repo, sha, branch)
            self.suites[suite.id] = suite
            return suite

    def runs_of(self, repo: Repo, sha: str | None = None) -> list[CheckRun]:
        """Newest first."""
        with self.lock:
            found = [r for r in self.runs.values() if r.suite.repo is repo and sha in (None, r.suite.sha)]
        return sorted(found, key=lambda run: run.id, reverse=True)

    def latest_runs(self, repo: Repo, sha: str) -> list[CheckRun]:
        """The newest of each name, by name."""
        newest: dict[str, CheckRun] = {}
        for run in self.runs_of(repo, sha):
            newest.setdefault(run.name, run)
        return sorted(newest.values(), key=lambda run: run.name)

    def deployments_of(self, repo: Repo) -> list[Deployment]:
        """Newest first."""
        with self.lock:
            found = [d for d in self.deployments.values() if d.repo is repo]
        return sorted(found, key=lambda deployment: deployment.id, reverse=True)
