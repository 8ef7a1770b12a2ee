"""What a delivery costs that comes to nothing: one that its handler ignores, and a push that nothing deploys."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.world import PROJECT, Sandbox
from tests.bench.intake import children, cpu_seconds, flooded
from tests.bench.table import Row
from tests.conftest import House

IGNORED, PUSHES, PATIENCE = 1_000, 60, 120.0
LIMIT = "at most 5 ms"


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        world.google.provisioned_project(PROJECT)
        house = House(world, Path(folder))
        house.settings = {"BUILD_POLL_SECONDS": "1", "CHECK_RUN_SECONDS": "2", "HEARTBEAT_SECONDS": "5"}
        house.start()
        house.ready()
        try:
            return [_ignored(house), _undeployed(house)]
        finally:
            house.kill()


def _ignored(house: House) -> Row:
    before = _burnt(house)
    flooded(urlsplit(house.address).port or 80, house.world.webhook_secret, IGNORED)
    _until_seen_to(house)
    each = (_burnt(house) - before) / IGNORED * 1000
    return Row("CPU for a delivery that its handler ignores", f"{each:.1f} ms", LIMIT, f"of {IGNORED:,}")


def _undeployed(house: House) -> Row:
    """A branch that no environment names: its story asks GitHub and says that it is nothing."""
    work = house.repository("hello-python")
    house.ended(work.push("Begin"))
    before = _burnt(house)
    for number in range(PUSHES):
        work.push("Elsewhere", branch=f"topic-{number}", **{"n.txt": str(number)})
    _until_seen_to(house)
    time.sleep(2)
    each = (_burnt(house) - before) / PUSHES * 1000
    return Row("CPU for a push that nothing deploys", f"{each:.1f} ms", LIMIT, f"of {PUSHES}, one story each")


def _burnt(house: House) -> float:
    assert house.running is not None
    pid = house.running.pid
    return sum(cpu_seconds(each) for each in (pid, *children(pid)))


def _until_seen_to(house: House) -> None:
    until = time.monotonic() + PATIENCE
    with sqlite3.connect(house.folder / "servergem" / "deliveries.db") as rows_:
        while rows_.execute("SELECT count(*) FROM deliveries WHERE outcome IS NULL").fetchone()[0]:
            if time.monotonic() > until:
                raise RuntimeError(f"deliveries wait for longer than {PATIENCE:.0f} s")
            time.sleep(0.1)
