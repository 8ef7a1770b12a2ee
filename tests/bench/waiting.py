"""A thousand deployments that wait for their builds in one process: what each of them holds, and what they burn."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from sandbox.world import PROJECT, Sandbox
from tests.bench.intake import cpu_seconds
from tests.bench.start import resident_megabytes
from tests.bench.table import Row
from tests.conftest import House

DEPLOYMENTS, SECONDS, PATIENCE = 1000, 15.0, 600.0
FOREVER = 3600.0


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        world.google.provisioned_project(PROJECT)
        world.google.behaviour.queue_time = FOREVER
        house = House(world, Path(folder))
        house.settings = {"BUILD_POLL_SECONDS": "1", "CHECK_RUN_SECONDS": "2", "HEARTBEAT_SECONDS": "5"}
        house.start()
        house.ready()
        try:
            return _waiting(house)
        finally:
            house.kill()


def _waiting(house: House) -> list[Row]:
    assert house.running is not None
    pid, calls = house.running.pid, house.world.google.calls
    time.sleep(3)
    empty = resident_megabytes(pid)
    work = house.repository("hello-python")
    services = "".join(f"  s{number}: {{}}\n" for number in range(DEPLOYMENTS))
    begun = time.monotonic()
    work.push("A thousand services", **{"servergem.yml": f"services:\n{services}"})
    while calls["CloudBuild.CreateBuild"] < DEPLOYMENTS and time.monotonic() - begun < PATIENCE:
        time.sleep(0.5)
    all_wait = time.monotonic() - begun
    time.sleep(10)
    before, cpu, polls = resident_megabytes(pid), cpu_seconds(pid), calls["CloudBuild.ListBuilds"]
    time.sleep(SECONDS)
    burnt = (cpu_seconds(pid) - cpu) / SECONDS * 100
    polled = (calls["CloudBuild.ListBuilds"] - polls) / SECONDS
    waiting = calls["CloudBuild.CreateBuild"]
    return [
        Row("deployments that wait", f"{waiting:,}", f"{DEPLOYMENTS:,}", f"all there after {all_wait:.0f} s"),
        Row("memory for each", f"{(before - empty) * 1024 / waiting:.0f} kB", "at most 60 kB"),
        Row("CPU for all", f"{burnt:.1f} %", "at most 5 %", "of one core"),
        Row("polls of Cloud Build", f"{polled:.1f}/s", "at most 1/s", "one project, one region"),
    ]
