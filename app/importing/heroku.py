"""Heroku's app.json and Procfile: https://devcenter.heroku.com/articles/app-json-schema and …/articles/procfile"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.importing.around import Around
from app.importing.foreign import Foreign
from app.importing.images import kept_elsewhere
from app.importing.source import Source
from app.importing.telling import WORKER, instances, said
from app.importing.told import WORKERS, Left, Named, Told, Variable

PROCFILE = "Procfile"
PROCESS = re.compile(r"([A-Za-z0-9_-]+)\s*:\s*(\S.*?)\s*")
KNOWN = {"web", "worker", "release", "clock"}
# What is no worker: one is the service, one runs before it.
SERVED = {"web", "release"}
SCHEDULER = re.compile(r"scheduler")


def _described(value: Any) -> Any:
    """A variable is its value, or a description of it."""
    return {"value": value} if isinstance(value, str) else value


class Described(Foreign):
    description: str = Field(default="", description="nothing")
    value: str | None = Field(default=None, description="`env`, `secrets`")
    required: str = Field(default="", description="nothing")
    generator: str = Field(default="", description="`secrets`")


class Formation(Foreign):
    quantity: int | None = Field(default=None, description="`instances.min` above 1; a worker's `instances`")
    size: str = Field(default="", description="left")


class Scripts(Foreign):
    postdeploy: str = Field(default="", description="left: `release`, or a job")


def _plans(value: Any) -> Any:
    """An add-on is its plan, or a mapping with one."""
    if not isinstance(value, list):
        return value
    return [each.get("plan", "") if isinstance(each, dict) else each for each in value]


class Heroku(Foreign):
    """`app.json` and `Procfile`: one application."""

    name: str = Field(default="", description="nothing: the service is called like the repository")
    env: dict[str, Annotated[Described, BeforeValidator(_described)]] = Field(
        default={}, description="`env`, `secrets`"
    )
    formation: dict[str, Formation] = Field(default={}, description="`instances`")
    addons: Annotated[list[str], BeforeValidator(_plans)] = Field(
        default=[], description="left, each with a way"
    )
    scripts: Scripts = Field(default=Scripts(), description="left: `release`, or a job")
    processes: dict[str, str] = Field(
        default={},
        alias="Procfile",
        description="`release`, `workers`; `web` stays in the Procfile, which buildpacks read",
    )


LEFT: Mapping[str, str] = {
    **dict.fromkeys(
        ("description", "keywords", "repository", "website", "logo", "success_url", "$schema", "image"),
        "Nothing is needed: it is for people.",
    ),
    "stack": "Nothing is needed: buildpacks choose, or a Dockerfile does.",
    "buildpacks": "Google's buildpacks choose by the files of the source; for others write a Dockerfile.",
    "environments": "Write what differs as `environments: {NAME: {branch: …}}`, and `previews:` for pull requests.",
    "scripts.*": "Make it a job of `jobs:`.",
    "formation.*.*": "Write `memory:` and `cpu:` for the service.",
}


def procfile(text: str) -> Source | None:
    """A Procfile under its own name; None for what is none."""
    found: dict[str, str] = {}
    lines: dict[tuple[str, ...], int] = {(PROCFILE,): 1}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        process = PROCESS.fullmatch(line)
        if not process:
            return None
        found[process[1]] = process[2]
        lines[(PROCFILE, process[1])] = number
    return Source({PROCFILE: found}, lines) if KNOWN & found.keys() else None


def is_heroku(value: Mapping[str, Any]) -> bool:
    known = {
        "addons",
        "formation",
        "buildpacks",
        "stack",
        "success_url",
        "keywords",
        "scripts",
        "repository",
        "env",
    }
    others = {"expo", "jobs", "steps", "dependencies", "devDependencies"}
    return PROCFILE in value or ("name" in value and bool(known & value.keys()) and not others & value.keys())


def tell(heroku: Heroku, around: Around) -> Iterator[Named | Left]:
    yield Named(around.name, tuple(_told(heroku)))
    for name in heroku.processes:
        if name not in SERVED:
            yield Named(name, tuple(_worker(heroku, name)), WORKERS)


def _told(heroku: Heroku) -> Iterator[Told]:
    for name, command in heroku.processes.items():
        if name == "release":
            yield said("release", command, PROCFILE, name)
    for name, formation in heroku.formation.items():
        if name == "web" and formation.quantity and formation.quantity > 1:
            yield from instances(formation.quantity, None, "formation", name, "quantity")
        if name not in {"web", *heroku.processes}:
            yield Left(("formation", name), WORKER, whole=True)
        if name == "web" and formation.size:
            yield Left(("formation", name, "size"), "Write `memory:` and `cpu:` for the service.")
    for number, addon in enumerate(heroku.addons):
        yield Left(("addons", str(number)), _instead(addon))
    if heroku.scripts.postdeploy:
        yield Left(
            ("scripts", "postdeploy"), "Write `release:` for what every deployment needs, a job for the rest."
        )
    for name, described in heroku.env.items():
        yield Variable(name, described.value or None, ("env", name))


def _worker(heroku: Heroku, name: str) -> Iterator[Told]:
    """A process that serves nobody, as buildpacks leave it in the image: under its name in the Procfile.

    https://buildpacks.io/docs/for-app-developers/how-to/build-outputs/specify-launch-process/
    """
    yield said("command", (f"/cnb/process/{name}",), PROCFILE, name)
    count = heroku.formation.get(name, Formation()).quantity
    if count is not None and count != 1:
        yield said("instances", count, "formation", name, "quantity")


def _instead(addon: str) -> str:
    if SCHEDULER.search(addon):
        return "Make each of its tasks a job of `jobs:` with `schedule:`."
    return kept_elsewhere(addon) or "Order it from its maker, and name its key and address as `secrets:`."
