"""Pull requests as rows: what people said of each, why it was or was not deployed, and how it stood then."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Engine, Float, Integer, Table, delete, select, update

from app.previews import Wishes
from app.store.last_words import is_last_word
from app.store.tables import METADATA, Id, Words, insert_once, transaction

PULLS = Table(
    "pull_requests",
    METADATA,
    Column("repository_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("off_by", Words, nullable=False, default=""),
    Column("on_by", Words, nullable=False, default=""),
    # Of an earlier ServerGem, and read no more: see app.store.approvals.
    Column("approved_sha", Words, nullable=False, default=""),
    Column("approved_by", Words, nullable=False, default=""),
    Column("comment_id", Id, nullable=False, default=0),
    Column("verdict", Words, nullable=False, default=""),
)
# How each stood at the last look. A table of its own, since no column is ever added to one that exists.
LOOKS = Table(
    "pull_request_looks",
    METADATA,
    Column("repository_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("seen", Words, nullable=False),
)
# What a look led to that some delivery had asked for; `deployments` are their ids, one a line.
LED = Table(
    "pull_request_deliveries",
    METADATA,
    Column("delivery_id", Words, primary_key=True),
    Column("said", Words, nullable=False),
    Column("deployments", Words, nullable=False),
    Column("time", Float, nullable=False, index=True),
)


@dataclass(frozen=True)
class Looked:
    """What came of a delivery that told of a pull request: in words, and the previews that run because of it."""

    said: str
    deployments: tuple[str, ...] = ()


class PullRequestRows:
    """The rows of pull requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wishes(self, repository_id: int, number: int) -> Wishes:
        """What people have said of this pull request."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(PULLS.c.off_by, PULLS.c.on_by).where(
                    PULLS.c.repository_id == repository_id, PULLS.c.number == number
                )
            ).first()
        return Wishes(*row) if row else Wishes()

    def switch(
        self, repository_id: int, number: int, comment_id: int, *, on_by: str = "", off_by: str = ""
    ) -> bool:
        """Previews of this pull request are on, or off, because somebody said so; False when it was not said last."""
        with transaction(self._engine) as connection:
            if not is_last_word(connection, f"previews {repository_id}#{number}", comment_id):
                return False
            _tell(connection, repository_id, number, on_by=on_by, off_by=off_by)
            return True

    def comment_id(self, repository_id: int, number: int) -> int:
        """The sticky comment; 0 when none was made yet."""
        found: int | None = self._told(repository_id, number, "comment_id")
        return found or 0

    def has_comment(self, repository_id: int, number: int, comment_id: int) -> None:
        self._tell(repository_id, number, comment_id=comment_id)

    def judged(self, repository_id: int, number: int, verdict: str, seen: str) -> None:
        """Keep why the pull request was or was not deployed at the last look, and how it stood then (`seen`)."""
        self._tell(repository_id, number, verdict=verdict)
        with transaction(self._engine) as connection:
            if not insert_once(connection, LOOKS, repository_id=repository_id, number=number, seen=seen):
                same = (LOOKS.c.repository_id == repository_id, LOOKS.c.number == number)
                connection.execute(update(LOOKS).where(*same).values(seen=seen))

    def looked(self, delivery_id: str, came: Looked) -> None:
        """Keep what came of a delivery, unless that is kept already."""
        with transaction(self._engine) as connection:
            deployments, now = "\n".join(came.deployments), time.time()
            insert_once(
                connection, LED, delivery_id=delivery_id, said=came.said, deployments=deployments, time=now
            )

    def looked_for(self, deliveries: Collection[str]) -> dict[str, Looked]:
        """What came of these deliveries, by their ids; of those that were about a pull request."""
        query = select(LED).where(LED.c.delivery_id.in_(deliveries))
        with transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return {row.delivery_id: Looked(row.said, tuple(row.deployments.split())) for row in rows}

    def seen(self, repository_id: int, number: int) -> str:
        """How the pull request stood at the last look; empty when there was none."""
        query = select(LOOKS.c.seen).where(LOOKS.c.repository_id == repository_id, LOOKS.c.number == number)
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar() or ""

    def verdict(self, repository_id: int, number: int) -> str:
        found: str | None = self._told(repository_id, number, "verdict")
        return found or ""

    def unseen(self, repository_id: int, number: int) -> None:
        """Forget the last look, so that the sweep takes another."""
        of = (LOOKS.c.repository_id == repository_id, LOOKS.c.number == number)
        with transaction(self._engine) as connection:
            connection.execute(delete(LOOKS).where(*of))

    def _told(self, repository_id: int, number: int, column: str) -> Any:
        with transaction(self._engine) as connection:
            return connection.execute(
                select(PULLS.c[column]).where(
                    PULLS.c.repository_id == repository_id, PULLS.c.number == number
                )
            ).scalar()

    def _tell(self, repository_id: int, number: int, **values: object) -> None:
        with transaction(self._engine) as connection:
            _tell(connection, repository_id, number, **values)


def _tell(connection: Connection, repository_id: int, number: int, **values: object) -> None:
    """Keep this of a pull request."""
    if insert_once(connection, PULLS, repository_id=repository_id, number=number, **values):
        return
    same = (PULLS.c.repository_id == repository_id, PULLS.c.number == number)
    connection.execute(update(PULLS).where(*same).values(values))
