"""Repair: what a button does in a project, once somebody with write permission has pressed it."""

from __future__ import annotations

from app.deployment import World
from app.model import Button, Remedy
from gcp import resource_manager, service_usage


def repair(world: World, remedies: tuple[Remedy, ...]) -> str:
    """Do it and say what was done. Raises GoogleError where ServerGem's own account may not."""
    done = []
    for project in sorted({remedy.project for remedy in remedies}):
        apis = tuple(r.what for r in remedies if r.project == project and r.button is Button.ENABLE_API)
        if apis:
            service_usage.enable(world.google, project, apis)
            done.append(f"enabled {', '.join(apis)} in {project}")
    for remedy in remedies:
        if remedy.button is Button.GRANT_ROLE:
            resource_manager.grant(world.google, remedy.project, remedy.member, remedy.what)
            done.append(f"granted {remedy.what} to {remedy.member.partition(':')[2]} in {remedy.project}")
    return " and ".join(done)
