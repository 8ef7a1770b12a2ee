"""The sweep: what runs at Google beside what GitHub says, regularly, so that no lost webhook leaves a trace.

It decides nothing itself: each pull request that differs is looked at by the same story as after a webhook.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from app.github import GitHubError
from app.model import LookAtPullRequest, Repository
from app.rounds.orphans import Orphan, orphans, row_of
from app.rounds.recovery import Recovery, most_looks, pause
from app.rounds.retention import Retention
from app.start import Removal, removal_of
from app.store.previews import PreviewRow
from app.telemetry import log
from app.world import World

T = TypeVar("T")


class Sweep:
    """Runs in a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._recovery = Recovery(world)
        self._retention = Retention(world.store, world.settings.retention_days)
        self._looked: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        settings = self._world.settings
        while not self._stop.is_set():
            swept = self._sweep_for_all()
            self._stop.wait(settings.sweep if swept else min(settings.sweep, settings.heartbeat))

    def _sweep_for_all(self) -> bool:
        """Sweep, unless another process does; then it is asked again soon whether that one is still there."""
        try:
            if not self._world.leads():
                return False
            self.once(time.time())
        except Exception as error:  # noqa: BLE001 - it is logged whole, and the next sweep comes
            log.fault("sweep.failed", error)
        return True

    def once(self, now: float) -> None:
        """One comparison; `now` is epoch seconds. What cannot be looked at is logged and keeps nothing else back."""
        mark = f"sweep-{int(now * 1000)}"
        rows = self._world.store.previews.every()
        over = [row for row in rows if row.expires and row.expires < now]
        self._each([now], self._recovery.redeliver)
        self._each(over, lambda row: self._expire(row, mark))
        self._each(self._due(rows, now), lambda repository: self._look(repository, rows, now, mark))
        self._each(orphans(self._world, rows), lambda orphan: self._settle(orphan, now, mark))
        self._each([now], self._retention.apply)

    def _each(self, things: Iterable[T], do: Callable[[T], None]) -> None:
        for thing in things:
            if self._stop.is_set():
                return
            try:
                do(thing)
            except Exception as error:  # noqa: BLE001 - it is logged whole, and the others have their turn
                log.fault("sweep.skipped", error, thing=str(thing))

    def _expire(self, row: PreviewRow, mark: str) -> None:
        self._remove(removal_of(self._world, row, "Its time was over", regardless=True, mark=mark))

    def _due(self, rows: list[PreviewRow], now: float) -> list[Repository]:
        """The repositories whose turn it is, the longest unlooked first, no more than GitHub's limit has room for."""
        store, sweep = self._world.store, self._world.settings.sweep
        last = store.deployments.last_started()
        every = {row.repository_id: row.home for row in rows}
        every |= {repository.id: repository for repository in store.deployments.repositories()}
        due = [
            repository
            for repository in every.values()
            if now >= self._looked.get(repository.id, 0.0) + pause(now - last.get(repository.id, 0.0), sweep)
        ]
        due.sort(key=lambda each: (self._looked.get(each.id, 0.0), -last.get(each.id, 0.0)))
        taken: Counter[int] = Counter()
        chosen: list[Repository] = []
        for repository in due:
            if taken[repository.installation_id] < most_looks(sweep):
                taken[repository.installation_id] += 1
                chosen.append(repository)
        return chosen

    def _look(self, repository: Repository, rows: list[PreviewRow], now: float, mark: str) -> None:
        """What happened in a repository: pushes that nobody heard of, pull requests that are not as they were."""
        self._looked[repository.id] = now
        try:
            self._recovery.find_pushes(repository, now)
            numbers = self._changed(repository, rows)
        except GitHubError as refused:
            log.warning("sweep.unseen", repository=repository.full_name, error=str(refused))
            return
        for number in sorted(numbers):
            self._world.start(LookAtPullRequest(repository, number, mark), f"{mark}-{repository.id}-{number}")

    def _changed(self, repository: Repository, rows: list[PreviewRow]) -> set[int]:
        """Each pull request about which anything that decides is not as it was at the last look."""
        seen = self._world.store.pull_requests.seen
        pulls = {pull.number: pull for pull in self._world.github.open_pull_requests(repository)}
        known = {row.number: row.sha for row in rows if row.repository_id == repository.id}
        changed = {pull.number for pull in pulls.values() if seen(repository.id, pull.number) != pull.seen}
        return changed | {
            number for number, sha in known.items() if number not in pulls or pulls[number].head_sha != sha
        }

    def _settle(self, orphan: Orphan, now: float, mark: str) -> None:
        """A preview of which our rows do not know: kept and looked at while its pull request is open, else removed."""
        log.warning("sweep.orphan", service=orphan.name, pull_request=str(orphan.number))
        github, row = self._world.github, row_of(orphan, now, "-", "-")
        home = github.repository_of(orphan.repository_id, orphan.installation_id)
        pull = github.pull_request(home, orphan.number) if home else None
        if home is None or pull is None or not pull.open:
            self._remove(removal_of(self._world, row, "Nobody knows of it", final=True, mark=mark))
            return
        self._world.store.previews.want(row_of(orphan, now, home.owner, home.name))
        self._world.start(
            LookAtPullRequest(pull.repository, orphan.number, mark), f"{mark}-{home.id}-{orphan.number}"
        )

    def _remove(self, removal: Removal) -> None:
        self._world.start(removal, removal.id)
