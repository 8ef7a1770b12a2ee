"""How often Gemini was asked on a day, for all processes together."""

from __future__ import annotations

import time

from sqlalchemy import Column, Engine, Integer, Table, delete, update

from app.store.tables import METADATA, Words, insert_once, transaction

OPINIONS = Table(
    "opinions",
    METADATA,
    Column("day", Words, primary_key=True),
    Column("asked", Integer, nullable=False),
)


class OpinionRows:
    """One row, today's: the first question of a day removes the row of the day before."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, most: int) -> bool:
        """Whether one more may be asked today (UTC), of `most` in all; it counts from now on, however it ends."""
        day = time.strftime("%Y-%m-%d", time.gmtime())
        one_more = (
            update(OPINIONS)
            .where(OPINIONS.c.day == day, OPINIONS.c.asked < most)
            .values(asked=OPINIONS.c.asked + 1)
        )
        with transaction(self._engine) as connection:
            if insert_once(connection, OPINIONS, day=day, asked=0):
                connection.execute(delete(OPINIONS).where(OPINIONS.c.day < day))
            return connection.execute(one_more).rowcount == 1
