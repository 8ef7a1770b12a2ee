"""The whole house on this machine: the sandbox, a ServerGem beside it, and a person who pushes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import settings as hypothesis_settings

from sandbox.world import PROJECT, SAMPLES, Options, Sandbox
from tests.again import pytest_terminal_summary  # noqa: F401 - pytest looks for it here
from tests.setting_up import give_rights
from tests.warm import Process, servergem

pytest_plugins = ("tests.postgres",)

OWNER = "acme"
# Intervals are settings, so that no test waits for what only a person would wait for.
QUICK = {
    "BUILD_POLL_SECONDS": "0.05",
    "CHECK_RUN_SECONDS": "0.05",
    "RETRY_FIRST_WAIT": "0.05",
    "VERIFY_INTERVAL": "0.05",
    "VERIFY_DEADLINE": "30",
    "VERIFY_START": "30",
    "LOG_INTERVAL_SECONDS": "0.05",
    "LOG_PATIENCE_SECONDS": "2",
    "HEARTBEAT_SECONDS": "2",
    "CLOUD_RUN_WRITES": "6000",
    "LOG_FORMAT": "json",
    # Who may see what is the matter of tests/test_pages.py.
    "PAGES": "open",
    # Most stories are about an image; what runs without one is the matter of tests/test_without_build.py.
    "WITHOUT_BUILD": "no",
}
# One patience for everything that a test waits for: a busy machine is slow, and slow is not wrong.
PATIENCE = 300.0
# A busy machine is slow here too: an example that takes long is no fault.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")
# One for all questions over plain HTTP: a client of its own for each would read all certificate authorities each time,
# which costs more than what it asks for.
web = httpx.Client(
    verify=False, timeout=PATIENCE, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
)
# The fixtures behind which a server or a process stands.
SERVERS = {"world", "house", "desk", "google", "clients", "server", "door", "page", "engine"}
# Files whose tests think for seconds: every source file parsed, hostile
# input of its largest size, every sample, or what waits for a clock or a database.
LONG = {
    "test_advice",
    "test_again",
    "test_attacks_by_archive",
    "test_attacks_by_notice",
    "test_attacks_by_outlet",
    "test_attacks_by_repository",
    "test_diagnosis",
    "test_diagnosis_hostile",
    "test_dispatcher",
    "test_environments",
    "test_families",
    "test_escaping",
    "test_fallback",
    "test_fuzz",
    "test_house",
    "test_identity",
    "test_importing",
    "test_inspection",
    "test_light_packages",
    "test_kinds",
    "test_logs",
    "test_notices",
    "test_papers",
    "test_placeholders",
    "test_redaction",
    "test_sandbox_outside",
    "test_scale",
    "test_servergem_keys",
    "test_setup_host",
    "test_sizes",
    "test_strangers",
    "test_store",
    "test_turns",
    "test_writing",
}
# What is recorded here is held against GitHub's description, and against the table of what ServerGem's account may do,
# after the tests: tests/traffic.py.
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
    version: str = ""

    def start(self) -> None:
        settings = QUICK | self.settings
        # Who says so has asked Google for more.
        self.world.google.behaviour.quotas.setdefault("run.write", int(settings["CLOUD_RUN_WRITES"]))
        self.running = self.process.enter_context(
            servergem(self.world, self.folder, self.version, **settings)
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
        if self.running is not None:
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
        answer = web.get(f"{self.address}{path}")
        try:
            return answer.json()
        except ValueError as error:
            log = self.folder / "servergem.log"
            raise AssertionError(
                f"{path}: {answer.status_code} {answer.text}\n{log.read_text()[-9000:]}"
            ) from error

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
        """What failed and why, what is still under way, and the end of ServerGem's own log."""
        log = self.folder / "servergem.log"
        known = self.deployments()
        failed = [self._said_of(each) for each in known if each["ending"] == "failed"]
        open_ones = [(each["name"], each["sha"][:7], each["rows"]) for each in known if not each["ending"]]
        return "\n".join([*failed, str(open_ones), log.read_text()[-30_000:] if log.exists() else "no log"])

    def _said_of(self, deployment: dict[str, Any]) -> str:
        runs = self.world.github.check_runs(deployment["repository"], deployment["sha"])
        said = [run["output"]["summary"] or "" for run in runs if run["conclusion"] == "failure"]
        return "\n".join([f"FAILED {deployment['name']} {deployment['sha'][:7]}", *said])


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
    """What `look` finds, soon after there is something; a dear look is taken less often than a cheap one.

    Often enough for what lasts half a second and is over.
    """
    until = time.monotonic() + PATIENCE
    while (before := time.monotonic()) < until:
        if found := look():
            return found
        time.sleep(min(0.25, max(0.05, 10 * (time.monotonic() - before))))
    raise AssertionError(f"{what} did not come within {PATIENCE:.0f} s\n{evidence()}")


def answer_of(url: str) -> httpx.Response:
    """A service at its own address, by host name, wherever the resolver thinks localhost's children are."""
    address = httpx.URL(url)
    return web.get(address.copy_with(host="127.0.0.1"), headers={"host": address.netloc.decode()})


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two for each processor: much of a story's time is spent waiting for somebody; three are no sooner done."""
    return 2 * (os.cpu_count() or 1)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Name what fails at once and with its reason, so that a suite which is cut off has told it all the same."""
    if not report.failed:
        return None
    category = "failed" if report.when == "call" else "error"
    return category, f"\nFAILED {report.nodeid} ({report.when})\n{report.longreprtext}\n", "FAILED"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what talks to a server and what thinks long, so that `make quick` runs everything else."""
    for item in items:
        if item.path.stem in LONG:
            item.add_marker("long")
        fixtures = set(getattr(item, "fixturenames", ()))
        on_postgres = "database" in fixtures and "postgres" in item.callspec.params.values()  # type: ignore[attr-defined]
        if SERVERS & fixtures or on_postgres:
            item.add_marker("wire")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_in(tmp_path) as world:
        yield world


@contextmanager
def sandbox_in(folder: Path) -> Iterator[Sandbox]:
    """GitHub and Google Cloud, empty; the project exists, with the accounts and roles of `setup google` and no more."""
    record = folder / "github.jsonl"
    with Sandbox(folder / "sandbox", Options(record=record)) as world:
        world.github.deliveries.patience = PATIENCE
        world.google.project(PROJECT)
        give_rights(world.google, PROJECT)
        yield world
    name = keep_traffic(record)
    (TRAFFIC / f"{name}.permissions").write_text("\n".join(sorted(world.google.projects.used())))
    called = {"called": [*world.google.calls, *world.github.calls], "lost": sorted(world.faults.lost())}
    (TRAFFIC / f"{name}.calls").write_text(json.dumps(called))


def keep_traffic(record: Path) -> str:
    """Put what was said to GitHub where tests/traffic.py looks; the name under which it is there."""
    TRAFFIC.mkdir(parents=True, exist_ok=True)
    name = uuid4().hex
    if record.exists():
        shutil.copyfile(record, TRAFFIC / f"{name}.jsonl")
    return name


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """The sandbox with a running ServerGem."""
    house = House(world, tmp_path)
    house.start()
    yield house
    house.kill()  # it may end at any moment; how it ends when it is asked to is a test of its own
