"""Doors and workers apart: any number of each on one Postgres, and nothing lost, twice or in the wrong order."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.process.alive import leader
from app.store.rows import Heartbeat
from sandbox.world import Sandbox
from tests.conftest import OWNER, QUICK, House, Work, eventually, web
from tests.postgres import Cluster
from tests.test_commands import servergem as command
from tests.test_faults import made_once
from tests.test_listening import settings  # noqa: F401 - a fixture
from tests.test_order import quiet, serving
from tests.warm import Process, servergem

SAMPLE = "hello-python"
NAMES = ("one", "two", "three")


class Fleet:
    """Processes by name, on one database."""

    def __init__(self, world: Sandbox, folder: Path, stack: ExitStack, **more: str) -> None:
        self._world, self._folder, self._stack, self._more = world, folder, stack, QUICK | more
        self.running: dict[str, Process] = {}

    def start(self, name: str) -> Process:
        role, folder = name.partition("-")[0], self._folder / name
        made = self._stack.enter_context(servergem(self._world, folder, role=role, **self._more))
        self.running[name] = made
        return made

    def kill_and_start(self, name: str) -> Process:
        self.running[name].kill()
        return self.start(name)

    def logs(self) -> str:
        return "\n".join(path.read_text()[-6000:] for path in sorted(self._folder.glob("*/servergem.log")))


@pytest.fixture
def fleet(world: Sandbox, tmp_path: Path, postgres: Cluster) -> Iterator[Fleet]:
    """Two doors and two workers on a fresh database."""
    with ExitStack() as stack:
        made = Fleet(
            world, tmp_path / "fleet", stack, DATABASE_URL=postgres.database(), HEARTBEAT_SECONDS="0.5"
        )
        for name in ("door-1", "door-2", "worker-1", "worker-2"):
            made.start(name)
        yield made


def at(world: Sandbox, door: Process) -> None:
    world.github.webhook_url = f"{door.address}/webhook"


def test_doors_and_workers_are_killed_and_nothing_is_lost(
    world: Sandbox, tmp_path: Path, fleet: Fleet
) -> None:
    """Pushes to three services come to two doors by turns, one of each half is killed meanwhile: every head serves."""
    house = House(world, tmp_path, fleet.running["door-2"].address)
    doors = itertools.cycle(["door-1", "door-2"])
    works = {name: house.repository(SAMPLE, name) for name in NAMES}
    shas: dict[str, list[str]] = {name: [] for name in NAMES}

    def push_each(number: int) -> None:
        for name, work in works.items():
            at(world, fleet.running[next(doors)])
            shas[name].append(work.push(f"Change {number}", **{"n.txt": str(number)}))
            world.github.deliveries.settle()

    push_each(1)
    eventually(lambda: world.google.calls["CloudBuild.CreateBuild"], "a build", fleet.logs)
    fleet.kill_and_start("worker-1")
    push_each(2)
    fleet.kill_and_start("door-1")
    push_each(3)
    for name in NAMES:
        eventually(partial(quiet, house, name, shas[name]), f"the end of {name}", fleet.logs)
        assert serving(house, name) == shas[name][-1], fleet.logs()
        made_once(house, name)
    heard = Counter(each["sha"] for each in house.deployments())
    assert heard == Counter(sha for each in shas.values() for sha in each)
    builds = world.google.builds.ids()
    assert len(builds) == len(set(builds)) <= len(NAMES) * 3


def test_a_door_without_a_worker_is_not_ready(world: Sandbox, tmp_path: Path, postgres: Cluster) -> None:
    """It stores what comes and says what is missing; the worker that starts later deploys it, and has no door."""
    with ExitStack() as stack:
        fleet = Fleet(world, tmp_path / "fleet", stack, DATABASE_URL=postgres.database())
        door = fleet.start("door-1")
        at(world, door)
        house = House(world, tmp_path, door.address)
        assert told(door)["worker"] == {"ok": False, "why": "No worker is alive. Start one: servergem worker"}
        work: Work = house.repository(SAMPLE)
        sha = work.push("Say hello")
        world.github.deliveries.settle()
        assert house.deployments() == []
        worker = fleet.start("worker-1")
        assert house.ended(sha)["ending"] == "live", fleet.logs()
        assert web.post(f"{worker.address}/webhook").status_code == 404
        eventually(lambda: told(worker)["ready"], "a ready worker", fleet.logs)
        assert world.github.check_runs(f"{OWNER}/{SAMPLE}", sha)[0]["conclusion"] == "success"


def told(process: Process) -> dict[str, Any]:
    answer: dict[str, Any] = web.get(f"{process.address}/readyz").json()
    return answer


@pytest.mark.wire
@pytest.mark.parametrize("half", ["door", "worker"])
def test_the_halves_need_postgres(settings: dict[str, str], half: str) -> None:  # noqa: F811 - the fixture
    """With SQLite each would have a file of its own, and nothing would ever be deployed: it does not start."""
    done = command(half, "--port", "0", **settings)
    assert done.returncode == 1
    assert "door and worker apart need Postgres: set DATABASE_URL" in done.stderr


@pytest.mark.parametrize(
    ("beats", "first"),
    [
        ({}, ""),
        ({"b": 99.0}, "b"),
        ({"b": 99.0, "a": 98.0}, "a"),
        ({"b": 99.0, "a": 80.0}, "b"),
        ({"a": 0.0}, ""),
    ],
)
def test_one_of_the_living_looks_around_for_all(beats: dict[str, float], first: str) -> None:
    """Each process finds the same one in the same rows, and another when that one has been silent for three beats."""
    rows = [Heartbeat(name, "here", 1, "", at) for name, at in beats.items()]
    assert leader(rows, interval=5.0, now=100.0) == first
