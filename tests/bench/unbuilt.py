"""A push that leaves its dependencies alone: live without a build, beside the same service built by buildpacks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from sandbox.world import PROJECT, Sandbox
from tests.bench.table import Row
from tests.conftest import House, Work
from tests.setting_up import give_rights

SAMPLE, PUSHES = "hello-python", 5
RELEASE = "Release without traffic"
# Over what Cloud Run itself takes, in seconds.
MOST_OVER = 3.0


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        world.google.project(PROJECT)
        give_rights(world.google, PROJECT)
        house = House(world, Path(folder), settings={"WITHOUT_BUILD": "yes"})
        house.start()
        try:
            return _measured(house, house.repository(SAMPLE))
        finally:
            house.stop()


def _measured(house: House, work: Work) -> list[Row]:
    house.ended(work.push("Say hello", **{"requirements.txt": "six==1.16.0\n"}))
    before = house.world.google.calls["CloudBuild.CreateBuild"]
    unbuilt = [house.ended(work.push("Change a line", **{"n.txt": str(n)})) for n in range(PUSHES)]
    begun = house.world.google.calls["CloudBuild.CreateBuild"] - before
    text = f"services:\n  {SAMPLE}:\n    build: buildpacks\n"
    house.ended(work.push("Build it", **{"servergem.yml": text}))
    built = [house.ended(work.push("Change a line", **{"n.txt": f"built {n}"})) for n in range(PUSHES)]
    own = median(_seconds(each, RELEASE) for each in unbuilt)
    over = median(_seconds(each) - _seconds(each, RELEASE) for each in unbuilt)
    return [
        Row(
            "without a build",
            f"{_median(unbuilt):.2f} s",
            f"{_median(built):.2f} s built",
            f"median of {PUSHES}",
        ),
        Row("over Cloud Run's own", f"{over:.2f} s", f"{MOST_OVER:.0f} s", f"Cloud Run takes {own:.2f} s"),
        Row("builds begun", str(begun), "0", f"in {PUSHES} pushes"),
    ]


def _median(deployments: list[dict[str, Any]]) -> float:
    assert all(each["ending"] == "live" for each in deployments), "what fails is not fast"
    return median(_seconds(each) for each in deployments)


def _seconds(deployment: dict[str, Any], title: str = "") -> float:
    """From the first line of the report to the end of its last, or what one line of it took."""
    ended = [row for row in deployment["rows"] if row["ended"] and title in ("", row["title"])]
    return float(max(row["ended"] for row in ended) - min(row["started"] for row in ended))
