"""The database beside the intake, opened once for each process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from app.store.answers import AnswerRows
from app.store.approvals import ApprovalRows
from app.store.deployments import Deployments
from app.store.heartbeats import Heartbeats
from app.store.history import History
from app.store.images import ImageRows
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
from app.store.retention import Retention
from app.store.runs import RunRows
from app.store.sessions import SessionRows
from app.store.sources import SourceRows
from app.store.tables import open_database
from app.store.traffic import TrafficRows


@dataclass(frozen=True)
class Database:
    """One engine and the tables read through it."""

    engine: Engine
    lanes: Lanes
    deployments: Deployments
    heartbeats: Heartbeats
    previews: PreviewRows
    traffic: TrafficRows
    images: ImageRows
    layers: LayerRows
    makers: MakerRows
    runs: RunRows
    presses: PressRows
    answers: AnswerRows
    sources: SourceRows
    approvals: ApprovalRows
    pushes: PushRows
    pull_requests: PullRequestRows
    history: History
    retention: Retention
    notices: NoticeRows
    opinions: OpinionRows
    operators: OperatorRows
    names: RepositoryNames
    sessions: SessionRows

    @classmethod
    def open(cls, data: Path, database_url: str) -> Database:
        engine = open_database(data, database_url)
        return cls(
            engine,
            Lanes(engine),
            Deployments(engine),
            Heartbeats(engine),
            PreviewRows(engine),
            TrafficRows(engine),
            ImageRows(engine),
            LayerRows(engine),
            MakerRows(engine),
            RunRows(engine),
            PressRows(engine),
            AnswerRows(engine),
            SourceRows(engine),
            ApprovalRows(engine),
            PushRows(engine),
            PullRequestRows(engine),
            History(engine),
            Retention(engine),
            NoticeRows(engine),
            OpinionRows(engine),
            OperatorRows(engine),
            RepositoryNames(engine),
            SessionRows(engine),
        )

    def close(self) -> None:
        self.lanes.close()
        self.engine.dispose()
