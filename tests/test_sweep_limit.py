"""The sweep beside GitHub's limit: every request that it makes for 400 repositories, counted where it arrives."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.model import Commit, Repository
from app.rounds.sweep import Sweep
from app.settings import load
from app.store import Store
from app.world import World
from sandbox.world import Sandbox
from tests.conftest import OWNER, QUICK
from tests.test_report import RUNNING

REPOSITORIES, SWEEP = 400, 300
# https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: of an installation, an hour
LIMIT = 5_000
WEEK = 7 * 86_400.0
PULLS, ACTIVITY = "GET /repos/{owner}/{repo}/pulls", "GET /repos/{owner}/{repo}/activity"


@contextmanager
def looked_after(world: Sandbox, folder: Path) -> Iterator[Sweep]:
    """A sweep over so many repositories, each deployed once, just now."""
    settings = load(QUICK | world.settings(folder) | {"SWEEP_SECONDS": str(SWEEP)})
    store = Store.open(folder)
    outside = World.build(settings, store)
    for number in range(REPOSITORIES):
        home = repository(world, f"shop-{number}")
        report = replace(RUNNING, commit=Commit(home, "a" * 40, "main"))
        store.deployments.opened(f"d{number}", report, f"lane {number}")
        store.pushes.looked(f"pushes of {home.id}", time.time())
    try:
        yield Sweep(outside)
    finally:
        outside.outbox.close()
        store.close()


def repository(world: Sandbox, name: str) -> Repository:
    id_ = world.github.create_repository(OWNER, name)
    installed = world.github.hub.installed_on(world.github.hub.of(f"{OWNER}/{name}"))
    assert installed is not None
    return Repository(id_, OWNER, name, installed.id)


def test_a_sweep_leaves_nine_tenths_of_the_limit(world: Sandbox, tmp_path: Path) -> None:
    """In no hour it asks more than a tenth, busy or quiet, and of those that rest each is looked at in two hours."""
    (tmp_path / "data").mkdir()
    with looked_after(world, tmp_path / "data") as sweep:
        begun = time.time()
        hour_of(world, sweep, begun)
        before = world.github.calls[PULLS]
        for hour in range(2):
            hour_of(world, sweep, begun + WEEK + hour * 3600)
    assert world.github.calls[PULLS] - before >= REPOSITORIES
    assert world.github.calls[ACTIVITY] >= REPOSITORIES, "both of its requests were counted"


def hour_of(world: Sandbox, sweep: Sweep, begun: float) -> None:
    """One hour of sweeps, by a clock that is told; what they ask is within a tenth."""
    before = asked(world)
    for at in range(0, 3600, SWEEP):
        sweep.once(begun + at)
    assert 0 < asked(world) - before <= LIMIT / 10, world.github.calls


def asked(world: Sandbox) -> int:
    """The requests that count against the installation: what an App asks as itself does not."""
    return sum(count for name, count in world.github.calls.items() if " /app" not in name)
