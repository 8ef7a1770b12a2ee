"""A root that holds workspaces of Node and starts nothing: which packages start, and the lines that do it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis.files import Files
from app.model import Finding, Target, Weight
from app.source.services_below import SHOWN, needing_others
from app.source.services_to_write import names_of

LINK = "https://docs.npmjs.com/cli/using-npm/workspaces"


def workspaces(files: Files, target: Target) -> Iterator[Finding]:
    """A warning: what a build leaves there may start after all."""
    folders = needing_others(files)
    if not folders:
        return
    more = f" and {len(folders) - SHOWN} more" if len(folders) > SHOWN else ""
    yield Finding(
        code="workspaces-start-nothing",
        weight=Weight.WARN,
        title="The root's package.json holds workspaces and starts nothing",
        message="What is built is the repository's root, which has no `start` script; "
        f"{', '.join(folders[:SHOWN])}{more} {'have' if len(folders) > 1 else 'has'} one, and what it needs is "
        "outside of its folder.",
        fix=f"Write Procfile with the line `web: {_start(files, folders[0])}`"
        f"{_others(folders[1:SHOWN], target.source_name)}.",
        place=files.place("package.json", files.search("package.json", r'"workspaces"') or 1),
        link=LINK,
    )


def with_dockerfiles(folders: tuple[str, ...], otherwise: str) -> str:
    """The line of servergem.yml that builds each of these packages from the root, where all of them are."""
    named = (
        f"{name}: {{path: ., build: {{dockerfile: {folder}/Dockerfile}}}}"
        for folder, name in names_of(folders, otherwise).items()
    )
    return f"services: {{{', '.join(named)}}}"


def _others(folders: tuple[str, ...], otherwise: str) -> str:
    if not folders:
        return ""
    written = with_dockerfiles(folders, otherwise)
    return f", and for the others a Dockerfile each that copies the whole repository, with `{written}` in servergem.yml"


def _start(files: Files, folder: str) -> str:
    """The package's own `start`, called from the root by the package manager that is there."""
    package = files.json(f"{folder}/package.json")
    name = str(package.get("name", "")) if isinstance(package, dict) else ""
    if "pnpm-workspace.yaml" in files.paths or "pnpm-lock.yaml" in files.paths:
        return f"pnpm --dir {folder} start"
    if "yarn.lock" in files.paths and name:
        return f"yarn workspace {name} start"
    return f"npm start --workspace={folder}"
