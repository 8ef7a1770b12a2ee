"""Orphans: what runs at Google with our labels of a preview, and of which no row of ours knows.

A service is one, and so is a job or a worker whose service is gone: a worker costs for as long as it is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from app.config.names import SERVICE_NAME
from app.store.previews import PreviewRow
from app.telemetry import log
from app.trust.ownership import APP, INSTALLATION, OF_SERVICE, PULL_REQUEST, REPOSITORY, app_label
from app.world import World
from gcp import cloud_run, named_jobs, worker_pools
from gcp.errors import GoogleError
from gcp.named_jobs import JobState
from gcp.worker_pools import WorkerState

NUMBER = re.compile(r"[0-9]{1,18}")

T = TypeVar("T")


@dataclass(frozen=True)
class Orphan:
    """A preview by the name of its service, whether that is what was found or what the found one is beside."""

    project: str
    region: str
    name: str
    repository_id: int
    installation_id: int
    number: int


def orphans(world: World, rows: list[PreviewRow]) -> list[Orphan]:
    """Each once, wherever a preview of ours may be. What cannot be listed is logged and keeps nothing else back."""
    settings = world.settings
    places = {(row.project, row.region) for row in rows}
    places |= {(project, settings.region) for project in settings.every_project()}
    lanes, app = {row.lane for row in rows}, app_label(settings.github_app_id)
    found: list[Orphan] = []
    for project, region in sorted(places):
        for name, labels in _there(world, project, region):
            ours = labels.get(APP) == app and PULL_REQUEST in labels
            if ours and f"{labels.get(REPOSITORY)}/{project}/{region}/{name}" not in lanes:
                found += orphans_in(project, region, name, labels)
    return list(dict.fromkeys(found))


def _there(world: World, project: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The labels of every service, job and worker, by the name of the service that it is or is beside."""
    google = world.google
    for each in _seen(project, lambda: cloud_run.services(google, project, region)):
        yield each.name, dict(each.labels)
    jobs: Iterable[JobState | WorkerState] = _seen(project, lambda: named_jobs.jobs(google, project, region))
    workers = _seen(project, lambda: worker_pools.workers(google, project, region))
    for beside in (*jobs, *workers):
        labels = dict(beside.labels)
        # A release command's job is of no service: it goes with the deployment that made it.
        if OF_SERVICE in labels:
            yield labels[OF_SERVICE], labels


def _seen(project: str, listed: Callable[[], Iterable[T]]) -> Iterable[T]:
    try:
        return listed()
    except GoogleError as refused:
        log.warning("sweep.unseen", project=project, error=str(refused))
        return ()


def orphans_in(project: str, region: str, name: str, labels: Mapping[str, str]) -> tuple[Orphan, ...]:
    """The preview, unless a label of ours holds what we never write: somebody else did, and it is left alone."""
    ids = [labels.get(label, "") for label in (REPOSITORY, INSTALLATION, PULL_REQUEST)]
    if not (all(NUMBER.fullmatch(each) for each in ids) and SERVICE_NAME.fullmatch(name)):
        log.warning("sweep.odd_labels", service=name, project=project, labels=dict(labels))
        return ()
    return (Orphan(project, region, name, *map(int, ids)),)


def row_of(orphan: Orphan, now: float, owner: str, repository: str) -> PreviewRow:
    """The row that a preview would have, as far as its labels tell.

    How often it was made nobody knows; the seconds (epoch) are a generation that no revision of it has in its name.
    """
    return PreviewRow(
        f"{orphan.repository_id}/{orphan.project}/{orphan.region}/{orphan.name}",
        orphan.repository_id,
        owner,
        repository,
        orphan.installation_id,
        orphan.number,
        orphan.name.partition("-pr-")[0],
        orphan.name,
        orphan.project,
        orphan.region,
        False,
        "",
        generation=int(now),
    )
