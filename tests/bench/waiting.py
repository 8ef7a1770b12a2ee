"""A thousand deployments that wait for their builds in one process: what each of them holds, and what they burn."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from sandbox.servergem import servergem
from sandbox.world import PROJECT, Sandbox
from tests.bench.intake import children, cpu_seconds
from tests.bench.start import resident_megabytes
from tests.bench.table import Row
from tests.conftest import QUICK, House, Work

# As many services as one repository may have: app.trust.allowance.
REPOSITORIES, SERVICES = 20, 50
DEPLOYMENTS, SECONDS, SETTLED, PATIENCE = REPOSITORIES * SERVICES, 15.0, 10.0, 600.0
FOREVER = 3600.0
SETTINGS = {"BUILD_POLL_SECONDS": "1", "CHECK_RUN_SECONDS": "2", "HEARTBEAT_SECONDS": "5"}


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        world.google.provisioned_project(PROJECT)
        world.google.behaviour.queue_time = FOREVER
        # As many as QUICK lets it write: whoever says so has asked Google for more.
        world.google.behaviour.quotas["run.write"] = int(QUICK["CLOUD_RUN_WRITES"])
        # Begun as a person begins it: what a thread costs is settled at the start of a process.
        with servergem(world, Path(folder) / "waiting", **(QUICK | SETTINGS)) as started:
            world.github.webhook_url = f"{started.address}/webhook"
            house = House(world, Path(folder), started.address)
            house.ready()
            return _waiting(house, worker=children(started.pid)[-1])


def _waiting(house: House, worker: int) -> list[Row]:
    calls = house.world.google.calls
    works = [house.repository("hello-python", f"mono-{number}") for number in range(REPOSITORIES)]
    begun = time.monotonic()
    _pushed(works[:1], 0)
    _until_waiting(house, SERVICES, begun)
    time.sleep(SETTLED)
    first, few = resident_megabytes(worker), calls["CloudBuild.CreateBuild"]
    begun = time.monotonic()
    _pushed(works[1:], 1)
    all_wait = _until_waiting(house, DEPLOYMENTS, begun)
    time.sleep(SETTLED)
    before, cpu, polls = resident_megabytes(worker), cpu_seconds(worker), calls["CloudBuild.ListBuilds"]
    time.sleep(SECONDS)
    burnt = (cpu_seconds(worker) - cpu) / SECONDS * 100
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
