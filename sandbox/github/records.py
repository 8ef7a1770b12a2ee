"""What GitHub keeps one of each of: repositories, installations, suites, check runs, deployments."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from sandbox.github.git import Git
from sandbox.github.words import Json, now

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# What a role may do, as `GET …/collaborators/{user}/permission` names it.
PERMISSIONS = {
    "admin": "admin",
    "maintain": "write",
    "write": "write",
    "triage": "read",
    "read": "read",
    "none": "none",
}


@dataclass(frozen=True)
class Activity:
    """What once happened to a branch. `kind` is GitHub's word for it, `at` its own form of time."""

    id: int
    kind: str
    ref: str
    before: str
    after: str
    login: str
    at: str


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
    activities: list[Activity] = field(default_factory=list)
    # Issues and pull requests are counted together.
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def forked_from(self) -> list[Repo]:
        """What it was forked from, and what that was: the last is GitHub's `source`, which has no parent."""
        return [self.parent, *self.parent.forked_from] if self.parent else []


@dataclass
class Installation:
    """The App on one account: on `all_of_it`, or on chosen repositories."""

    id: int
    owner: str
    all_of_it: bool = True
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
    """The App as it is registered: what app.yml asked for. Its id is 0 where none is."""

    id: int
    slug: str
    name: str
    description: str
    url: str
    owner: str
    permissions: dict[str, str]
    events: tuple[str, ...]
    callbacks: tuple[str, ...] = ()

    @classmethod
    def read(cls, manifest: Path, app_id: str) -> AppFacts:
        told = yaml.safe_load(manifest.read_text())
        slug = "-".join(str(told["name"]).lower().split())
        return cls.told(told, int(app_id), slug, "servergem")

    @classmethod
    def none(cls) -> AppFacts:
        return cls(0, "", "", "", "", "servergem", {}, ())

    @classmethod
    def told(cls, told: Json, id: int, slug: str, owner: str) -> AppFacts:  # noqa: A002 - GitHub's word
        return cls(
            id,
            slug,
            str(told["name"]),
            str(told.get("description", "")),
            str(told.get("url", "")),
            owner,
            {"metadata": "read", **told.get("default_permissions", {})},
            tuple(told.get("default_events", ())),
            tuple(told.get("callback_urls", ())),
        )


@dataclass(frozen=True)
class Client:
    """How the App is registered for people who sign in."""

    id: str
    secret: str
    callbacks: tuple[str, ...]

    @classmethod
    def new(cls, callbacks: tuple[str, ...]) -> Client:
        return cls(f"Iv23li{secrets.token_hex(7)}", secrets.token_hex(20), callbacks)

    def fits(self, redirect: str) -> bool:
        """A registered callback URL; at loopback any port is as good:
        https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#loopback-urls
        """
        return any(_without_port(redirect) == _without_port(each) for each in self.callbacks)


@dataclass(frozen=True)
class Code:
    """What a code of the manifest flow is good for, and until when (epoch seconds)."""

    told: Json
    until: float


def _without_port(url: str) -> tuple[str, str, str]:
    address = urlsplit(url)
    host = address.hostname or ""
    return address.scheme, host if host in LOOPBACK else address.netloc, address.path
