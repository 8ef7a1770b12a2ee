"""A merge without a build: from the merge of a tested pull request to live, beside the same change with a build."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from sandbox.world import PROJECT, Options, Sandbox
from tests.bench.table import Row
from tests.conftest import OWNER, House, Work

GITHUB_LATENCY, GOOGLE_LATENCY = 0.06, 0.04
# What a small build takes at Cloud Build at the least: most of it is waiting for a worker and fetching the builder.
BUILD_SECONDS = 10.0
PAIRS = 3
SAMPLE = "hello-python"


def rows() -> list[Row]:
    """Merges and pushes in turn, each to live."""
    with tempfile.TemporaryDirectory() as folder:
        options = Options(github_latency=GITHUB_LATENCY, google_latency=GOOGLE_LATENCY)
        with Sandbox(Path(folder) / "sandbox", options) as world:
            world.google.project(PROJECT)
            house = House(world, Path(folder))
            house.start()
            try:
                merged, built = _pairs(house)
            finally:
                house.stop()
    without, with_build = sorted(merged)[PAIRS // 2], sorted(built)[PAIRS // 2]
    return [
        Row("from merge to live, image reused", f"{without:.2f} s", "", f"{PAIRS} merges, median"),
        Row(f"the same with a build of {BUILD_SECONDS:.0f} s", f"{with_build:.2f} s", "", "interleaved"),
        Row("ratio", f"{without / with_build:.2f}", ""),
    ]


def _pairs(house: House) -> tuple[list[float], list[float]]:
    work = house.repository(SAMPLE)
    assert house.ended(work.push("Say hello"))["ending"] == "live"
    merged, built = [], []
    for number in range(PAIRS):
        merged.append(_merge(house, work, number))
        house.world.google.behaviour.queue_time = BUILD_SECONDS
        built.append(_push(house, work, number))
        house.world.google.behaviour.queue_time = 0.0
    return merged, built


def _merge(house: House, work: Work, number: int) -> float:
    branch = f"idea-{number}"
    work.git("checkout", "-q", "-B", branch)
    sha = work.push("An idea", branch=branch, **{"idea.txt": str(number)})
    pull = house.world.github.open_pull_request(f"{OWNER}/{work.name}", branch)
    house.check_run(work.name, sha, f"ServerGem / {SAMPLE} (preview)")
    started = time.monotonic()
    merged = house.world.github.merge_pull_request(f"{OWNER}/{work.name}", pull)
    assert house.ended(merged, "production")["ending"] == "live"
    seconds = time.monotonic() - started
    work.git("checkout", "-q", "main")
    work.git("pull", "-q", "--ff-only", "origin", "main")
    return seconds


def _push(house: House, work: Work, number: int) -> float:
    started = time.monotonic()
    sha = work.push("A change", **{"n.txt": str(number)})
    assert house.ended(sha)["ending"] == "live"
    return time.monotonic() - started
