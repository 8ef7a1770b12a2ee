"""How many deployments end well in a world as it is: fresh projects, missing pieces, transient errors, lost webhooks.

The same seeded mix twice: the road as it was (no preflight, no repair, no retries: APIs, repository and bucket have to
be there, and the first error ends it), and as shipped.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from sandbox.world import Sandbox
from tests.bench.table import Row
from tests.conftest import OWNER, House

SEED, DEPLOYMENTS, BATCH = 20261123, 120, 12
SAMPLE = "hello-python"
TRANSIENT = (
    "Services.UpdateService",
    "Services.CreateService",
    "Operations.WaitOperation",
    "CloudBuild.CreateBuild",
    "CloudBuild.ListBuilds",
    "storage.objects.insert",
    "ArtifactRegistry.GetTag",
    "GET /repos/{owner}/{repo}/tarball/{ref}",
    "GET /repos/{owner}/{repo}/contents/{path}",
)


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong with a deployment's world. `cause`: what has to be said where nothing can be done."""

    name: str
    weight: int
    arrange: Callable[[Sandbox, str, random.Random], None]
    cause: str = ""


def _nothing(_world: Sandbox, _project: str, _dice: random.Random) -> None:
    """A project in which somebody deployed before."""


def _fresh(world: Sandbox, project: str, _dice: random.Random) -> None:
    known = world.google.projects.known(project)
    for api in ("run.googleapis.com", "cloudbuild.googleapis.com", "artifactregistry.googleapis.com"):
        known.apis.pop(api, None)


def _api_off(world: Sandbox, project: str, dice: random.Random) -> None:
    world.google.disable(project, dice.choice(["run.googleapis.com", "cloudbuild.googleapis.com"]))


def _transient(world: Sandbox, _project: str, dice: random.Random) -> None:
    method = dice.choice(TRANSIENT)
    http = "/" in method or method.startswith("storage.")
    kind = dice.choice(["status", "drop"])
    world.faults.add(method, dice.choice([1, 1, 2]), kind=kind, status="503" if http else "UNAVAILABLE")


def _lost_webhook(world: Sandbox, _project: str, _dice: random.Random) -> None:
    world.github.deliveries.duplicate()


def _no_billing(world: Sandbox, project: str, _dice: random.Random) -> None:
    world.google.set_billing(project, False)


def _no_permission(world: Sandbox, project: str, dice: random.Random) -> None:
    world.google.revoke(project, dice.choice(["run.services.update", "cloudbuild.builds.create"]))


def _no_act_as(world: Sandbox, project: str, _dice: random.Random) -> None:
    world.google.revoke(project, "iam.serviceAccounts.actAs")


def _no_builder(world: Sandbox, project: str, _dice: random.Random) -> None:
    world.google.revoke(project, "artifactregistry.repositories.uploadArtifacts", "build")


TROUBLES = (
    Trouble("nothing", 40, _nothing),
    Trouble("fresh project", 18, _fresh),
    Trouble("an API off", 8, _api_off),
    Trouble("a transient error", 22, _transient),
    Trouble("a webhook twice", 4, _lost_webhook),
    Trouble("no billing", 2, _no_billing, "Billing is off"),
    Trouble("a role missing", 3, _no_permission, "ServerGem lacks"),
    Trouble("no actAs", 2, _no_act_as, "may not act as"),
    Trouble("a build account without roles", 1, _no_builder, "may not build in"),
)
AS_IT_WAS = {"SERVERGEM_PREFLIGHT": "no", "SERVERGEM_ENABLE_APIS": "no", "RETRY_ATTEMPTS": "1"}


@dataclass(frozen=True)
class Result:
    """One deployment: what was wrong, whether it went live, whether it said why not, how long preflight took."""

    trouble: Trouble
    live: bool
    named: bool
    preflight: float
    title: str = ""


def rows() -> list[Row]:
    before, after = _run(AS_IT_WAS), _run({})
    able = [r for r in after if not r.trouble.cause]
    failed = [r for r in after if not r.live]
    unable = [r for r in after if r.trouble.cause]
    good = [r.preflight for r in after if r.trouble.name == "nothing" and r.live]
    wrong = Counter(f"{r.trouble.name}: {r.title}" for r in able if not r.live)
    return [
        Row("went live as the road was", _share(before), "about 60 %", "no preflight, no repair, no retries"),
        Row("went live as shipped", _share(after), "", f"of {len(after)}, seed {SEED}"),
        Row(
            "of those that can succeed",
            _share(able),
            "100 %",
            "; ".join(f"{count} {what}" for what, count in wrong.items()),
        ),
        Row(
            "failures that name their cause",
            f"{sum(r.named for r in failed)} of {len(failed)}",
            f"all {len(unable)}",
        ),
        Row("preflight in a good deployment", f"{sorted(good)[len(good) // 2]:.2f} s", "", "median"),
    ]


def _share(results: list[Result]) -> str:
    return f"{100 * sum(r.live for r in results) / len(results):.0f} %"


def _run(settings: dict[str, str]) -> list[Result]:
    """The seeded mix, each deployment in a project of its own, one after another in a few houses."""
    dice = random.Random(SEED)
    chosen = dice.choices(TROUBLES, [t.weight for t in TROUBLES], k=DEPLOYMENTS)
    found: list[Result] = []
    for start in range(0, DEPLOYMENTS, BATCH):
        found += _batch(chosen[start : start + BATCH], dice, settings)
    return found


def _batch(troubles: list[Trouble], dice: random.Random, settings: dict[str, str]) -> list[Result]:
    names = [f"service-{number}" for number in range(len(troubles))]
    projects = ", ".join(f"{OWNER}/{name}=project-{name}" for name in names)
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        house = House(world, Path(folder), settings={"SERVERGEM_PROJECTS": projects, **settings})
        for name, trouble in zip(names, troubles, strict=True):
            project = world.google.provisioned_project(f"project-{name}")
            if trouble.arrange is not _fresh:
                world.google.storage.put_bucket(
                    project, f"servergem-{project.number}-europe-west1", "EUROPE-WEST1"
                )
        house.start()
        try:
            return [
                _deploy(house, name, trouble, dice) for name, trouble in zip(names, troubles, strict=True)
            ]
        finally:
            house.stop()


def _deploy(house: House, name: str, trouble: Trouble, dice: random.Random) -> Result:
    work = house.repository(SAMPLE, name)
    trouble.arrange(house.world, f"project-{name}", dice)
    sha = work.push("Say hello")
    ended = house.ended(sha, f"/ {name} (")  # two repositories can have the same commit
    run = house.check_run(name, sha)
    house.world.faults.clear()
    said = unescape(run["output"]["summary"])
    row = next((row for row in ended["rows"] if row["title"] == "Check Google Cloud"), None)
    seconds = row["ended"] - row["started"] if row and row["ended"] else 0.0
    return Result(
        trouble,
        ended["ending"] == "live",
        bool(trouble.cause) and trouble.cause in said,
        seconds,
        run["output"]["title"],
    )
