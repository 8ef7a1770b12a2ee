"""How many deployments end well in a world as it is: fresh projects, missing pieces, transient errors, lost webhooks.

The same seeded mix twice: the road as it was (no preflight, no repair, no retries: APIs, repository and bucket have to
be there, and the first error ends it), and as shipped.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from statistics import median

from app.setup.google_steps import DEPLOYER, email
from sandbox.google.server import GoogleSandbox
from sandbox.google.state import Project
from sandbox.world import Sandbox
from tests.bench.table import Row
from tests.conftest import OWNER, House
from tests.setting_up import give_rights

SEED, DEPLOYMENTS, BATCH = 20261123, 300, 15
SAMPLE = "hello-python"
APIS = ("run.googleapis.com", "cloudbuild.googleapis.com", "artifactregistry.googleapis.com")
PROPAGATION_SECONDS = 2.0
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
    """One thing that is wrong with a deployment's world.

    `cause`: what has to be said where nothing can be done. `misses`: whether something that a first deployment makes is
    not there. `lost`: the webhook of the commit never comes; the one of the next commit does.
    """

    name: str
    weight: int
    arrange: Callable[[Sandbox, str, random.Random], None]
    cause: str = ""
    misses: frozenset[str] = frozenset()
    lost: bool = False


def _nothing(_world: Sandbox, _project: str, _dice: random.Random) -> None:
    """A project in which somebody deployed before."""


def _fresh(world: Sandbox, project: str, _dice: random.Random) -> None:
    known = world.google.projects.known(project)
    for api in APIS:
        known.apis.pop(api, None)


def _api_off(world: Sandbox, project: str, dice: random.Random) -> None:
    world.google.disable(project, dice.choice(APIS))


def _transient(world: Sandbox, _project: str, dice: random.Random) -> None:
    method = dice.choice(TRANSIENT)
    http = "/" in method or method.startswith("storage.")
    kind = dice.choice(["status", "drop"])
    world.faults.add(method, dice.choice([1, 1, 2]), kind=kind, status="503" if http else "UNAVAILABLE")


def _slow_api(world: Sandbox, project: str, dice: random.Random) -> None:
    """What is switched on works only after a while, as at Google."""
    world.google.behaviour.propagation = PROPAGATION_SECONDS
    _api_off(world, project, dice)


def _webhook_twice(world: Sandbox, _project: str, _dice: random.Random) -> None:
    world.github.deliveries.duplicate()


def _no_billing(world: Sandbox, project: str, _dice: random.Random) -> None:
    world.google.set_billing(project, False)


def _no_permission(world: Sandbox, project: str, dice: random.Random) -> None:
    world.google.revoke(project, dice.choice(["run.services.update", "cloudbuild.builds.create"]))


def _no_act_as(world: Sandbox, project: str, _dice: random.Random) -> None:
    world.google.revoke(project, "iam.serviceAccounts.actAs")


def _no_builder(world: Sandbox, project: str, _dice: random.Random) -> None:
    world.google.revoke(project, "artifactregistry.repositories.uploadArtifacts", "others")


TROUBLES = (
    Trouble("nothing", 38, _nothing),
    Trouble("fresh project", 14, _fresh, misses=frozenset({"bucket", "registry"})),
    Trouble("an API off", 6, _api_off),
    Trouble("an API off that comes slowly", 4, _slow_api),
    Trouble("no bucket", 3, _nothing, misses=frozenset({"bucket"})),
    Trouble("no registry", 3, _nothing, misses=frozenset({"registry"})),
    Trouble("a transient error", 20, _transient),
    Trouble("a webhook twice", 2, _webhook_twice),
    Trouble("a webhook lost", 2, _nothing, lost=True),
    Trouble("no billing", 2, _no_billing, "Billing is off"),
    Trouble("a role missing", 3, _no_permission, "ServerGem lacks"),
    Trouble("no actAs", 2, _no_act_as, "may not act as"),
    Trouble("a build account without roles", 1, _no_builder, "The build may not push"),
)
REGION, REGISTRY = "europe-west1", "servergem"
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
        Row("preflight in a good deployment", f"{median(good):.2f} s", "", "median"),
    ]


def _share(results: list[Result]) -> str:
    return f"{100 * sum(r.live for r in results) / len(results):.0f} %"


def _run(settings: dict[str, str]) -> list[Result]:
    """The seeded mix, each deployment in a project of its own, one after another in a few houses."""
    dice = random.Random(SEED)
    chosen = dice.choices(TROUBLES, [t.weight for t in TROUBLES], k=DEPLOYMENTS)
    found: list[Result] = []
    for start in range(0, DEPLOYMENTS, BATCH):
        found += batch(chosen[start : start + BATCH], dice, settings)
    return found


def batch(troubles: list[Trouble], dice: random.Random, settings: dict[str, str]) -> list[Result]:
    names = [f"service-{number}" for number in range(len(troubles))]
    projects = ", ".join(f"{OWNER}/{name}=project-{name}" for name in names)
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as world:
        house = House(world, Path(folder), settings={"SERVERGEM_PROJECTS": projects, **settings})
        provision(world, {f"project-{name}": each.misses for name, each in zip(names, troubles, strict=True)})
        house.start()
        try:
            return [
                _deploy(house, name, trouble, dice) for name, trouble in zip(names, troubles, strict=True)
            ]
        finally:
            house.stop()


def provision(world: Sandbox, projects: Mapping[str, frozenset[str]]) -> None:
    """Projects in which somebody deployed before, but for what each misses; one deployer has the rights that
    `setup google` gives in all of them, and no more.
    """
    for project_id in projects:
        world.google.project(project_id)
    first = next(iter(projects))
    for project_id, misses in projects.items():
        give_rights(world.google, project_id, deployer="" if project_id == first else email(DEPLOYER, first))
        _furnish(world.google, world.google.projects.known(project_id), misses)


def _furnish(google: GoogleSandbox, project: Project, misses: frozenset[str]) -> None:
    for api in APIS:
        project.apis.setdefault(api, 0.0)
    if "bucket" not in misses:
        google.storage.put_bucket(project, f"servergem-{project.number}-{REGION}", REGION.upper())
    if "registry" not in misses:
        google.registry.put_repository(f"{project.name}/locations/{REGION}/repositories/{REGISTRY}")


def _deploy(house: House, name: str, trouble: Trouble, dice: random.Random) -> Result:
    work = house.repository(SAMPLE, name)
    trouble.arrange(house.world, f"project-{name}", dice)
    if trouble.lost:
        house.world.github.deliveries.drop()
        work.push("Say hello, and nobody hears it")
    # By its check run: where not even the configuration could be read, there is no other name for how it ended.
    run = house.check_run(name, work.push("Say hello"))
    house.world.faults.clear()
    house.world.google.behaviour.propagation = 0.0
    said = unescape(f"{run['output']['title']}\n{run['output']['summary']}")
    rows = [row for each in house.deployments() if each["id"] == run["external_id"] for row in each["rows"]]
    row = next((row for row in rows if row["title"] == "Check Google Cloud"), None)
    seconds = row["ended"] - row["started"] if row and row["ended"] else 0.0
    return Result(
        trouble,
        run["conclusion"] == "success",
        bool(trouble.cause) and trouble.cause in said,
        seconds,
        run["output"]["title"],
    )
