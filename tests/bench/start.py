"""A ServerGem at rest: how soon it answers, what it holds, what it burns."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox.servergem import servergem
from sandbox.world import PROJECT, Sandbox
from tests.bench.intake import children, cpu_seconds
from tests.bench.table import Row
from tests.conftest import QUICK, House

STARTS, IDLE_SECONDS = 5, 10.0


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        world.google.project(PROJECT)
        opened, wired = [], []
        for number in range(STARTS):
            begun = time.monotonic()
            with servergem(world, Path(folder) / str(number)) as started:
                address = started.address
                httpx.get(f"{address}/health")
                opened.append(time.monotonic() - begun)
                _until_ready(address)
                wired.append(time.monotonic() - begun)
        with servergem(world, Path(folder) / "idle") as started:
            _until_ready(started.address)
            memory, cpu = _at_rest(started.pid)
            interpreter = _of_an_interpreter()
        used = _after_use(world, Path(folder) / "used")
    first, ready = statistics.median(opened) * 1000, statistics.median(wired) * 1000
    beyond = memory.total - interpreter
    return [
        Row("first answered request after start", f"{first:.0f} ms", "at most 500 ms", f"of {STARTS} starts"),
        Row(
            "ready to deploy after start",
            f"{ready:.0f} ms",
            "at most 1,500 ms",
            "loaded beside the open door",
        ),
        Row("memory at rest, beyond an interpreter's", f"{beyond:.0f} MB", "at most 160 MB", memory.parts),
        Row("the same after a deployment and a page", f"{used.total - interpreter:.0f} MB", "", used.parts),
        Row("CPU at rest", f"{cpu:.1f} %", "at most 0.5 %", f"of one core, over {IDLE_SECONDS:.0f} s"),
    ]


def _after_use(world: Sandbox, folder: Path) -> _Held:
    """What is loaded when it is first used is there by then."""
    world.google.provisioned_project(PROJECT)
    with servergem(world, folder, **QUICK) as started:
        world.github.webhook_url = f"{started.address}/webhook"
        house = House(world, folder, started.address)
        house.ready()
        house.ended(house.repository("hello-python").push("Begin"))
        return _Held(*map(shared_megabytes, (started.pid, *children(started.pid))))


def _until_ready(address: str) -> None:
    while not httpx.get(f"{address}/readyz", timeout=30).json()["ready"]:
        time.sleep(0.02)


@dataclass(frozen=True)
class _Held:
    """Megabytes of who watches, the door and the worker: what several share counts once (PSS)."""

    watcher: float
    door: float
    worker: float

    @property
    def total(self) -> float:
        return self.watcher + self.door + self.worker

    @property
    def parts(self) -> str:
        return f"door {self.door:.0f}, worker {self.worker:.0f}, who watches {self.watcher:.0f}; shared ones once"


def _at_rest(pid: int) -> tuple[_Held, float]:
    """What all three hold, and per cent of a core."""
    time.sleep(3)
    every = (pid, *children(pid))
    before = sum(map(cpu_seconds, every))
    time.sleep(IDLE_SECONDS)
    burnt = (sum(map(cpu_seconds, every)) - before) / IDLE_SECONDS * 100
    return _Held(*map(shared_megabytes, every)), burnt


def _of_an_interpreter() -> float:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alone:
        time.sleep(1)
        held = shared_megabytes(alone.pid)
        alone.kill()
    return held


def shared_megabytes(pid: int) -> float:
    """Proportional: a page that three have counts a third for each."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.split("\n") if line.startswith("Pss:")) / 1024


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.split("\n") if line.startswith("VmRSS:")) / 1024
