"""The store: deliveries, lanes, deployments, log lines and heartbeats; every row that is ours.

The door needs the intake alone, and at once; all else, and SQLAlchemy with it, is opened on first use.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.model import Delivery, Report, Repository
from app.store.intake import Intake
from app.store.rows import Heartbeat, Known, Received, StoreError, Ticket, Unshown

if TYPE_CHECKING:
    from app.store.database import Database
    from app.store.intake_postgres import PostgresIntake
    from app.store.previews import PreviewRows
    from app.store.talks import TalkRows
    from app.store.traffic import TrafficRows


# How old an answer about all lanes may be that many waiting runs share.
LANES_HOLD_SECONDS = 0.5


class Store:
    """`Store.open(settings.data, settings.database_url)`; every method may be called from any thread."""

    def __init__(self, data: Path, database_url: str) -> None:
        self._data, self._database_url = data, database_url
        self._opening = threading.Lock()
        self._opened: Database | None = None
        self._snapshot = threading.Lock()
        self._newest: dict[str, str] = {}
        self._newest_at = float("-inf")
        self._intake = self._open_intake()

    @classmethod
    def open(cls, data: Path, database_url: str = "") -> Store:
        """SQLite files in `data`, or Postgres when there is a `database_url`."""
        return cls(data, database_url)

    def close(self) -> None:
        """Write what waits, and let nobody wait for a lane any longer."""
        self._intake.close()
        if self._opened is not None:
            self._opened.close()

    # Deliveries

    async def accept(self, delivery: Delivery, received_at: float) -> bool:
        """Keep a delivery; it is on disk when this returns. False when it was there before. StoreError if not."""
        return await self._intake.accept(delivery, received_at)

    def unstarted(self) -> list[Delivery]:
        """The oldest deliveries without an outcome, a hundred at most."""
        return self._intake.unstarted()

    def mark(self, delivery_id: str, outcome: str) -> None:
        """Say what became of a delivery: the jobs started, or why it was ignored."""
        self._intake.mark(delivery_id, outcome)

    def deliveries(self, limit: int) -> list[Received]:
        """The newest deliveries first."""
        return self._intake.deliveries(limit)

    # Lanes

    def lane_enter(self, lane: str, run_id: str, sha: str) -> Ticket:
        """Ask for a lane: hold it now, or wait as its newest run. Superseded when a newer run has asked."""
        return self._database.lanes.enter(lane, run_id, sha)

    def lane_wait(self, lane: str, run_id: str) -> Ticket:
        """Wait a few seconds for a lane that was asked for; a Ticket that does not hold it means: ask again."""
        return self._database.lanes.wait(lane, run_id)

    def lane_flag(self, lane: str, run_id: str) -> str | None:
        """The commit that has asked for the lane since this run did."""
        return self._database.lanes.flag(lane, run_id)

    def lane_overtaken(self, lane: str, run_id: str) -> bool:
        """Whether another run has asked for the lane since, as it was a moment ago: cheap for a thousand that wait."""
        with self._snapshot:
            if time.monotonic() - self._newest_at > LANES_HOLD_SECONDS:
                self._newest, self._newest_at = self._database.lanes.newest(), time.monotonic()
            return self._newest.get(lane, run_id) != run_id

    def lane_rival(self, lane: str, run_id: str) -> str | None:
        """The commit of the newest other run in the lane."""
        return self._database.lanes.rival(lane, run_id)

    def lane_holds(self, lane: str, run_id: str, fence: int) -> bool:
        """Whether this run, in this execution, may still change what serves."""
        return self._database.lanes.holds(lane, run_id, fence)

    def lane_leave(self, lane: str, run_id: str) -> None:
        """Give a lane up, or stop waiting for it."""
        self._database.lanes.leave(lane, run_id)

    # Deployments

    def deployment_opened(self, run_id: str, report: Report, lane: str) -> Known:
        """Begin a deployment's row, or after a restart find what GitHub already has of it."""
        return self._database.deployments.opened(run_id, report, lane)

    def deployment_progressed(self, run_id: str, report: Report) -> None:
        """Keep the report as it stands, for the pages."""
        self._database.deployments.progressed(run_id, report)

    def deployment_ended(self, run_id: str, report: Report) -> None:
        """Keep the last report."""
        self._database.deployments.ended(run_id, report)

    def deployment_amended(self, run_id: str, report: Report) -> None:
        """A finished deployment has something new to say."""
        self._database.deployments.amended(run_id, report)

    def deployment_known(self, run_id: str) -> Known | None:
        """What GitHub has of a deployment."""
        return self._database.deployments.known(run_id)

    def deployment_shown(self, run_id: str) -> None:
        """GitHub has the last state."""
        self._database.deployments.shown(run_id)

    def deployment_check_run(self, run_id: str, check_run_id: int) -> None:
        """The check run that shows this deployment."""
        self._database.deployments.has_check_run(run_id, check_run_id)

    def deployment_github_deployment(self, run_id: str, github_deployment_id: int) -> None:
        """GitHub's own deployment for this one."""
        self._database.deployments.has_github_deployment(run_id, github_deployment_id)

    def deployment_abandoned(self, run_id: str, report: Report) -> None:
        """Close a deployment that nobody continues: keep its last report, and give its lane up."""
        if lane := self._database.deployments.lane(run_id):
            self._database.lanes.leave(lane, run_id)
        self._database.deployments.ended(run_id, report)

    def deployments_unshown(self) -> list[Unshown]:
        """Ended deployments whose last state GitHub does not have yet."""
        return self._database.deployments.unshown()

    def repositories(self) -> list[Repository]:
        """Each repository that was ever deployed, by its newest name."""
        return self._database.deployments.repositories()

    def reports(self, limit: int) -> list[Report]:
        """The newest deployments first."""
        return self._database.deployments.reports(limit)

    def report(self, run_id: str) -> Report | None:
        """One deployment as it stands."""
        return self._database.deployments.report(run_id)

    def add_log_line(self, run_id: str, line: str) -> None:
        """One line of a build's or a container's log; redacted by whoever read it."""
        self._database.deployments.add_log_line(run_id, line)

    def log_lines(self, run_id: str) -> list[str]:
        """A deployment's log, oldest line first."""
        return self._database.deployments.log_lines(run_id)

    def ping(self) -> None:
        """Raise StoreError unless the database answers; the first call opens it."""
        self._database.deployments.under_way()

    # What has rows of its own

    @property
    def previews(self) -> PreviewRows:
        """Previews, and what people said of their pull requests."""
        return self._database.previews

    @property
    def traffic(self) -> TrafficRows:
        """Shifts of traffic, rollbacks, locks, and images by their content."""
        return self._database.traffic

    @property
    def talks(self) -> TalkRows:
        """Runs that can be run again, presses of buttons, answers to comments."""
        return self._database.talks

    # Heartbeats

    def beat(self, heartbeat: Heartbeat) -> None:
        """This process is alive."""
        self._database.heartbeats.beat(heartbeat)

    def heartbeats(self) -> list[Heartbeat]:
        """Every process that has runs, or may have."""
        return self._database.heartbeats.all()

    def heart_stopped(self, executor_id: str) -> None:
        """Forget a process of which nothing is left to take over."""
        self._database.heartbeats.stopped(executor_id)

    @property
    def _database(self) -> Database:
        with self._opening:
            if self._opened is None:
                from app.store.database import Database

                self._opened = Database.open(self._data, self._database_url)
            return self._opened

    def _open_intake(self) -> Intake | PostgresIntake:
        if not self._database_url:
            return Intake(self._data / "deliveries.db")
        from app.store.intake_postgres import PostgresIntake

        return PostgresIntake(self._database.engine)


__all__ = ["Heartbeat", "Known", "Received", "Store", "StoreError", "Ticket", "Unshown"]
