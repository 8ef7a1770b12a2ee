"""Pushes as rows: which were heard of, by webhook or by looking for them, and how far the looking has come."""

from __future__ import annotations

import time

from sqlalchemy import Boolean, Column, Engine, Float, Table, delete, select, update

from app.store.tables import METADATA, Id, Words, insert_once, transaction

# As long as GitHub can deliver a webhook again, and some more; seconds.
KEPT = 30 * 86_400.0
PUSHES = Table(
    "pushes",
    METADATA,
    Column("repository_id", Id, primary_key=True, autoincrement=False),
    Column("branch", Words, primary_key=True),
    Column("sha", Words, primary_key=True),
    Column("delivery_id", Words, nullable=False),
    Column("missed", Boolean, nullable=False),
    Column("time", Float, nullable=False),
)
LOOKED = Table(
    "looked_until",
    METADATA,
    Column("at", Words, primary_key=True),
    Column("until", Float, nullable=False),
)


class PushRows:
    """The rows of pushes and of looks at them. Times are epoch seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def first_heard(
        self, repository_id: int, branch: str, sha: str, delivery_id: str, *, missed: bool
    ) -> bool:
        """Note that this push was heard of; False when it was found before its webhook came, or the other way round.

        Two webhooks are two pushes, since a branch may be pushed to the same commit again. A push that was found
        without its webhook is the same as that of the webhook that comes late. Asked again, the answer is the same.
        """
        key = (PUSHES.c.repository_id == repository_id, PUSHES.c.branch == branch, PUSHES.c.sha == sha)
        told = {"delivery_id": delivery_id, "missed": missed, "time": time.time()}
        with transaction(self._engine) as connection:
            connection.execute(delete(PUSHES).where(PUSHES.c.time < time.time() - KEPT))
            if insert_once(connection, PUSHES, repository_id=repository_id, branch=branch, sha=sha, **told):
                return True
            known = connection.execute(select(PUSHES).where(*key).with_for_update()).one()
            if known.delivery_id == delivery_id:
                return True
            if known.missed or missed:
                return False
            connection.execute(update(PUSHES).where(*key).values(told))
            return True

    def heard_at(self, repository_id: int, branch: str, sha: str) -> float:
        """When this push was heard of last; 0 when it was not."""
        query = select(PUSHES.c.time).where(
            PUSHES.c.repository_id == repository_id, PUSHES.c.branch == branch, PUSHES.c.sha == sha
        )
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar() or 0.0

    def looked_until(self, at: str) -> float:
        """Up to when pushes there were looked for, in epoch seconds; 0 when they never were."""
        with transaction(self._engine) as connection:
            return connection.execute(select(LOOKED.c.until).where(LOOKED.c.at == at)).scalar() or 0.0

    def looked(self, at: str, until: float) -> None:
        """All pushes there up to then were looked for."""
        with transaction(self._engine) as connection:
            if not insert_once(connection, LOOKED, at=at, until=until):
                connection.execute(update(LOOKED).where(LOOKED.c.at == at).values(until=until))
