"""What a delivery costs that comes to nothing: one that its handler ignores, and a push that nothing deploys."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.world import PROJECT, Sandbox
from tests.bench.intake import children, cpu_seconds, flooded
from tests.bench.table import Row
from tests.conftest import House

IGNORED, PUSHES, DEPLOYMENTS, PATIENCE = 1_000, 60, 10, 120.0
WAL_HEADER, FRAME_HEADER = 32, 24
LIMIT = "at most 5 ms"


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        world.google.provisioned_project(PROJECT)
        house = House(world, Path(folder))
        house.settings = {"BUILD_POLL_SECONDS": "1", "CHECK_RUN_SECONDS": "2", "HEARTBEAT_SECONDS": "5"}
        house.start()
        house.ready()
        try:
            return [_ignored(house), _undeployed(house), *_deployed(house)]
        finally:
            house.kill()


def _ignored(house: House) -> Row:
    before = _burnt(house)
    flooded(urlsplit(house.address).port or 80, house.world.webhook_secret, IGNORED)
    _until_seen_to(house)
    each = (_burnt(house) - before) / IGNORED * 1000
    return Row("CPU for a delivery that its handler ignores", f"{each:.1f} ms", LIMIT, f"of {IGNORED:,}")


def _undeployed(house: House) -> Row:
    """A branch that no environment names: GitHub is asked, and no story is started."""
    work = house.repository("hello-python")
    house.ended(work.push("Begin"))
    before = _burnt(house)
    for number in range(PUSHES):
        work.push("Elsewhere", branch=f"topic-{number}", **{"n.txt": str(number)})
    _until_seen_to(house)
    time.sleep(2)
    each = (_burnt(house) - before) / PUSHES * 1000
    return Row("CPU for a push that nothing deploys", f"{each:.1f} ms", LIMIT, f"of {PUSHES}")


def _deployed(house: House) -> list[Row]:
    """For comparison, and for docs/scale.md: what a whole deployment costs."""
    work = house.repository("hello-python", "deployed")
    house.ended(work.push("Begin"))
    burnt, commits = _burnt(house), [_commits(house)]
    for number in range(DEPLOYMENTS):
        house.ended(work.push("More", **{"n.txt": str(number)}))
        commits.append(_commits(house))
    time.sleep(2)
    cpu = (_burnt(house) - burnt) / DEPLOYMENTS * 1000
    # The median: now and then a log begins anew.
    written = statistics.median(after - before for before, after in pairwise(commits))
    return [
        Row("CPU for a deployment", f"{cpu:.0f} ms", "", f"of {DEPLOYMENTS}, one after the other"),
        Row("database commits of a deployment", f"{written:.0f}", "", "in three SQLite files"),
    ]


def _commits(house: House) -> int:
    """How many transactions the write-ahead logs hold: a frame that ends one tells the size of the database.

    https://sqlite.org/fileformat2.html#the_write_ahead_log
    """
    return sum(map(_commits_in, (house.folder / "servergem").glob("*.db-wal")))


def _commits_in(log: Path) -> int:
    data = log.read_bytes()
    if len(data) < WAL_HEADER:
        return 0
    page, salt = int.from_bytes(data[8:12], "big"), data[16:24]
    frames = range(WAL_HEADER, len(data) - FRAME_HEADER, FRAME_HEADER + page)
    return sum(1 for at in frames if data[at + 8 : at + 16] == salt and any(data[at + 4 : at + 8]))


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
