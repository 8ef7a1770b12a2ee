"""The sweep: what runs at Google beside what GitHub says, regularly, so that no lost webhook leaves a trace.

It decides nothing itself: each pull request that differs is looked at by the same story as after a webhook.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from app import log
from app.deploy import Removal, removal_of
from app.deployment import World
from app.github import GitHubError
from app.model import Repository, Review
from app.stages.wanted import app_label
from app.store.previews import PreviewRow
from gcp import cloud_run
from gcp.errors import GoogleError

Start = Callable[[str, str, object], None]


@dataclass(frozen=True)
class Orphan:
    """A service with our labels of which no row of ours knows."""

    project: str
    region: str
    name: str
    repository_id: int
    installation_id: int
    number: int


class Sweep:
    """Runs in a thread of its own; `start` begins a story under an id that makes it one."""

    def __init__(self, world: World, start: Start) -> None:
        self._world, self._start = world, start
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.once(time.time())
            except Exception as error:  # noqa: BLE001 - it is logged whole, and the next sweep comes
                log.fault("sweep.failed", error)
            self._stop.wait(self._world.settings.sweep)

    def once(self, now: float) -> None:
        """One comparison; `now` is epoch seconds."""
        mark = f"sweep-{int(now * 1000)}"
        rows = self._world.store.previews.every()
        for row in rows:
            if row.expires and row.expires < now:
                self._remove(removal_of(self._world, row, "Its time was over", regardless=True, mark=mark))
        for (repository, number), sha in self._known(rows).items():
            if self._stop.is_set():
                return
            if self._differs(repository, number, sha):
                self._start("review", f"{mark}-{repository.id}-{number}", Review(repository, number, mark))
        for orphan in self._orphans(rows):
            home = Repository(orphan.repository_id, "-", "-", orphan.installation_id)
            row = PreviewRow(
                f"{orphan.project}/{orphan.region}/{orphan.name}",
                home.id,
                home.owner,
                home.name,
                home.installation_id,
                orphan.number,
                orphan.name.partition("-pr-")[0],
                orphan.name,
                orphan.project,
                orphan.region,
                False,
                "",
            )
            log.warning("sweep.orphan", service=orphan.name, pull_request=str(orphan.number))
            self._remove(removal_of(self._world, row, "Nobody knows of it", final=True, mark=mark))

    def _known(self, rows: list[PreviewRow]) -> dict[tuple[Repository, int], str]:
        """Each pull request that has a preview, or may want one, with the head that we know; empty when none."""
        known = {(row.home, row.number): row.sha for row in rows}
        for repository in self._world.store.repositories():
            try:
                pulls = self._world.github.open_pull_requests(repository)
            except GitHubError as refused:
                log.warning("sweep.unseen", repository=repository.full_name, error=str(refused))
                continue
            for pull in pulls:
                if self._world.store.previews.verdict(repository.id, pull.number) == "":
                    known.setdefault((repository, pull.number), "")
        return known

    def _differs(self, repository: Repository, number: int, sha: str) -> bool:
        if not sha:
            return True
        try:
            pull = self._world.github.pull_request(repository, number)
        except GitHubError as refused:
            log.warning("sweep.unseen", repository=repository.full_name, error=str(refused))
            return False
        return pull is None or not pull.open or pull.head_sha != sha

    def _orphans(self, rows: list[PreviewRow]) -> list[Orphan]:
        settings = self._world.settings
        places = {(row.project, row.region) for row in rows}
        places |= {(project, settings.region) for project in settings.every_project()}
        lanes = {row.lane for row in rows}
        found = []
        for project, region in sorted(places):
            try:
                services = cloud_run.services(self._world.google, project, region)
            except GoogleError as refused:
                log.warning("sweep.unseen", project=project, error=str(refused))
                continue
            for service in services:
                labels = dict(service.labels)
                ours = labels.get("github-app") == app_label(settings) and "pull-request" in labels
                if ours and f"{project}/{region}/{service.name}" not in lanes:
                    found.append(
                        Orphan(
                            project,
                            region,
                            service.name,
                            int(labels.get("repository-id", "0")),
                            int(labels.get("installation-id", "0")),
                            int(labels["pull-request"]),
                        )
                    )
        return found

    def _remove(self, removal: Removal) -> None:
        self._start("remove", removal.id, removal)
