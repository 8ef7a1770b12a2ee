"""docs/scale.md, made of simulated days: `python -m tests.scale > docs/scale.md`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.durable.journal import MOST_RUNS
from app.turn import Party
from gcp.run_writes import ALLOWED
from tests.scale.day import (
    BOT_EVERY,
    DELIVERIES,
    DEPLOYS,
    HOUR,
    LOOKED_AT,
    MONOREPO_PUSHES,
    MONOREPOS,
    REPOSITORIES,
    REPOSITORIES_OF_AN_INSTALLATION,
    SERVICES,
    a_day,
)
from tests.scale.figures import FIGURES
from tests.scale.machine import MINUTE, Machine, Seen

PAGE = Path(__file__).parent.parent.parent / "docs" / "scale.md"
SIZES = (REPOSITORIES // 2, REPOSITORIES, 2 * REPOSITORIES)
# https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
GITHUB_HOURLY = 5_000
BOUND = 10.0
ANY = 100 * REPOSITORIES
MEMORY_MB = 4_096


@dataclass(frozen=True)
class Need:
    """Something that a day uses: its peak, what there is, and how to go on when that is not enough."""

    name: str
    peak: Callable[[Seen], float]
    limit: float
    unit: str
    onward: str


NEEDS = (
    Need(
        "Cloud Run writes, all in one project and region",
        lambda seen: max(_by_hour(seen).values()) / (HOUR / MINUTE),
        ALLOWED * 0.8,
        "a minute in the fullest hour",
        "a project for each team (SERVERGEM_PROJECTS), or more of the quota and CLOUD_RUN_WRITES",
    ),
    Need(
        "the worker's core",
        lambda seen: max(seen.cpu.values()) / HOUR * 100,
        100,
        "% in the fullest hour",
        "more workers on Postgres (`servergem worker`)",
    ),
    Need(
        "runs under way (threads)",
        lambda seen: float(seen.most_runs),
        MOST_RUNS,
        "at once",
        "more workers on Postgres: each has as many again",
    ),
    Need(
        "memory of runs under way",
        lambda seen: seen.most_runs * FIGURES.waiting_kb / 1024,
        MEMORY_MB,
        "MB at once",
        "more workers, or more memory",
    ),
    Need(
        "GitHub's limit of the busiest installation",
        lambda seen: float(max(seen.calls.values())),
        GITHUB_HOURLY,
        "calls in its fullest hour",
        "GitHub raises it with the repositories, to 12,500; then a second ServerGem with an App of its own",
    ),
    Need(
        "database commits",
        lambda seen: max(seen.commits.values()) / MINUTE,
        FIGURES.commits_a_second,
        "a second in the fullest minute",
        "Postgres on a machine of its own; pages cannot be read from a replica yet",
    ),
)

HEAD = f"""# How far one machine goes

Made by `python -m tests.scale` from simulated days; a test holds it equal to them. The days are decided by the
functions that decide in ServerGem (`app/turn.py`), at the costs that `make bench` measures (`tests/scale/figures.py`).

A day: {DELIVERIES:,} deliveries for {REPOSITORIES:,} repositories, {REPOSITORIES_OF_AN_INSTALLATION} to an
installation, most of them between 8 and 17 h. {DEPLOYS:.0%} deploy, {LOOKED_AT:.0%} are looked at and deploy
nothing, the rest is ignored. Among them are {MONOREPOS} monorepos that push {SERVICES} services
{len(MONOREPO_PUSHES)} times a day, and a bot that pushes every {BOT_EVERY:.0f} s.
"""


def page() -> str:
    # Beyond that one region is not enough, and everybody waits for it.
    together = {size: Machine(lambda _: "all").run(a_day(size)) for size in SIZES[:2]}
    apart = {size: Machine(_own_project).run(a_day(size)) for size in SIZES}
    parts = [
        HEAD,
        "## What breaks first\n",
        _needs(apart),
        "\nEach installation has a project here, so that no line hides another. What is enough for is where the peak "
        "would\nreach the limit if it went on growing as between the last two sizes.\n",
        "## Who waits for whom\n",
        "Nine of ten deployments of people, and the slowest: from the delivery to the beginning of the preparation, "
        "and\nwhat a deployment waited for its writes to Cloud Run.\n",
        _waits(together, apart),
        f"\nThe promise is that nobody else's monorepo or bot delays a push by more than {BOUND:.0f} s. It is held by "
        "the turns, and ends\nwhere a resource is too small for everybody, as one region's writes are.",
    ]
    return "\n".join(parts) + "\n"


def _own_project(party: Party) -> str:
    return f"project-{party.installation}"


def _by_hour(seen: Seen) -> Counter[int]:
    """The writes of all places together."""
    found: Counter[int] = Counter()
    for (_, hour), number in seen.writes.items():
        found[hour] += number
    return found


def _needs(seen: dict[int, Seen]) -> str:
    heads = "".join(f" at {size:,} |" for size in SIZES)
    rows = [
        f"| what |{heads} there is | enough for | how to go on |",
        "|---|" + "---:|" * (len(SIZES) + 2) + "---|",
    ]
    for need in sorted(NEEDS, key=lambda need: _enough_for(need, seen)):
        peaks = "".join(f" {need.peak(seen[size]):,.0f} |" for size in SIZES)
        most = _enough_for(need, seen)
        enough = f"{most:,.0f} repositories" if most < ANY else "does not grow with them"
        rows.append(f"| {need.name}, {need.unit} |{peaks} {need.limit:,.0f} | {enough} | {need.onward} |")
    return "\n".join(rows)


def _enough_for(need: Need, seen: dict[int, Seen]) -> float:
    """Two digits: more would be more than the model knows."""
    before, last = SIZES[-2:]
    grows = (need.peak(seen[last]) - need.peak(seen[before])) / (last - before)
    found = last + (need.limit - need.peak(seen[last])) / grows if grows > 0 else float("inf")
    if found > ANY:
        return ANY
    digits = int(10 ** max(0, len(str(int(found))) - 2))
    return float(int(found) // digits * digits)


def _waits(together: dict[int, Seen], apart: dict[int, Seen]) -> str:
    rows = ["| repositories | | begun, 90 % | begun, slowest | writes, 90 % | writes, slowest |"]
    rows.append("|---:|---|---:|---:|---:|---:|")
    for name, days in (("one project and region", together), ("a project for each installation", apart)):
        for size, seen in days.items():
            figures = [*_both(seen.waits["person"]), *_both(seen.write_waits["person"])]
            rows.append(f"| {size:,} | {name} | " + " | ".join(f"{each:,.0f} s" for each in figures) + " |")
    return "\n".join(rows)


def _both(waits: list[float]) -> tuple[float, float]:
    ordered = sorted(waits)
    return ordered[int(len(ordered) * 0.9)], ordered[-1]
