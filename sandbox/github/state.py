"""What GitHub remembers: repositories and their old names, check runs, suites, deployments."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.github.git import Git
from sandbox.github.tokens import Tokens
from sandbox.github.words import Json, now

if TYPE_CHECKING:
    from sandbox.github.webhooks import Deliveries

ARCHIVE_SECONDS = 300.0


@dataclass
class Repo:
    """A repository; its id and its folder stay when it is renamed."""

    id: int
    owner: str
    name: str
    git: Git
    private: bool = True
    created_at: str = field(default_factory=now)
    pushed_at: str = field(default_factory=now)
    pushing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Suite:
    """The check suite of one commit."""

    id: int
    repo: Repo
    sha: str
    branch: str | None
    created_at: str = field(default_factory=now)


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
        self.runs: dict[int, CheckRun] = {}
        self.suites: dict[int, Suite] = {}
        self.deployments: dict[int, Deployment] = {}
        self.started = time.time()
        self._names: dict[str, int] = {}
        self._installations: dict[str, int] = {}
        self._ids = itertools.count(710_000_001)
        self._archive_keys: dict[str, tuple[int, float]] = {}
        # Granted when the App was installed; a new app.yml does not change that.
        self.granted = dict(app.permissions)

    def new_id(self) -> int:
        return next(self._ids)

    def create(self, owner: str, name: str, source: Path | None, *, private: bool, branch: str) -> Repo:
        with self.lock:
            if self.find(owner, name):
                raise ValueError(f"{owner}/{name} exists already")
            id = self.new_id()  # noqa: A001 - GitHub's word
            git = Git.create(self.root / "repositories" / f"{id}.git", source, branch, "Initial commit")
            repo = self.repos[id] = Repo(id, owner, name, git, private)
            self._names[repo.full_name.lower()] = id
            self._installations.setdefault(owner.lower(), self.new_id())
            return repo

    def rename(self, repo: Repo, name: str) -> None:
        """The old name goes on leading here until another repository takes it."""
        with self.lock:
            repo.name = name
            self._names[repo.full_name.lower()] = repo.id

    def find(self, owner: str, name: str) -> Repo | None:
        """By its present or an old name, whatever the case of the letters."""
        id = self._names.get(f"{owner}/{name}".lower())  # noqa: A001 - GitHub's word
        return self.repos.get(id) if id is not None else None

    def of(self, full_name: str) -> Repo:
        repo = self.find(*full_name.split("/", 1))
        if repo is None:
            raise KeyError(f"there is no repository {full_name}")
        return repo

    def installation_of(self, owner: str) -> int:
        return self._installations[owner.lower()]

    def installations(self) -> dict[int, str]:
        """The owner's login by installation."""
        owners = {repo.owner.lower(): repo.owner for repo in self.repos.values()}
        return {number: owners[owner] for owner, number in self._installations.items()}

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

    def suite_of(self, repo: Repo, sha: str) -> Suite:
        with self.lock:
            for suite in self.suites.values():
                if suite.repo is repo and suite.sha == sha:
                    return suite
            branch = next((name for name, head in repo.git.branches().items() if head == sha), None)
            suite = Suite(self.new_id(), repo, sha, branch)
            self.suites[suite.id] = suite
            return suite

    def runs_of(self, repo: Repo, sha: str | None = None) -> list[CheckRun]:
        """Newest first."""
        with self.lock:
            found = [r for r in self.runs.values() if r.suite.repo is repo and sha in (None, r.suite.sha)]
        return sorted(found, key=lambda run: run.id, reverse=True)

    def deployments_of(self, repo: Repo) -> list[Deployment]:
        """Newest first."""
        with self.lock:
            found = [d for d in self.deployments.values() if d.repo is repo]
        return sorted(found, key=lambda deployment: deployment.id, reverse=True)
