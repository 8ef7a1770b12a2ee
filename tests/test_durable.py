"""Stories outlive the process that runs them: a real journal, a real kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import durable
from app.durable import Engine
from app.model import Commit, Deploy, Finding, Repository, Stop, Superseded
from app.settings import Settings, load
from app.store import Store

KEY = "not a key"
JOB = Deploy(Commit(Repository(1, "acme", "api", 2), "a" * 40, "main"), delivery_id="d")


def settings(data: Path, **more: str) -> Settings:
    return load(
        {
            "GITHUB_APP_ID": "1",
            "GITHUB_PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\n",
            "GITHUB_WEBHOOK_SECRET": "a webhook secret",
            "GOOGLE_CLOUD_PROJECT": "demo-project",
            "SERVERGEM_DATA": str(data),
            "HEARTBEAT_SECONDS": "0.2",
            **more,
        }
    )


def until(fact: Callable[[], bool], patience: float = 20.0) -> None:
    end = time.monotonic() + patience
    while not fact():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def engine(tmp_path: Path, store: Store) -> Iterator[Engine]:
    made = Engine(settings(tmp_path), store)
    yield made
    made.shutdown()


def test_a_story_runs_once_for_each_id(engine: Engine) -> None:
    """Starting a story twice under one id runs it once, with its argument as it was."""
    seen: list[Deploy] = []
    engine.story("push", seen.append, Deploy)
    engine.launch()
    engine.start("push", "delivery:1:0", JOB)
    until(lambda: engine.finished("delivery:1:0"))
    engine.start("push", "delivery:1:0", JOB)
    until(lambda: engine.finished("delivery:1:0"))
    assert seen == [JOB]


def test_a_step_outside_a_story_just_runs() -> None:
    """Without a story there is no journal, and a step is its work."""
    assert durable.step("add", lambda: 1 + 1, int) == 2


def test_a_story_starts_another(engine: Engine) -> None:
    """A story can start further stories, each under an id of its own."""
    seen: list[str] = []
    engine.story("parent", lambda job: durable.start("child", f"{job}-child", f"of {job}"), str)
    engine.story("child", seen.append, str)
    engine.launch()
    engine.start("parent", "p", "one")
    until(lambda: engine.finished("p") and seen == ["of one"])


@pytest.mark.parametrize(
    "ending",
    [
        Stop((Finding("no-billing", "Billing is off", "Turn it on"),)),
        Superseded("b" * 40),
        ValueError("a bug"),
    ],
    ids=lambda ending: type(ending).__name__,
)
def test_how_a_step_ended_is_raised_as_it_was(engine: Engine, ending: Exception) -> None:
    """What a step raises reaches its story unchanged."""
    seen: list[BaseException] = []

    def work() -> None:
        raise ending

    def story(_job: str) -> None:
        try:
            durable.step("work", work, type(None))
        except (Stop, Superseded, ValueError) as error:
            seen.append(error)

    engine.story("story", story, str)
    engine.launch()
    engine.start("story", "s", "")
    until(lambda: engine.finished("s"))
    assert seen == [ending]


@contextmanager
def running(data: Path, story: Callable[[str], None]) -> Iterator[Engine]:
    """A process's life: its store and its engine, from launch to a clean stop."""
    store = Store.open(data)
    engine = Engine(settings(data), store)
    engine.story("story", story, str)
    engine.launch()
    yield engine
    engine.shutdown()
    store.close()


STORY = """
import os, sys, time
from pathlib import Path
from app import durable
from app.model import Finding, Stop, Superseded
from app.store import Store
from tests.test_durable import settings, until

folder = Path(sys.argv[1])

def note(line):
    with (folder / "notes").open("a") as file:
        print(line, file=file, flush=True)

def stop():
    note("stop")
    raise Stop((Finding("no-billing", "Billing is off", "Turn it on"),))

def superseded():
    raise Superseded("b" * 40)

def broken():
    raise ValueError("a bug")

def ended(work):
    try:
        durable.step("end", work, type(None))
    except Exception as error:
        return f"{type(error).__name__} {error}"

def interrupted():
    note("second")
    while not (folder / "go").exists():
        time.sleep(0.01)
    return ("two", 2)

def story(job):
    assert durable.step("first", lambda: note("first") or 1, int) == 1
    endings = [ended(work) for work in (stop, superseded, broken)]
    assert durable.step("second", interrupted, tuple[str, int]) == ("two", 2)
    for ending in endings:
        note(ending)
    note("end of " + job)

store = Store.open(folder / "data")
engine = durable.Engine(settings(folder / "data", **dict(part.split("=") for part in sys.argv[3:])), store)
engine.story("story", story, str)
if sys.argv[2] != "1":
    durable.VERSION = sys.argv[2]
engine.launch()
engine.start("story", "run", "it")
until(lambda: engine.finished("run"))
engine.shutdown()
store.close()
"""


def begin(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", STORY, str(folder), "1", *more], cwd=Path(__file__).parent.parent
    )


def notes(folder: Path) -> list[str]:
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("executor", ["", "EXECUTOR_ID=fixed"], ids=["own id", "fixed id"])
def test_a_killed_story_goes_on_where_it_was(tmp_path: Path, executor: str) -> None:
    """After kill -9 finished steps are not repeated, the interrupted one is, and the endings are the same."""
    more = [executor] if executor else []
    first = begin(tmp_path, *more)
    until(lambda: "second" in notes(tmp_path))
    first.send_signal(signal.SIGKILL)
    first.wait()
    (tmp_path / "go").touch()
    assert begin(tmp_path, *more).wait(30) == 0
    lines = notes(tmp_path)
    assert lines[:4] == ["first", "stop", "second", "second"]
    assert lines[4].startswith("Stop ") and "no-billing" in lines[4]
    assert lines[5:] == [f"Superseded {'b' * 40}", "Broke ValueError: a bug", "end of it"]


def test_runs_of_a_living_process_are_left_alone(tmp_path: Path) -> None:
    """A second process does not touch what the first one is running, and takes it over once that one is dead."""
    first = begin(tmp_path)
    until(lambda: "second" in notes(tmp_path))
    second = begin(tmp_path)
    until(lambda: len(processes(tmp_path)) == 2)
    assert notes(tmp_path).count("second") == 1
    first.send_signal(signal.SIGKILL)
    first.wait()
    until(lambda: notes(tmp_path).count("second") == 2)
    (tmp_path / "go").touch()
    assert second.wait(30) == 0
    assert notes(tmp_path).count("first") == 1


def processes(folder: Path) -> list[object]:
    opened = Store.open(folder / "data")
    try:
        return list(opened.heartbeats())
    finally:
        opened.close()


def test_a_run_of_another_version_is_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that this version cannot continue is named to whoever closes its check run, once, and never runs."""
    first = begin(tmp_path)
    until(lambda: "second" in notes(tmp_path))
    first.send_signal(signal.SIGKILL)
    first.wait()
    monkeypatch.setattr(durable, "VERSION", "2")
    abandoned: list[str] = []
    for _ in range(2):
        store = Store.open(tmp_path / "data")
        engine = Engine(settings(tmp_path / "data"), store, abandoned.append)
        engine.story("story", lambda _job: abandoned.append("it ran"), str)
        engine.launch()
        assert engine.finished("run")
        engine.shutdown()
        store.close()
    assert abandoned == ["run"]


def test_a_run_of_a_compatible_version_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a version that this one continues is continued."""
    first = begin(tmp_path)
    until(lambda: "second" in notes(tmp_path))
    first.send_signal(signal.SIGKILL)
    first.wait()
    monkeypatch.setattr(durable, "VERSION", "2")
    monkeypatch.setattr(durable, "COMPATIBLE", frozenset({"1"}))
    seen: list[str] = []
    store = Store.open(tmp_path / "data")
    engine = Engine(settings(tmp_path / "data"), store)
    engine.story("story", seen.append, str)
    engine.launch()
    until(lambda: engine.finished("run"))
    engine.shutdown()
    store.close()
    assert seen == ["it"]


def test_a_process_that_stops_leaves_its_runs_to_the_next(tmp_path: Path) -> None:
    """A clean stop between two steps is no ending: the next process goes on with the second step."""
    seen: list[str] = []
    stop = threading.Event()

    def story(_job: str) -> None:
        durable.step("first", lambda: seen.append("first"), type(None))
        stop.wait(10)
        durable.step("second", lambda: seen.append("second"), type(None))

    with running(tmp_path, story) as engine:
        engine.start("story", "run", "")
        until(lambda: seen == ["first"])
        engine.stop_acting()
        stop.set()
    with running(tmp_path, story) as engine:
        until(lambda: engine.finished("run"))
    assert seen == ["first", "second"]
