"""Sessions that were ended: cookies that a person was given before that are no good any more."""

from __future__ import annotations

import time

from sqlalchemy import Column, Engine, Float, Table, delete, select

from app.store.tables import METADATA, Id, insert_once, transaction

# Longer than any cookie is good; what is older ends nothing any more.
KEPT_SECONDS = 2 * 86_400.0
ENDED = Table(
    "ended_sessions",
    METADATA,
    Column("person_id", Id, primary_key=True, autoincrement=False),
    Column("time", Float, nullable=False),
)


class SessionRows:
    """One row for each person whose sessions were ended. Times are seconds since 1970."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def end(self, person_id: int) -> None:
        """Cookies that this person's browsers were given until now sign nobody in any more."""
        now = time.time()
        with transaction(self._engine) as connection:
            connection.execute(delete(ENDED).where(ENDED.c.time < now - KEPT_SECONDS))
            insert_once(connection, ENDED, person_id=person_id, time=now)
            connection.execute(ENDED.update().where(ENDED.c.person_id == person_id).values(time=now))

    def ended(self, person_id: int) -> float:
        """When they were ended last; 0 where they were not."""
        query = select(ENDED.c.time).where(ENDED.c.person_id == person_id)
        with transaction(self._engine) as connection:
            return float(connection.execute(query).scalar() or 0.0)
