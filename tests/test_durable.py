"""Stories outlive the process that runs them: a real journal, a real kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from app import durable
from app.durable import ABANDONED, Abandoned, Engine, journal
from app.model import Commit, Deploy, Finding, Repository, Stop, Superseded
from app.settings import Settings, load
from app.store import Store
from tests.conftest import PATIENCE

pytestmark = pytest.mark.wire

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


def until(fact: Callable[[], bool], patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not fact():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    opened = Store.open(tmp_path, database)
    yield opened
    opened.close()


@pytest.fixture
def engine(tmp_path: Path, database: str, store: Store) -> Iterator[Engine]:
    made = Engine(settings(tmp_path, DATABASE_URL=database), store)
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

    def add(one: int, other: int) -> int:
        return one + other

    assert durable.step(add, 1, 1) == 2


def test_a_story_starts_another(engine: Engine) -> None:
    """A story can start further stories, each under an id of its own."""
    seen: list[str] = []
    engine.story("parent", lambda job: engine.begin((f"of {job}",), f"{job}-child"), str)
    engine.story("child", lambda job: seen.append(job[0]), tuple)
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
            durable.step(work)
        except (Stop, Superseded, ValueError) as error:
            seen.append(error)

    engine.story("story", story, str)
    engine.launch()
    engine.start("story", "s", "")
    until(lambda: engine.finished("s"))
    assert seen == [ending]


@contextmanager
def running(
    data: Path,
    database: str,
    story: Callable[[str], None],
    on_abandoned: Callable[[Abandoned], None] = lambda _job: None,
) -> Iterator[Engine]:
    """A process's life: its store and its engine, from launch to a clean stop."""
    store = Store.open(data, database)
    engine = Engine(settings(data, DATABASE_URL=database), store)
    engine.story("story", story, str)
    engine.story(ABANDONED, on_abandoned, Abandoned)
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

def stop() -> None:
    note("stop")
    raise Stop((Finding("no-billing", "Billing is off", "Turn it on"),))

def superseded() -> None:
    raise Superseded("b" * 40)

def broken() -> None:
    raise ValueError("a bug")

def ended(work):
    try:
        durable.step(work, title="end")
    except Exception as error:
        return f"{type(error).__name__} {error}"

def first() -> int:
    note("first")
    return 1

def interrupted() -> tuple[str, int]:
    note("second")
    while not (folder / "go").exists():
        time.sleep(0.01)
    return ("two", 2)

def story(job):
    assert durable.step(first) == 1
    endings = [ended(work) for work in (stop, superseded, broken)]
    assert durable.step(interrupted, title="second") == ("two", 2)
    for ending in endings:
        note(ending)
    note("end of " + job)

made = settings(folder / "data", DATABASE_URL=sys.argv[2], **dict(part.split("=") for part in sys.argv[3:]))
store = Store.open(folder / "data", made.database_url)
engine = durable.Engine(made, store)
engine.story("story", story, str)
engine.launch()
engine.start("story", "run", "it")
until(lambda: engine.finished("run"))
engine.shutdown()
store.close()
"""


def begin(folder: Path, database: str, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", STORY, str(folder), database, *more], cwd=Path(__file__).parent.parent
    )


def notes(folder: Path) -> list[str]:
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("executor", ["", "EXECUTOR_ID=fixed"], ids=["own id", "fixed id"])
def test_a_killed_story_goes_on_where_it_was(tmp_path: Path, database: str, executor: str) -> None:
    """After kill -9 finished steps are not repeated, the interrupted one is, and the endings are the same."""
    more = [executor] if executor else []
    first = begin(tmp_path, database, *more)
    until(lambda: "second" in notes(tmp_path))
    first.send_signal(signal.SIGKILL)
    first.wait()
    (tmp_path / "go").touch()
    assert begin(tmp_path, database, *more).wait(PATIENCE) == 0
    lines = notes(tmp_path)
    assert lines[:4] == ["first", "stop", "second", "second"]
    assert lines[4].startswith("Stop ") and "no-billing" in lines[4]
    assert lines[5:] == [f"Superseded {'b' * 40}", "Broke ValueError: a bug", "end of it"]


def test_runs_of_a_living_process_are_left_alone(tmp_path: Path, database: str) -> None:
    """A second process does not touch what the first one is running, and takes it over once that one is dead."""
    first = begin(tmp_path, database)
    until(lambda: "second" in notes(tmp_path))
    second = begin(tmp_path, database)
    until(lambda: len(processes(tmp_path, database)) == 2)
    assert notes(tmp_path).count("second") == 1
    first.send_signal(signal.SIGKILL)
    first.wait()
    until(lambda: notes(tmp_path).count("second") == 2)
    (tmp_path / "go").touch()
    assert second.wait(PATIENCE) == 0
    assert notes(tmp_path).count("first") == 1


def processes(folder: Path, database: str) -> list[object]:
    opened = Store.open(folder / "data", database)
    try:
        return list(opened.heartbeats.all())
    finally:
        opened.close()


def test_a_run_of_another_version_is_handed_over(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that this version cannot continue is handed over once, with what it was started with, and never runs."""
    first = begin(tmp_path, database)
    until(lambda: "second" in notes(tmp_path))
    first.send_signal(signal.SIGKILL)
    first.wait()
    monkeypatch.setattr(journal, "VERSION", "the next one")
    abandoned: list[Abandoned] = []
    ran: list[str] = []
    for _ in range(2):
        with running(tmp_path / "data", database, ran.append, abandoned.append) as engine:
            until(partial(engine.finished, "run"))
            until(partial(engine.finished, "abandoned:run"))
    assert abandoned == [Abandoned("run", "story", "it")]
    assert ran == []


def test_a_run_of_a_compatible_version_is_continued(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of a version that this one continues is continued."""
    first = begin(tmp_path, database)
    until(lambda: "second" in notes(tmp_path))
    first.send_signal(signal.SIGKILL)
    first.wait()
    monkeypatch.setattr(journal, "COMPATIBLE", frozenset({journal.VERSION}))
    monkeypatch.setattr(journal, "VERSION", "the next one")
    seen: list[str] = []
    store = Store.open(tmp_path / "data", database)
    engine = Engine(settings(tmp_path / "data", DATABASE_URL=database), store)
    engine.story("story", seen.append, str)
    engine.launch()
    until(lambda: engine.finished("run"))
    engine.shutdown()
    store.close()
    assert seen == ["it"]


def test_a_process_that_stops_leaves_its_runs_to_the_next(tmp_path: Path, database: str) -> None:
    """A clean stop between two steps is no ending: the next process goes on with the second step."""
    seen: list[str] = []
    stop = threading.Event()

    def see(what: str) -> None:
        seen.append(what)

    def story(_job: str) -> None:
        durable.step(see, "first", title="first")
        stop.wait(10)
        durable.step(see, "second", title="second")

    with running(tmp_path, database, story) as engine:
        engine.start("story", "run", "")
        until(lambda: seen == ["first"])
        engine.stop_acting()
        stop.set()
    with running(tmp_path, database, story) as engine:
        until(lambda: engine.finished("run"))
    assert seen == ["first", "second"]
