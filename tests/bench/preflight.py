"""Preflight by itself: everything asked at once, of a project in which somebody deployed before."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from sandbox.world import PROJECT, Options, Sandbox
from tests.bench.table import Row
from tests.test_proof import SECRET, Desk, bucket_of, stops

GOOGLE_LATENCY = 0.05
TIMES = 5


def rows() -> list[Row]:
    """The median of some times; each question costs as many round trips as Google makes it wait, and no more."""
    options = Options(google_latency=GOOGLE_LATENCY)
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox", options) as world:
        world.google.provisioned_project(PROJECT)
        world.google.projects.known(PROJECT).apis["secretmanager.googleapis.com"] = 0.0
        world.google.secrets.put(PROJECT, "db-url", "postgres://db")
        bucket_of(world, PROJECT)
        (data := Path(folder) / "data").mkdir()
        times = sorted(_seconds(Desk(world, data)) for _ in range(TIMES))
    return [
        Row(
            "preflight at 50 ms to Google",
            f"{times[len(times) // 2]:.2f} s",
            "under 1 s",
            f"slowest of {TIMES}: {times[-1]:.2f} s",
        )
    ]


def _seconds(desk: Desk) -> float:
    begun = time.monotonic()
    looked = desk.look(SECRET)
    assert not stops(looked), looked.findings
    rows = [row for row in looked.rows if row.started and row.ended]
    return min(time.monotonic() - begun, max(r.ended for r in rows) - min(r.started for r in rows))
