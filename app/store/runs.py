"""Runs: what each deployment was started with, so that it can be started again, and what went wrong in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Column, Engine, Integer, Table, select, update

from app.store.tables import DEPLOYMENTS, METADATA, Words, insert_once, transaction

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("story", Words, nullable=False),
    Column("run", Words, nullable=False),
    Column("service", Words, nullable=False, default=""),
    Column("pull_request", Integer, nullable=False, default=0),
    # What went wrong, in a form that is the same when it goes wrong in the same way again.
    Column("fingerprint", Words, nullable=False, default=""),
)


@dataclass(frozen=True)
class Begun:
    """A run as it was started: the story's name, and its argument as JSON."""

    id: str
    story: str
    run: str
    service: str
    pull_request: int


class RunRows:
    """What was begun, by its deployment's id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begun(self, run: Begun) -> None:
        """A run was started; it can be started again from this."""
        with transaction(self._engine) as connection:
            insert_once(connection, RUNS, **asdict(run))

    def run(self, deployment_id: str) -> Begun | None:
        with transaction(self._engine) as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == deployment_id)).first()
        return Begun(row.id, row.story, row.run, row.service, row.pull_request) if row else None

    def runs_of(self, repository_id: int, sha: str) -> list[str]:
        """The newest run of each check run of a commit."""
        query = (
            select(DEPLOYMENTS.c.id, DEPLOYMENTS.c.check_name)
            .where(DEPLOYMENTS.c.repository_id == repository_id, DEPLOYMENTS.c.sha == sha)
            .order_by(DEPLOYMENTS.c.number)
        )
        with transaction(self._engine) as connection:
            return list({row.check_name: row.id for row in connection.execute(query)}.values())

    def went_wrong(self, deployment_id: str, fingerprint: str) -> None:
        """How a run failed."""
        with transaction(self._engine) as connection:
            connection.execute(update(RUNS).where(RUNS.c.id == deployment_id).values(fingerprint=fingerprint))

    def failing_since(self, repository_id: int, branch: str, service: str, fingerprint: str) -> str:
        """The first commit of this branch's unbroken row of such failures; empty when there is none."""
        query = (
            select(DEPLOYMENTS.c.sha, RUNS.c.fingerprint)
            .join(RUNS, RUNS.c.id == DEPLOYMENTS.c.id)
            .where(
                DEPLOYMENTS.c.repository_id == repository_id,
                DEPLOYMENTS.c.branch == branch,
                DEPLOYMENTS.c.state.in_(("live", "failed")),
                RUNS.c.service == service,
                RUNS.c.pull_request == 0,
            )
            .order_by(DEPLOYMENTS.c.number.desc())
            .limit(100)
        )
        since = ""
        with transaction(self._engine) as connection:
            for row in connection.execute(query):
                if row.fingerprint != fingerprint:
                    break
                since = row.sha
        return since
