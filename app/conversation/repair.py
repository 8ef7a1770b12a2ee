"""Repair: what a button does in a project, once somebody with write permission has pressed it."""

from __future__ import annotations

from app.model import Button, Remedy
from app.world import World
from gcp import resource_manager, service_usage


def repair(world: World, remedies: tuple[Remedy, ...]) -> None:
    """Enable the APIs and grant the roles. Raises GoogleError where ServerGem's own account may not."""
    for project, apis in _apis(remedies):
        service_usage.enable(world.google, project, apis)
    for remedy in remedies:
        if remedy.button is Button.GRANT_ROLE:
            resource_manager.grant(world.google, remedy.project, remedy.member, remedy.what)


def told(remedies: tuple[Remedy, ...]) -> str:
    """What was done, as the end of a sentence that begins with who did it."""
    done = [f"enabled {', '.join(apis)} in {project}" for project, apis in _apis(remedies)]
    done += [
        f"granted {remedy.what} to {remedy.member.partition(':')[2]} in {remedy.project}"
        for remedy in remedies
        if remedy.button is Button.GRANT_ROLE
    ]
    return " and ".join(done)


def _apis(remedies: tuple[Remedy, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The APIs to enable, by project."""
    enabling = [remedy for remedy in remedies if remedy.button is Button.ENABLE_API]
    return [
        (project, tuple(each.what for each in enabling if each.project == project))
        for project in sorted({each.project for each in enabling})
    ]
