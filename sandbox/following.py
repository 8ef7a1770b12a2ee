"""A pushed commit, followed from stage to stage until nothing about it is under way any more."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import httpx
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from sandbox.github.webhooks import Attempt
from sandbox.pushing import Pushed
from sandbox.servergem import Process
from sandbox.world import Sandbox

Json = dict[str, Any]

# The first deployment into an empty project, on a machine that has eight other things to do.
DEADLINE_SECONDS = 1200.0
# After the push was taken, until the first check run is there.
SILENT_SECONDS = 180.0
LOOK_SECONDS = 0.1
# A second service's check run comes a little after the first.
STEADY_SECONDS = 1.0
MARKS = {"done": "✓", "failed": "✗", "running": "…", "skipped": "–", "waiting": " "}


@dataclass(frozen=True)
class Outcome:
    """How it ended: ServerGem's deployments and GitHub's check runs of the commit, or why there are none."""

    deployments: tuple[Json, ...]
    check_runs: tuple[Json, ...]
    nothing: str = ""

    @property
    def live(self) -> bool:
        """Whether all of it serves."""
        return bool(self.deployments) and all(each["ending"] == "live" for each in self.deployments)


def follow(console: Console, world: Sandbox, started: Process, pushed: Pushed) -> Outcome:
    """One line for each stage as it ends; on a terminal a table that is redrawn."""
    told: set[tuple[str, str]] = set()
    begun = time.monotonic()
    over_since = 0.0
    screen = Live(console=console, refresh_per_second=10) if console.is_terminal else None
    with screen or nullcontext(), _browser() as client:
        while (waited := time.monotonic() - begun) < DEADLINE_SECONDS:
            outcome = _look(client, world, started, pushed, waited)
            if screen:
                screen.update(Group(*(_table(each) for each in outcome.deployments)))
            else:
                _tell(console, outcome.deployments, told)
            if not _over(outcome):
                over_since = 0.0
            elif outcome.nothing or time.monotonic() - (over_since or time.monotonic()) > STEADY_SECONDS:
                return outcome
            else:
                over_since = over_since or time.monotonic()
            time.sleep(LOOK_SECONDS)
    return Outcome((), (), f"It did not end within {DEADLINE_SECONDS:.0f} s.")


def _browser() -> httpx.Client:
    """It signs in as the person who pushes, whom GitHub knows, by following where ServerGem sends it."""
    return httpx.Client(timeout=DEADLINE_SECONDS, trust_env=False, follow_redirects=True)


def _look(client: httpx.Client, world: Sandbox, started: Process, pushed: Pushed, waited: float) -> Outcome:
    try:
        answer = client.get(f"{started.address}/deployments.json")
    except httpx.HTTPError:
        return Outcome((), (), f"ServerGem ended:\n{started.last_words}")
    if answer.status_code != 200:
        return Outcome((), (), answer.text.strip())
    deployments = tuple(each for each in answer.json() if each["sha"] == pushed.sha)
    runs = tuple(world.github.check_runs(pushed.full_name, pushed.sha))
    if runs or deployments:
        return Outcome(deployments, runs)
    reason = _reason(world.github.deliveries.attempts())
    if not reason and waited > SILENT_SECONDS:
        reason = f"ServerGem took the push and deploys nothing for it. It said last:\n{started.last_words}"
    return Outcome((), (), reason)


def _reason(attempts: list[Attempt]) -> str:
    """Why nothing starts, as the answer to the webhook says; empty while something still may."""
    answers = [each for each in attempts if each.event.name == "push"]
    if not answers:
        return ""
    if answers[0].status_code != 202:
        return f"ServerGem did not take the push: {answers[0].status} {answers[0].response_body}".strip()
    outcome = str(json.loads(answers[0].response_body).get("outcome", ""))
    return "" if outcome in ("accepted", "duplicate") else outcome


def _over(outcome: Outcome) -> bool:
    if outcome.nothing:
        return True
    ended = all(each["ending"] for each in outcome.deployments)
    shown = all(run["status"] == "completed" for run in outcome.check_runs)
    return bool(outcome.check_runs) and ended and shown


def _table(deployment: Json) -> Table:
    table = Table(box=None, show_header=False, title=deployment["name"], title_justify="left")
    for row in deployment["rows"]:
        table.add_row(MARKS[row["state"]], row["title"], _seconds(row), "\n".join(row["notes"]))
    return table


def _tell(console: Console, deployments: tuple[Json, ...], told: set[tuple[str, str]]) -> None:
    for deployment in deployments:
        name = f"{deployment['name']}: " if len(deployments) > 1 else ""
        for row in deployment["rows"]:
            key = (deployment["id"], row["title"])
            if row["ended"] and key not in told:
                told.add(key)
                console.print(
                    f"{MARKS[row['state']]} {name}{row['title']:<24} {_seconds(row):>7}", markup=False
                )
                for note in row["notes"]:
                    console.print(f"    {note}", markup=False)


def _seconds(row: Json) -> str:
    return f"{row['ended'] - row['started']:.1f} s" if row["ended"] else ""
