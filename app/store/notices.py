"""Notices as rows: what is to be told to whom, how often that was tried, and when it is tried next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import Column, Engine, Float, Integer, Table, delete, func, select, update

from app.store.tables import METADATA, Id, Words, insert_once, transaction

NOTICES = Table(
    "notices",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("id", Words, nullable=False, unique=True),
    Column("project", Words, nullable=False),
    Column("to", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("due", Float, nullable=False),
)


@dataclass(frozen=True)
class Notice:
    """One POST. `to` is an address or a secret of `project` that holds one, `key` the secret that signs it, or empty.

    `due` is epoch seconds.
    """

    id: str
    project: str
    to: str
    key: str
    event: str
    body: str
    tries: int = 0
    due: float = 0.0


class NoticeRows:
    """What has not arrived yet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, notice: Notice) -> None:
        """Keep it until it has arrived or was given up; once for each id."""
        with transaction(self._engine) as connection:
            insert_once(connection, NOTICES, **asdict(notice))

    def take(self, now: float, lease: float, but_of: Collection[str] = ()) -> Notice | None:
        """The notice that has been due for longest. No other process gets it for `lease` seconds; this counts as a try.

        Notices of the projects in `but_of` wait.
        """
        due = (NOTICES.c.due <= now, NOTICES.c.project.not_in(but_of))
        oldest = select(NOTICES).where(*due).order_by(NOTICES.c.due).limit(1)
        with transaction(self._engine) as connection:
            if (row := connection.execute(oldest).mappings().first()) is None:
                return None
            mine = (NOTICES.c.number == row["number"], NOTICES.c.tries == row["tries"])
            taken = update(NOTICES).where(*mine).values(tries=row["tries"] + 1, due=now + lease)
            if connection.execute(taken).rowcount != 1:
                return None  # another process was there first, and what else is due waits for the next look
        values = {key: value for key, value in row.items() if key != "number"}
        return Notice(**values | {"tries": row["tries"] + 1})

    def again(self, id_: str, due: float) -> None:
        with transaction(self._engine) as connection:
            connection.execute(update(NOTICES).where(NOTICES.c.id == id_).values(due=due))

    def done(self, id_: str) -> None:
        """It has arrived, or never will."""
        with transaction(self._engine) as connection:
            connection.execute(delete(NOTICES).where(NOTICES.c.id == id_))

    def next_due(self, but_of: Collection[str] = ()) -> float | None:
        """When one is due next, in epoch seconds, those of the projects in `but_of` aside; None when none waits."""
        query = select(func.min(NOTICES.c.due)).where(NOTICES.c.project.not_in(but_of))
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar()
