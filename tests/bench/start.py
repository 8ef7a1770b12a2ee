"""A ServerGem at rest: how soon it answers, what it holds, what it burns."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import httpx

from sandbox.demo import servergem
from sandbox.world import PROJECT, Sandbox
from tests.bench.intake import cpu_seconds
from tests.bench.table import Row

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
                while not httpx.get(f"{address}/readyz", timeout=30).json()["ready"]:
                    time.sleep(0.02)
                wired.append(time.monotonic() - begun)
        with servergem(world, Path(folder) / "idle") as started:
            httpx.get(f"{started.address}/readyz", timeout=30)
            memory, cpu = _at_rest(started.pid)
    first, ready = statistics.median(opened) * 1000, statistics.median(wired) * 1000
    return [
        Row("first answered request after start", f"{first:.0f} ms", "at most 500 ms", f"of {STARTS} starts"),
        Row("ready to deploy after start", f"{ready:.0f} ms", "", "loaded beside the open door"),
        Row("memory at rest", f"{memory:.0f} MB", "at most 160 MB", "resident"),
        Row("CPU at rest", f"{cpu:.1f} %", "at most 1.5 %", f"of one core, over {IDLE_SECONDS:.0f} s"),
    ]


def _at_rest(pid: int) -> tuple[float, float]:
    """Resident megabytes, and per cent of a core."""
    time.sleep(3)
    before = cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)
    return resident_megabytes(pid), (cpu_seconds(pid) - before) / IDLE_SECONDS * 100


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.split("\n") if line.startswith("VmRSS:")) / 1024
