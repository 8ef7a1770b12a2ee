"""The road of one push, measured in the sandbox: serial round trips, GitHub calls, and time over Google's own."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox.spans import Span, serial
from sandbox.world import PROJECT, Options, Sandbox
from tests.bench.table import Row
from tests.conftest import House

GITHUB_LATENCY, GOOGLE_LATENCY = 0.06, 0.04
BUILD_BEGAN, LIVE = "CloudBuild.CreateBuild", "Services.UpdateService"
# What a person watches is written beside the road, and nobody on it waits for that.
BESIDE = ("check-runs", "deployments", "statuses", "ListLogEntries", "ListBuilds", "GetBuild")
DEPLOYMENTS = 4
# A start looks around: missed webhooks, open check runs, a repository that it has not seen. That is over once GitHub
# and Google have been asked nothing for so long.
QUIET_SECONDS, PATIENCE = 1.5, 60.0
LONG_LOG = 6000
CHATTY = f"""FROM python:3
COPY . .
RUN seq 1 {LONG_LOG}
CMD ["python", "main.py"]
"""


@dataclass(frozen=True)
class Road:
    """One deployment's calls, on the way to the build and from its end to live."""

    there: list[Span]
    back: list[Span]
    github_calls: int
    seconds: float
    google_seconds: float


def rows() -> list[Row]:
    """A first deployment into an empty project, then warm ones."""
    with tempfile.TemporaryDirectory() as folder:
        options = Options(github_latency=GITHUB_LATENCY, google_latency=GOOGLE_LATENCY)
        with Sandbox(Path(folder) / "sandbox", options) as world:
            world.google.project(PROJECT)
            house = House(world, Path(folder))
            house.settings = {"CHECK_RUN_SECONDS": "2", "BUILD_POLL_SECONDS": "0.2"}
            house.start()
            try:
                roads = _roads(house)
            finally:
                house.stop()
    begun, (fresh, cold, *warm, long) = roads
    return [
        _trips("to the build, warm", [road.there for road in warm], "at most 4"),
        _trips("from build to live, warm", [road.back for road in warm], "at most 5"),
        _trips("to the build, just started", [cold.there], "at most 7"),
        _trips("from build to live, just started", [cold.back], "at most 7"),
        _trips("to the build, empty project", [fresh.there], ""),
        Row(
            "GitHub calls of a start",
            f"{begun}",
            "",
            "what it looks at by itself; no deployment waits for it",
        ),
        Row("GitHub calls of a first deployment", f"{fresh.github_calls}", "at most 15"),
        Row(
            "GitHub calls of a deployment",
            f"{max(road.github_calls for road in (cold, *warm))}",
            "at most 15",
        ),
        Row(f"GitHub calls with {LONG_LOG:,} lines of log", f"{long.github_calls}", "at most 15"),
        Row(
            "time over Google's own at 60/40 ms",
            f"{_median([road.seconds - road.google_seconds for road in warm]):.2f} s",
            "at most 1 s",
            f"whole: {_median([road.seconds for road in warm]):.2f} s",
        ),
    ]


def _trips(name: str, chains: list[list[Span]], limit: str) -> Row:
    figure = f"{_median([len(chain) for chain in chains]):g}"
    return Row(f"serial round trips {name}", figure, limit, " > ".join(map(_short, chains[-1])))


def _short(span: Span) -> str:
    """The method's last telling word."""
    words = span.method.replace("/{ref}", "").replace("/{tree_sha}", "").replace("_", " ")
    return words.rpartition("/")[2] if "/" in words else words.rpartition(".")[2]


def _roads(house: House) -> tuple[int, list[Road]]:
    """GitHub's calls of a start, and the roads into an empty project, of the first after a start, as they are all day,
    and of a build that prints much."""
    work = house.repository("hello-python")
    _looked_around(house)
    fresh = _road(house, work.push("Say hello"))
    house.stop()
    house.start()
    begun = _looked_around(house)
    daily = [_road(house, work.push(f"Change {n}", **{"n.txt": str(n)})) for n in range(DEPLOYMENTS)]
    return begun, [fresh, *daily, _road(house, work.push("Print much", Dockerfile=CHATTY))]


def _looked_around(house: House) -> int:
    """Wait until the start has looked around; how often it has asked GitHub."""
    house.ready()
    spans, until = (house.world.github.spans, house.world.google.calls.spans), time.monotonic() + PATIENCE
    while (last := max((span.ended for each in spans for span in each.all()), default=0.0)) and (
        time.monotonic() < last + QUIET_SECONDS
    ):
        if time.monotonic() > until:
            raise RuntimeError(f"a start looks around for longer than {PATIENCE:.0f} s")
        time.sleep(0.1)
    asked = len(_of_github(spans[0].all()))
    for each in spans:
        each.clear()
    return asked


def _of_github(spans: list[Span]) -> list[Span]:
    """What counts for GitHub's limit."""
    return [span for span in spans if "/" in span.method and "codeload" not in span.method]


def _road(house: House, sha: str) -> Road:
    world = house.world
    ended = house.ended(sha)
    assert ended["ending"] == "live", ended
    house.check_run("hello-python", sha)
    spans = [*world.github.spans.all(), *world.google.calls.spans.all()]
    world.github.spans.clear()
    world.google.calls.spans.clear()
    road = [span for span in spans if not any(word in span.method for word in BESIDE)]
    submitted = next(span for span in road if span.method == BUILD_BEGAN)
    rows = {row["title"]: row for row in ended["rows"]}
    build = rows["Build image"]
    offset = time.monotonic() - time.time()
    built = build["ended"] + offset
    live = rows["Move traffic"]["ended"] + offset
    began = rows["Read configuration"]["started"] + offset
    google = (built - submitted.ended) + sum(
        s.ended - s.began - GOOGLE_LATENCY for s in road if "WaitOperation" in s.method
    )
    return Road(
        there=serial([s for s in road if s.ended <= submitted.ended]),
        back=serial([s for s in road if s.began >= built - 0.005 and s.ended <= live + 0.005]),
        github_calls=len(_of_github(spans)),
        seconds=live - began,
        google_seconds=google,
    )


def _median(values: list[float] | list[int]) -> float:
    return float(sorted(values)[len(values) // 2])
