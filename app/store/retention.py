"""Retention: old reports of deployments and their logs are forgotten, in small batches.

What still serves stays, and so does all that a rollback offers, however old it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Engine, delete, func, or_, select, tuple_

from app.store.deployments import UNDER_WAY
from app.store.makers import MAKERS
from app.store.previews import PREVIEWS, REMOVED
from app.store.pull_requests import LED
from app.store.tables import COLOURED_LINES, DEPLOYMENTS, LOG_LINES, transaction
from app.store.traffic import ROLLBACKS_OFFERED, SHIFTS

LIVE = "live"


class Retention:
    """Deletes; each call is one short transaction, so that nobody waits for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def forget(self, before: float, limit: int) -> int:
        """Forget what ended before that (epoch seconds): at most `limit` rows; how many, 0 when nothing is left.

        Lines first: a report without its log can be read, a log without its report nobody finds.
        """
        if not (old := self._old(before, limit)):
            return self._forget_looks(before, limit)
        return self._forget_lines(old, limit) or self._forget_reports(old)

    def _forget_looks(self, before: float, limit: int) -> int:
        """What came of deliveries from before, which are forgotten themselves."""
        old = select(LED.c.delivery_id).where(LED.c.time < before).limit(limit)
        with transaction(self._engine) as connection:
            ids = connection.execute(old).scalars().all()
            connection.execute(delete(LED).where(LED.c.delivery_id.in_(ids)))
        return len(ids)

    def _old(self, before: float, limit: int) -> Sequence[str]:
        query = (
            select(DEPLOYMENTS.c.id)
            .where(DEPLOYMENTS.c.ended < before, DEPLOYMENTS.c.state != UNDER_WAY, DEPLOYMENTS.c.shown)
            .where(~or_(*_kept()))
            .order_by(DEPLOYMENTS.c.number)
            .limit(limit)
        )
        with transaction(self._engine) as connection:
            return connection.execute(query).scalars().all()

    def _forget_lines(self, runs: Sequence[str], limit: int) -> int:
        lines = select(LOG_LINES.c.number).where(LOG_LINES.c.deployment_id.in_(runs)).limit(limit)
        with transaction(self._engine) as connection:
            numbers = connection.execute(lines).scalars().all()
            connection.execute(delete(COLOURED_LINES).where(COLOURED_LINES.c.number.in_(numbers)))
            connection.execute(delete(LOG_LINES).where(LOG_LINES.c.number.in_(numbers)))
        return len(numbers)

    def _forget_reports(self, runs: Sequence[str]) -> int:
        with transaction(self._engine) as connection:
            connection.execute(delete(MAKERS).where(MAKERS.c.deployment_id.in_(runs)))
            connection.execute(delete(DEPLOYMENTS).where(DEPLOYMENTS.c.id.in_(runs)))
        return len(runs)


def _kept() -> tuple[ColumnElement[bool], ...]:
    """What stays: the last word of each check run's Target, what is live there or may be again, and previews."""
    place = (DEPLOYMENTS.c.repository_id, DEPLOYMENTS.c.lane)
    newest = select(func.max(DEPLOYMENTS.c.number))
    turn = func.row_number().over(partition_by=SHIFTS.c.lane, order_by=SHIFTS.c.number.desc())
    shifts = select(SHIFTS.c.deployment_id, SHIFTS.c.lane, SHIFTS.c.sha, turn.label("turn")).subquery()
    offered = shifts.c.turn <= ROLLBACKS_OFFERED
    return (
        DEPLOYMENTS.c.number.in_(newest.group_by(*place)),
        DEPLOYMENTS.c.number.in_(newest.where(DEPLOYMENTS.c.state == LIVE).group_by(*place)),
        DEPLOYMENTS.c.id.in_(select(shifts.c.deployment_id).where(offered)),
        tuple_(DEPLOYMENTS.c.lane, DEPLOYMENTS.c.sha).in_(select(shifts.c.lane, shifts.c.sha).where(offered)),
        DEPLOYMENTS.c.id.in_(select(PREVIEWS.c.deployment_id).where(PREVIEWS.c.state != REMOVED)),
    )
