"""The store: every row that is ours. All but the intake, and SQLAlchemy with it, is opened on first use."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from app.model import Delivery, Report
from app.store.intake import Intake
from app.store.rows import (
    GIVEN_UP,
    STARTED,
    Heartbeat,
    Known,
    Received,
    SomebodyAsked,
    StoreError,
    Ticket,
    Unshown,
)

if TYPE_CHECKING:
    from app.store.answers import AnswerRows
    from app.store.approvals import ApprovalRows
    from app.store.database import Database
    from app.store.deployments import Deployments
    from app.store.heartbeats import Heartbeats
    from app.store.history import History
    from app.store.images import ImageRows
    from app.store.intake_postgres import PostgresIntake
    from app.store.lanes import Lanes
    from app.store.layers import LayerRows
    from app.store.makers import MakerRows
    from app.store.notices import NoticeRows
    from app.store.operators import OperatorRows
    from app.store.opinions import OpinionRows
    from app.store.presses import PressRows
    from app.store.previews import PreviewRows
    from app.store.pull_requests import PullRequestRows
    from app.store.pushes import PushRows
    from app.store.repository_names import RepositoryNames
    from app.store.runs import RunRows
    from app.store.sessions import SessionRows
    from app.store.sources import SourceRows
    from app.store.traffic import TrafficRows


class Store:
    """`Store.open(settings.data, settings.database_url)`; every method may be called from any thread."""

    def __init__(self, data: Path, database_url: str) -> None:
        self._data, self._database_url = data, database_url
        self._opening = threading.Lock()
        self._opened: Database | None = None
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
        """Keep a delivery; it is on disk when this returns. StoreError if not.

        False when it was there before, unless it was given up: then it is to be started again.
        """
        return await self._intake.accept(delivery, received_at)

    def unstarted(self, limit: int = 100) -> list[Delivery]:
        """Deliveries without an outcome: installations take turns, in each its repositories, the oldest first."""
        return self._intake.unstarted(limit)

    def mark(self, delivery_id: str, outcome: str) -> None:
        """Say what became of a delivery: the jobs started, or why it was ignored."""
        self._intake.mark(delivery_id, outcome)

    def deliveries(self, limit: int) -> list[Received]:
        """The newest deliveries first."""
        return self._intake.deliveries(limit)

    def abandoned(self, deployment_id: str, report: Report) -> None:
        """Close a deployment that nobody continues: keep its last report, and give its lane up."""
        if lane := self.deployments.lane(deployment_id):
            self.lanes.leave(lane, deployment_id)
        self.deployments.ended(deployment_id, report)

    def forget(self, before: float, limit: int) -> int:
        """Forget deliveries, reports and logs from before (epoch seconds), about `limit` of each; how many."""
        return self._intake.forget(before, limit) + self._database.retention.forget(before, limit)

    def receives(self) -> None:
        """Raise StoreError unless deliveries can be read where they are stored; nothing else is opened."""
        self._intake.deliveries(1)

    def ping(self) -> None:
        """Raise StoreError unless the database answers; the first call opens it."""
        self._database.deployments.under_way()

    # What has rows of its own

    @property
    def lanes(self) -> Lanes:
        """Who holds each lane and who waits for it."""
        return self._database.lanes

    @property
    def deployments(self) -> Deployments:
        """Deployments with their reports and logs."""
        return self._database.deployments

    @property
    def history(self) -> History:
        """What the pages read of all of it."""
        return self._database.history

    @property
    def notices(self) -> NoticeRows:
        """What webhooks and Slack are yet to be told."""
        return self._database.notices

    @property
    def opinions(self) -> OpinionRows:
        """How often Gemini was asked today."""
        return self._database.opinions

    @property
    def operators(self) -> OperatorRows:
        """Which account each login is that the settings name."""
        return self._database.operators

    @property
    def names(self) -> RepositoryNames:
        """Which repository each name stands for that the operator gives something to."""
        return self._database.names

    @property
    def sessions(self) -> SessionRows:
        """Whose sessions on the pages were ended."""
        return self._database.sessions

    @property
    def heartbeats(self) -> Heartbeats:
        """Which processes are alive."""
        return self._database.heartbeats

    @property
    def previews(self) -> PreviewRows:
        """What runs for each pull request."""
        return self._database.previews

    @property
    def pull_requests(self) -> PullRequestRows:
        """What people said of each pull request, and what became of it."""
        return self._database.pull_requests

    @property
    def traffic(self) -> TrafficRows:
        """Shifts of traffic, rollbacks and locks."""
        return self._database.traffic

    @property
    def images(self) -> ImageRows:
        """Which image each content became."""
        return self._database.images

    @property
    def layers(self) -> LayerRows:
        """How long each layer of an image took."""
        return self._database.layers

    @property
    def makers(self) -> MakerRows:
        """Which deployment makes what several need."""
        return self._database.makers

    @property
    def runs(self) -> RunRows:
        """What deployments were started with, so that they can be again."""
        return self._database.runs

    @property
    def presses(self) -> PressRows:
        """Who pressed which button."""
        return self._database.presses

    @property
    def answers(self) -> AnswerRows:
        """What was said to comments."""
        return self._database.answers

    @property
    def approvals(self) -> ApprovalRows:
        """What forks asked for, and what a person said yes to."""
        return self._database.approvals

    @property
    def sources(self) -> SourceRows:
        """The archives that ServerGem itself wrote."""
        return self._database.sources

    @property
    def pushes(self) -> PushRows:
        """Which pushes were heard of, and until when GitHub was asked for others."""
        return self._database.pushes

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


__all__ = [
    "GIVEN_UP",
    "STARTED",
    "Heartbeat",
    "Known",
    "Received",
    "SomebodyAsked",
    "Store",
    "StoreError",
    "Ticket",
    "Unshown",
]
