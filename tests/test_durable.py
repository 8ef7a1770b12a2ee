"""Stories outlive the process that runs them: a real journal, a real kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
