"""Words that the readers of several formats share: an origin, a command, a path; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.config.draft import Block, Keys, Said, Value
from app.importing.told import Beside, Left, Told, Variable
from app.model import ImageName
from app.redaction import redact

# How `release` is run too: app/stages/release_command.py
SHELL = ("/bin/sh", "-c")
WORKER = "It answers no requests: `workers: {NAME: {command: […]}}` runs it with a service's image, `jobs:` to an end."


def said(key: str, value: Value, *at: str, note: str = "") -> Said:
    """One key of ours with its origin, and what had to be changed."""
    return Said(key, value, note, at)


def beside(name: str, image: str, told: tuple[Told, ...], at: Keys) -> Beside | Left:
    """A container beside a service's own, where its image is one that servergem.yml takes."""
    parsed = ImageName.parse(image)
    if parsed and (parsed.shelf or parsed.digest):
        return Beside(name, (Said("image", image), *told))
    instead = "Its image is outside Artifact Registry, where only a digest names one: write it as"
    return Left(
        at, f"{instead} `containers: {{{name}: {{image: NAME@sha256:…}}}}`, or copy it there.", whole=True
    )


def variables(values: Mapping[str, str | None], *at: str) -> Iterator[Told]:
    return (Variable(name, value, (*at, name)) for name, value in values.items())


def instances(least: int | None, most: int | None, *at: str) -> Iterator[Told]:
    """The bounds of instances, where one is given; a most below the least is lifted to it."""
    if least is None and most is None:
        return
    bounds: list[Said] = [] if least is None else [Said("min", least)]
    if most is not None:
        bounds.append(Said("max", max(most, least or 0, 1)))
    elif least and least > 10:
        bounds.append(Said("max", least))
    yield said("instances", Block(tuple(bounds)), *at)


def start(command: str, *at: str, with_docker: bool) -> Iterator[Told]:
    """How it starts: over the image's own words with a Dockerfile; buildpacks read a Procfile."""
    if not command:
        return
    if with_docker:
        yield said("command", (*SHELL, command), *at)
    else:
        shown = " ".join(redact(command).split())
        yield Left(at, f"Write Procfile with the line `web: {shown}`, which buildpacks start.")


def folder(written: str) -> str:
    """A folder from the repository's root: `./api/` is `api`."""
    return "/".join(part for part in written.split("/") if part not in ("", ".")) or "."


def dockerfile(written: str, inside: str) -> str:
    """A Dockerfile's path from the service's folder; empty for the usual one."""
    path = folder(written) if written else "Dockerfile"
    path = path.removeprefix(f"{inside}/") if inside != "." else path
    return "" if path == "Dockerfile" else path
