"""A thousand deployments that wait for their builds in one process: what each of them holds, and what they burn."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from sandbox.world import PROJECT, Sandbox
from tests.bench.intake import children, cpu_seconds
from tests.bench.start import resident_megabytes
from tests.bench.table import Row
from tests.conftest import House, Work

# As many services as one repository may have: app.trust.allowance.
REPOSITORIES, SERVICES = 20, 50
DEPLOYMENTS, SECONDS, SETTLED, PATIENCE = REPOSITORIES * SERVICES, 15.0, 10.0, 600.0
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
    # Where door and worker are two processes, the worker runs the stories.
    pid = [house.running.pid, *children(house.running.pid)][-1]
    calls = house.world.google.calls
    works = [house.repository("hello-python", f"mono-{number}") for number in range(REPOSITORIES)]
    begun = time.monotonic()
    _pushed(works[:1], 0)
    _until_waiting(house, SERVICES, begun)
    time.sleep(SETTLED)
    first, few = resident_megabytes(pid), calls["CloudBuild.CreateBuild"]
    begun = time.monotonic()
    _pushed(works[1:], 1)
    all_wait = _until_waiting(house, DEPLOYMENTS, begun)
    time.sleep(SETTLED)
    before, cpu, polls = resident_megabytes(pid), cpu_seconds(pid), calls["CloudBuild.ListBuilds"]
    time.sleep(SECONDS)
    burnt = (cpu_seconds(pid) - cpu) / SECONDS * 100
    polled = (calls["CloudBuild.ListBuilds"] - polls) / SECONDS
    waiting = calls["CloudBuild.CreateBuild"]
    return [
        Row(
            "deployments that wait",
            f"{waiting:,}",
            f"{DEPLOYMENTS:,}",
            f"all there {all_wait:.0f} s after the first {few}",
        ),
        Row(
            "memory for each",
            f"{(before - first) * 1024 / (waiting - few):.0f} kB",
            "at most 60 kB",
            f"more, once {few} wait: what all share is loaded by then",
        ),
        Row("CPU for all", f"{burnt:.1f} %", "at most 5 %", "of one core"),
        Row("polls of Cloud Build", f"{polled:.1f}/s", "at most 1/s", "one project, one region"),
    ]


def _pushed(works: list[Work], first: int) -> None:
    for number, work in enumerate(works, first):
        services = "".join(f"  s{number}-{each}: {{}}\n" for each in range(SERVICES))
        work.push("Many services", **{"servergem.yml": f"services:\n{services}"})


def _until_waiting(house: House, deployments: int, begun: float) -> float:
    """Wait until the builds of so many were asked for; seconds since `begun`."""
    while house.world.google.calls["CloudBuild.CreateBuild"] < deployments and (
        time.monotonic() - begun < PATIENCE
    ):
        time.sleep(0.5)
    return time.monotonic() - begun
