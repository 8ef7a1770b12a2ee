"""The whole house on this machine: the sandbox, a ServerGem beside it, and a person who pushes."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from sandbox.demo import Process, servergem
from sandbox.world import PROJECT, SAMPLES, Options, Sandbox

OWNER = "acme"
# Intervals are settings, so that no test waits for what only a person would wait for.
QUICK = {
    "BUILD_POLL_SECONDS": "0.05",
    "CHECK_RUN_SECONDS": "0.05",
    "RETRY_FIRST_WAIT": "0.05",
    "VERIFY_INTERVAL": "0.05",
    "VERIFY_DEADLINE": "5",
    "LOG_INTERVAL_SECONDS": "0.05",
    "LOG_PATIENCE_SECONDS": "2",
    "HEARTBEAT_SECONDS": "2",
    "LOG_FORMAT": "json",
}
PATIENCE = 60.0
# What is recorded here is held against GitHub's description after the tests: tests/traffic.py.
TRAFFIC = Path(__file__).parent.parent / "build" / "traffic"


@dataclass
class House:
    """A ServerGem against its sandbox, and what a test wants of both."""

    world: Sandbox
    folder: Path
    address: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    process: ExitStack = field(default_factory=ExitStack)
    running: Process | None = None

    def start(self) -> None:
        self.running = self.process.enter_context(
            servergem(self.world, self.folder, **(QUICK | self.settings))
        )
        self.address = self.running.address
        self.world.github.webhook_url = f"{self.address}/webhook"

    def ready(self) -> None:
        """Wait until GitHub, Google and the store have answered."""
        eventually(lambda: self.get("/readyz")["ready"], "a ready ServerGem", self.log_tail)

    def stop(self) -> None:
        self.process.close()

    def kill(self) -> None:
        """kill -9, and nothing more."""
        assert self.running is not None
        self.running.kill()
        self.process.close()

    def repository(self, sample: str, name: str = "") -> Work:
        """A repository on GitHub with a sample in it, cloned and not yet pushed."""
        name = name or sample
        self.world.github.create_repository(OWNER, name, None)
        work = Work(self, name, self.folder / "work" / name)
        work.path.parent.mkdir(parents=True, exist_ok=True)
        work.git(
            "clone", "-q", self.world.github.clone_url(f"{OWNER}/{name}"), str(work.path), cwd=self.folder
        )
        shutil.copytree(SAMPLES / sample, work.path, dirs_exist_ok=True)
        work.git("checkout", "-q", "-B", "main")
        return work

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.address}{path}", timeout=10).json()

    def deployments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/deployments.json")
        return found

    def ended(self, sha: str, name: str = "") -> dict[str, Any]:
        """The deployment of a commit, once it has ended."""
        found: dict[str, Any] = eventually(
            lambda: next(
                (
                    d
                    for d in self.deployments()
                    if d["sha"] == sha and d["ending"] and (not name or name in d["name"])
                ),
                None,
            ),
            f"the end of the deployment of {sha[:7]}",
            self.log_tail,
        )
        return found

    def check_run(self, name: str, sha: str, check_name: str = "") -> dict[str, Any]:
        """The one check run of a commit (or the one of this name), once GitHub shows it completed."""
        found: dict[str, Any] = eventually(
            lambda: next(
                (
                    run
                    for run in self.world.github.check_runs(f"{OWNER}/{name}", sha)
                    if run["status"] == "completed" and check_name in ("", run["name"])
                ),
                None,
            ),
            f"a completed check run on {sha[:7]}",
            self.log_tail,
        )
        return found

    def log_tail(self) -> str:
        """What is still under way, and the end of ServerGem's own log."""
        log = self.folder / "servergem.log"
        open_ones = [(d["name"], d["sha"][:7], d["rows"]) for d in self.deployments() if not d["ending"]]
        return f"{open_ones}\n{log.read_text()[-6000:] if log.exists() else 'no log'}"


@dataclass
class Work:
    """A person's clone."""

    house: House
    name: str
    path: Path

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *arguments],
            cwd=cwd or self.path,
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
        )
        return done.stdout.strip()

    def push(self, message: str = "A change", *, branch: str = "main", **files: str) -> str:
        """Commit everything (and `files`, by path) and push; the commit's sha."""
        for path, text in files.items():
            (self.path / path).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", f"HEAD:{branch}")
        return self.git("rev-parse", "HEAD")


def eventually(look: Callable[[], Any], what: str, evidence: Callable[[], str] = lambda: "") -> Any:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {PATIENCE:.0f} s\n{evidence()}")


def answer_of(url: str) -> httpx.Response:
    """A service at its own address, by host name, wherever the resolver thinks localhost's children are."""
    address = httpx.URL(url)
    return httpx.get(
        address.copy_with(host="127.0.0.1"), headers={"host": address.netloc.decode()}, timeout=10
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sandbox]:
    """GitHub and Google Cloud, empty; the project exists and has nothing in it."""
    record = tmp_path / "github.jsonl"
    with Sandbox(tmp_path / "sandbox", Options(record=record)) as world:
        world.google.project(PROJECT)
        yield world
    if record.exists():
        TRAFFIC.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record, TRAFFIC / f"{uuid4().hex}.jsonl")


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """The sandbox with a running ServerGem."""
    house = House(world, tmp_path)
    house.start()
    yield house
    house.stop()
