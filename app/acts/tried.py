"""Tried: a job or worker beside a service is brought, on a line of its own; a failure stops none of the others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from app.model import Finding, Row, RowState, Stop
from app.scene import InLane
from gcp.errors import GoogleError


def tried(
    scene: InLane, title: str, work: Callable[[], tuple[str, ...]], said: Callable[[Finding], Finding]
) -> tuple[Finding, ...]:
    """Do `work`, whose words stand in its line; the findings when it fails. `said` words what Google refused."""
    row = Row(title, RowState.RUNNING, started=time.time())
    scene.part(row)
    try:
        scene.insist_on_lane()
        notes = work()
    except GoogleError as error:
        scene.part(replace(row, state=RowState.FAILED, ended=time.time()))
        return (said(scene.explain(error)),)
    except Stop as stop:
        scene.part(replace(row, state=RowState.FAILED, ended=time.time()))
        return stop.findings
    scene.part(replace(row, state=RowState.DONE, ended=time.time(), notes=notes))
    return ()


def insist_on_none(found: list[Finding]) -> None:
    """Stop with all that was found, each finding once; nothing when nothing was."""
    if found:
        raise Stop(tuple({(each.code, each.title): each for each in found}.values()))
