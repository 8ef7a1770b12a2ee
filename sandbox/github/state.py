"""What GitHub remembers: repositories and their old names, installations, issues, checks, deployments."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.github.archive_keys import ArchiveKeys
from sandbox.github.git import Git
from sandbox.github.issues import Comment, Issue, PullRequest
from sandbox.github.logins import Logins
from sandbox.github.records import (
    PERMISSIONS,
    AppFacts,
    CheckRun,
    Client,
    Code,
    Deployment,
    Installation,
    Repo,
    Suite,
)
from sandbox.github.replicas import Replicas
from sandbox.github.tokens import Tokens
from sandbox.github.words import Json, now

if TYPE_CHECKING:
    from sandbox.github.webhooks import Deliveries

DEFAULT_BRANCH = "main"
# What an account and a repository may be called: https://docs.github.com/repositories/creating-and-managing-repositories
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
# Who works here unless somebody else is named: she founds the repositories.
FOUNDER = "ada"


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
        # What a person has set for an environment, in GitHub's own words; without it there is no rule.
        self.rules: dict[tuple[int, str], Json] = {}
        self.protected: set[tuple[int, str]] = set()
        self.started = time.time()
        self._names: dict[str, int] = {}
        self._installations: dict[str, Installation] = {}
        self._organizations: set[str] = {app.owner.lower()}
        self.logins = Logins()
        self._ids = itertools.count(710_000_001)
        self.archive_keys = ArchiveKeys()
        self.replicas = Replicas()
        # Granted when the App was installed; a new app.yml does not change that.
        self.granted = dict(app.permissions)
        self.client = Client.new(app.callbacks)
        self.codes: dict[str, Code] = {}

    def registered(self, app: AppFacts, *, organization: bool) -> None:
        """This is the App from now on, installed nowhere yet."""
        with self.lock:
            self.app, self.granted, self.client = app, dict(app.permissions), Client.new(app.callbacks)
            self._organizations.update({app.owner.lower()} if organization else ())

    def new_id(self) -> int:
        return next(self._ids)

    def create(self, owner: str, name: str, source: Path | None, *, private: bool, branch: str) -> Repo:
        with self.lock:
            self._insist_on_free(owner, name)
            id = self.new_id()  # noqa: A001 - GitHub's word
            git = Git.create(self._folder(id), source, branch, "Initial commit")
            self._organizations.add(owner.lower())
            if self.app.id and self.installed(owner) is None:
                self.install(owner)
            reached = (there := self.installed(owner)) is not None and there.all_of_it
            return self._added(Repo(id, owner, name, git, private, reached))

    def founded(self, owner: str, name: str) -> Repo | None:
        """The repository that a person wants under a free name: public, with the App; None for what is no name."""
        with self.lock:
            if not (_LOGIN.fullmatch(owner) and _NAME.fullmatch(name)) or name in (".", ".."):
                return None
            known = self.find(owner, name)
            return known or self.create(owner, name, None, private=False, branch=DEFAULT_BRANCH)

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
        # A renamed one's old name leads to it until somebody takes that: docs.github.com, "Renaming a repository".
        if (known := self.find(owner, name)) and known.full_name.lower() == f"{owner}/{name}".lower():
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

    def install(self, owner: str, *, all_of_it: bool = True) -> Installation:
        with self.lock:
            installation = Installation(self.new_id(), owner, all_of_it)
            self._installations[owner.lower()] = installation
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
        with self.lock:
            self.logins.give_role(repo.id, login, role)

    def role(self, repo: Repo, login: str) -> str:
        """Everybody may read what is public."""
        if login.lower() == repo.owner.lower():
            return "admin"
        otherwise = "admin" if login == FOUNDER and repo.parent is None else "none"
        role = self.logins.role(repo.id, login, otherwise)
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
        newest = {run.name: run for run in reversed(self.runs_of(repo, sha))}
        return sorted(newest.values(), key=lambda run: run.name)

    def deployments_of(self, repo: Repo) -> list[Deployment]:
        """Newest first."""
        with self.lock:
            found = [d for d in self.deployments.values() if d.repo is repo]
        return sorted(found, key=lambda deployment: deployment.id, reverse=True)
