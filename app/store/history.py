"""History as the pages read it: what serves in each lane, what was deployed there, and a log in blocks of lines."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from time import time
from typing import Any

from sqlalchemy import Engine, Select, func, or_, select, tuple_

from app.model import Report
from app.store.deployments import read_report
from app.store.tables import COLOURED_LINES, DEPLOYMENTS, LOG_LINES, transaction
from app.store.traffic import LOCKS, SHIFTS, TRAFFIC, Lock, Shift

_COLUMNS = (
    DEPLOYMENTS.c.id,
    DEPLOYMENTS.c.lane,
    DEPLOYMENTS.c.started,
    DEPLOYMENTS.c.ended,
    DEPLOYMENTS.c.check_run_id,
    DEPLOYMENTS.c.report,
)


@dataclass(frozen=True)
class Listed:
    """One deployment as a list shows it. Times are epoch seconds; `ended` is 0 while it is under way."""

    id: str
    lane: str
    started: float
    ended: float
    check_run_id: int
    report: Report

    @property
    def region(self) -> str:
        """Where it goes; empty where it came to no place."""
        parts = self.lane.split("/")
        return parts[-2] if len(parts) > 2 else ""

    @property
    def under_way(self) -> bool:
        return self.report.ending is None


@dataclass(frozen=True)
class Wanted:
    """Which deployments somebody asks for; empty words ask for everything, and `before` is the id of a newer one."""

    environment: str = ""
    state: str = ""
    before: str = ""


class History:
    """Reads only; `repositories` are ids, None stands for all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begun_by(self, deliveries: Collection[str]) -> dict[str, list[Listed]]:
        """The deployments whose ids begin with a push's own, as app/deployment_ids.py says, by the push's id."""
        told: dict[str, list[Listed]] = {id_: [] for id_ in deliveries}
        lengths = {len(id_) for id_ in told}
        for length in lengths:
            marks = [f"{id_}-" for id_ in told if len(id_) == length]
            begun = func.substr(DEPLOYMENTS.c.id, 1, length + 1).in_(marks)
            for each in self._listed(select(*_COLUMNS).where(begun).order_by(DEPLOYMENTS.c.number)):
                told[each.id[:length]].append(each)
        return told

    def names_of(self, repositories: Collection[int]) -> dict[int, str]:
        """What these repositories, by id, were called when they were last deployed; those alone that were."""
        newest = select(func.max(DEPLOYMENTS.c.number)).where(DEPLOYMENTS.c.repository_id.in_(repositories))
        newest = newest.group_by(DEPLOYMENTS.c.repository_id)
        query = select(DEPLOYMENTS.c.repository_id, DEPLOYMENTS.c.full_name)
        with transaction(self._engine) as connection:
            rows = connection.execute(query.where(DEPLOYMENTS.c.number.in_(newest))).all()
        return {row.repository_id: row.full_name for row in rows}

    def newest_of_lanes(self, repositories: Collection[int] | None) -> list[Listed]:
        """The newest deployment of each lane."""
        newest = select(func.max(DEPLOYMENTS.c.number)).where(DEPLOYMENTS.c.lane != "")
        newest = _among(newest.group_by(DEPLOYMENTS.c.lane), repositories)
        return self._listed(select(*_COLUMNS).where(DEPLOYMENTS.c.number.in_(newest)))

    def newest(self, repositories: Collection[int] | None, limit: int) -> list[Listed]:
        """The newest first, of all lanes and of none."""
        query = select(*_COLUMNS).order_by(DEPLOYMENTS.c.number.desc()).limit(limit)
        return self._listed(_among(query, repositories))

    def wanted(self, repositories: Collection[int] | None, wanted: Wanted, limit: int) -> list[Listed]:
        """The deployments that fit, the newest first; none when `before` is an unknown id."""
        query = _among(select(*_COLUMNS), repositories)
        if wanted.environment:
            name = DEPLOYMENTS.c.check_name
            home = name.endswith(f" ({wanted.environment})", autoescape=True)
            query = query.where(or_(home, name.contains(f" ({wanted.environment}, ", autoescape=True)))
        if wanted.state:
            query = query.where(DEPLOYMENTS.c.state == wanted.state)
        if wanted.before:
            # Only in these repositories: the answer must not tell whether another repository has such a deployment.
            newer = _among(select(DEPLOYMENTS.c.number), repositories).where(
                DEPLOYMENTS.c.id == wanted.before
            )
            query = query.where(DEPLOYMENTS.c.number < newer.scalar_subquery())
        return self._listed(query.order_by(DEPLOYMENTS.c.number.desc()).limit(limit))

    def ended_since(self, repositories: Collection[int] | None, since: float, limit: int) -> list[Listed]:
        """Those that ended after that (epoch seconds), the newest first."""
        query = select(*_COLUMNS).where(DEPLOYMENTS.c.ended >= since)
        query = query.order_by(DEPLOYMENTS.c.ended.desc()).limit(limit)
        return self._listed(_among(query, repositories))

    def of_lane(self, lane: str, offset: int, limit: int) -> list[Listed]:
        """One lane's, the newest first."""
        query = select(*_COLUMNS).where(DEPLOYMENTS.c.lane == lane).order_by(DEPLOYMENTS.c.number.desc())
        return self._listed(query.offset(offset).limit(limit))

    def count_of_lane(self, lane: str) -> int:
        return self._number(select(func.count()).select_from(DEPLOYMENTS).where(DEPLOYMENTS.c.lane == lane))

    def one(self, deployment_id: str) -> Listed | None:
        return next(iter(self._listed(select(*_COLUMNS).where(DEPLOYMENTS.c.id == deployment_id))), None)

    def serving(self, lanes: Collection[str]) -> dict[str, Shift]:
        """What ServerGem last gave the traffic of each of these lanes to."""
        newest = select(func.max(SHIFTS.c.number)).where(SHIFTS.c.lane.in_(lanes)).group_by(SHIFTS.c.lane)
        with transaction(self._engine) as connection:
            rows = connection.execute(select(SHIFTS).where(SHIFTS.c.number.in_(newest))).mappings()
            return {row["lane"]: _shift(dict(row)) for row in rows}

    def of_commits(self, shifts: Collection[Shift]) -> dict[str, Listed]:
        """The newest deployment, by lane, of the commit that each of these gave the traffic to."""
        wanted = [(shift.lane, shift.sha) for shift in shifts]
        key = (DEPLOYMENTS.c.lane, DEPLOYMENTS.c.sha)
        newest = select(func.max(DEPLOYMENTS.c.number)).where(tuple_(*key).in_(wanted)).group_by(*key)
        return {
            each.lane: each
            for each in self._listed(select(*_COLUMNS).where(DEPLOYMENTS.c.number.in_(newest)))
        }

    def locks(self) -> dict[str, Lock]:
        """What is locked now, by lane."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(LOCKS).where(LOCKS.c.expires > time()))
            return {row.lane: Lock(*row) for row in rows}

    def count_of_lines(self, deployment_id: str) -> int:
        """How many lines the log of a deployment has by now."""
        lines = select(func.count()).select_from(LOG_LINES).where(LOG_LINES.c.deployment_id == deployment_id)
        return self._number(lines)

    def lines(self, deployment_id: str, first: int, limit: int) -> list[tuple[str, str]]:
        """At most `limit` lines of a log from line `first`, counted from 1: each with its colours too, "" for none."""
        query = (
            select(LOG_LINES.c.line, func.coalesce(COLOURED_LINES.c.coloured, ""))
            .outerjoin(COLOURED_LINES, COLOURED_LINES.c.number == LOG_LINES.c.number)
            .where(LOG_LINES.c.deployment_id == deployment_id)
            .order_by(LOG_LINES.c.number)
            .offset(first - 1)
            .limit(limit)
        )
        with transaction(self._engine) as connection:
            return [(line, coloured) for line, coloured in connection.execute(query)]

    def lines_with(self, deployment_id: str, words: str, limit: int) -> list[int]:
        """The numbers of the first lines of a log that have these words, in whatever case; counted from 1."""
        order = func.row_number().over(order_by=LOG_LINES.c.number).label("nth")
        every = select(LOG_LINES.c.line, order).where(LOG_LINES.c.deployment_id == deployment_id).subquery()
        fits = func.lower(every.c.line).contains(words.lower(), autoescape=True)
        query = select(every.c.nth).where(fits).order_by(every.c.nth).limit(limit)
        with transaction(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def _number(self, query: Select[int]) -> int:
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def _listed(self, query: Select[Any]) -> list[Listed]:
        with transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [each for row in rows if (each := _read(*row)) is not None]


def _among(query: Select[Any], repositories: Collection[int] | None) -> Select[Any]:
    return query if repositories is None else query.where(DEPLOYMENTS.c.repository_id.in_(repositories))


def _read(
    id_: str, lane: str, started: float, ended: float | None, check_run_id: int, text: str
) -> Listed | None:
    report = read_report(text)
    if report is None:
        return None
    return Listed(id_, lane, started, ended or 0.0, check_run_id, replace(report, deployment_id=id_))


def _shift(row: dict[str, Any]) -> Shift:
    del row["number"]
    row["deployment_id"] = row.pop("run_id")
    return Shift(**row | {"before": TRAFFIC.validate_json(row["before"])})
