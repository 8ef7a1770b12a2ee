"""Deployments as rows: what the pages list, and what GitHub has yet to be told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, func, insert, select, update

from app.model import Ending, Report, Repository
from app.store.rows import Known, Unshown
from app.store.tables import COLOURED_LINES, DEPLOYMENTS, LOG_LINES, insert_once, transaction
from app.telemetry import log
from app.text.colours import uncoloured
from app.text.legible import legible_data

REPORT = TypeAdapter(Report)
UNDER_WAY = "running"


class Deployments:
    """The rows of deployments and their log lines."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def opened(self, deployment_id: str, report: Report, lane: str) -> Known:
        """Begin a deployment's row, or after a restart find it as it was left."""
        repository = report.commit.repository
        with transaction(self._engine) as connection:
            is_new = insert_once(
                connection,
                DEPLOYMENTS,
                id=deployment_id,
                repository_id=repository.id,
                full_name=repository.full_name,
                sha=report.commit.sha,
                branch=report.commit.branch,
                check_name=report.check_name,
                lane=lane,
                state=UNDER_WAY,
                started=time.time(),
                report=_json(report),
            )
            row = connection.execute(
                select(DEPLOYMENTS.c.check_run_id, DEPLOYMENTS.c.github_deployment_id).where(
                    DEPLOYMENTS.c.id == deployment_id
                )
            ).one()
        return Known(row.check_run_id, row.github_deployment_id, taken_up=not is_new)

    def progressed(self, deployment_id: str, report: Report) -> None:
        """Keep the report as it stands, for the pages."""
        self._change(deployment_id, report=_json(report), url=report.url)

    def ended(self, deployment_id: str, report: Report) -> None:
        """Keep the last report."""
        state = report.ending.value if report.ending else UNDER_WAY
        self._change(
            deployment_id, report=_json(report), url=report.url, state=state, ended=time.time(), shown=False
        )

    def amend(self, deployment_id: str, change: Callable[[Report], Report]) -> tuple[Report, Report] | None:
        """Change the last report of a deployment, and have GitHub told: the report before and after; None without one.

        The row is written before it is read, so that whoever changes it at the same moment waits.
        """
        mine = DEPLOYMENTS.c.id == deployment_id
        with transaction(self._engine) as connection:
            connection.execute(update(DEPLOYMENTS).where(mine).values(state=DEPLOYMENTS.c.state))
            text = connection.execute(select(DEPLOYMENTS.c.report).where(mine)).scalar()
            before = read_report(text) if text is not None else None
            if before is None:
                return None
            after = change(before)
            connection.execute(update(DEPLOYMENTS).where(mine).values(report=_json(after), shown=False))
        return before, after

    def known(self, deployment_id: str) -> Known | None:
        """What GitHub has of a deployment; None when there is no such deployment."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(DEPLOYMENTS.c.check_run_id, DEPLOYMENTS.c.github_deployment_id).where(
                    DEPLOYMENTS.c.id == deployment_id
                )
            ).first()
        return Known(row.check_run_id, row.github_deployment_id, taken_up=True) if row else None

    def shown(self, deployment_id: str) -> None:
        """GitHub has the last state."""
        self._change(deployment_id, shown=True)

    def has_check_run(self, deployment_id: str, check_run_id: int) -> None:
        self._change(deployment_id, check_run_id=check_run_id)

    def has_github_deployment(self, deployment_id: str, github_deployment_id: int) -> None:
        self._change(deployment_id, github_deployment_id=github_deployment_id)

    def unshown(self, ended_before: float = float("inf")) -> list[Unshown]:
        """Ended deployments whose last state GitHub lacks, oldest first; of those that ended before (epoch seconds)."""
        old = DEPLOYMENTS.c.ended.is_(None) | (DEPLOYMENTS.c.ended < ended_before)
        query = (
            select(DEPLOYMENTS)
            .where(DEPLOYMENTS.c.state != UNDER_WAY, DEPLOYMENTS.c.shown.is_(False), old)
            .order_by(DEPLOYMENTS.c.number)
        )
        with transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            Unshown(row.lane, report, Known(row.check_run_id, row.github_deployment_id, taken_up=True))
            for row in rows
            if (report := read_report(row.report))
        ]

    def reports(self, limit: int, repositories: Collection[int] | None = None) -> list[Report]:
        """The newest first; of these repositories, or of all."""
        query = select(DEPLOYMENTS.c.report).order_by(DEPLOYMENTS.c.number.desc()).limit(limit)
        if repositories is not None:
            query = query.where(DEPLOYMENTS.c.repository_id.in_(repositories))
        with transaction(self._engine) as connection:
            texts = connection.execute(query).scalars().all()
        return [report for text in texts if (report := read_report(text))]

    def repositories(self) -> list[Repository]:
        """Each repository that was ever deployed, as its newest deployment names it."""
        newest = select(func.max(DEPLOYMENTS.c.number)).group_by(DEPLOYMENTS.c.repository_id)
        with transaction(self._engine) as connection:
            texts = (
                connection.execute(select(DEPLOYMENTS.c.report).where(DEPLOYMENTS.c.number.in_(newest)))
                .scalars()
                .all()
            )
        return [report.commit.repository for text in texts if (report := read_report(text))]

    def last_started(self) -> dict[int, float]:
        """When the newest deployment of each repository began, in epoch seconds."""
        of = DEPLOYMENTS.c.repository_id
        query = select(of, func.max(DEPLOYMENTS.c.started)).group_by(of)
        with transaction(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def report(self, deployment_id: str) -> Report | None:
        with transaction(self._engine) as connection:
            text = connection.execute(
                select(DEPLOYMENTS.c.report).where(DEPLOYMENTS.c.id == deployment_id)
            ).scalar()
        return read_report(text) if text is not None else None

    def lane(self, deployment_id: str) -> str:
        """The lane that a deployment was opened with; empty when it is not known."""
        with transaction(self._engine) as connection:
            return (
                connection.execute(
                    select(DEPLOYMENTS.c.lane).where(DEPLOYMENTS.c.id == deployment_id)
                ).scalar()
                or ""
            )

    def open_ones(self) -> frozenset[str]:
        """The deployments that have not ended, by their ids."""
        with transaction(self._engine) as connection:
            query = select(DEPLOYMENTS.c.id).where(DEPLOYMENTS.c.state == UNDER_WAY)
            return frozenset(connection.execute(query).scalars())

    def ended_before(self, deployment_id: str, lane: str) -> str:
        """How the deployment before this one ended in a lane, of those that were tried; empty when none was."""
        mine = select(DEPLOYMENTS.c.number).where(DEPLOYMENTS.c.id == deployment_id).scalar_subquery()
        tried = (Ending.LIVE, Ending.FAILED, Ending.NOT_YOURS, Ending.ROLLED_BACK)
        query = (
            select(DEPLOYMENTS.c.state)
            .where(DEPLOYMENTS.c.lane == lane, DEPLOYMENTS.c.number < mine, DEPLOYMENTS.c.state.in_(tried))
            .order_by(DEPLOYMENTS.c.number.desc())
            .limit(1)
        )
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar() or ""

    def newest_on(self, lane: str, sha: str) -> str:
        """The id of what was said or done last for this commit in this lane; empty when nothing was."""
        query = (
            select(DEPLOYMENTS.c.id)
            .where(DEPLOYMENTS.c.lane == lane, DEPLOYMENTS.c.sha == sha)
            .order_by(DEPLOYMENTS.c.number.desc())
            .limit(1)
        )
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar() or ""

    def under_way(self) -> int:
        """How many deployments have not ended."""
        with transaction(self._engine) as connection:
            return connection.execute(
                select(func.count()).select_from(DEPLOYMENTS).where(DEPLOYMENTS.c.state == UNDER_WAY)
            ).scalar_one()

    def add_log_line(self, deployment_id: str, line: str) -> None:
        """One more line. Its colours are kept apart, so that the log is read and searched without them."""
        text = uncoloured(line)
        added = insert(LOG_LINES).values(deployment_id=deployment_id, time=time.time(), line=text)
        with transaction(self._engine) as connection:
            number = connection.execute(added.returning(LOG_LINES.c.number)).scalar_one()
            if text != line:
                connection.execute(insert(COLOURED_LINES).values(number=number, coloured=line))

    def log_lines(self, deployment_id: str) -> list[str]:
        query = (
            select(LOG_LINES.c.line)
            .where(LOG_LINES.c.deployment_id == deployment_id)
            .order_by(LOG_LINES.c.number)
        )
        with transaction(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def _change(self, deployment_id: str, **values: Any) -> None:
        with transaction(self._engine) as connection:
            connection.execute(update(DEPLOYMENTS).where(DEPLOYMENTS.c.id == deployment_id).values(values))


def read_report(text: str) -> Report | None:
    """The report; None when another version wrote it in a form that this one cannot read, which is logged."""
    try:
        return REPORT.validate_json(text)
    except ValidationError as error:
        log.fault("report.unreadable", error)
        return None


def _json(report: Report) -> str:
    return json.dumps(legible_data(REPORT.dump_python(report, mode="json")), ensure_ascii=False)
