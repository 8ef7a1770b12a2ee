"""Approvals as rows: what a fork's pull request asked for when it was looked at, and what a person said yes to."""

from __future__ import annotations

import time
from dataclasses import asdict, fields

from sqlalchemy import Column, Engine, Float, Integer, Table, select, update

from app.store.tables import METADATA, Id, Words, insert_once, transaction
from app.trust.approval import Terms

JUDGED = Table(
    "judged_forks",
    METADATA,
    Column("row", Id, primary_key=True, autoincrement=True),
    Column("repository_id", Id, nullable=False, index=True),
    Column("number", Integer, nullable=False, index=True),
    Column("head", Words, nullable=False),
    Column("base", Words, nullable=False),
    Column("configuration", Words, nullable=False),
    Column("time", Float, nullable=False),
)
APPROVALS = Table(
    "approvals",
    METADATA,
    Column("repository_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("head", Words, nullable=False),
    Column("base", Words, nullable=False),
    Column("configuration", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("time", Float, nullable=False),
)
# Comments tell their time in whole seconds, cut: https://docs.github.com/rest/issues/comments
SECOND = 1.0


class ApprovalRows:
    """The rows of forks' pull requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def judged(self, repository_id: int, number: int, terms: Terms) -> None:
        """A pull request was looked at as this; said once for as long as it stays so."""
        if self._last(repository_id, number, None) == terms:
            return
        values = {"repository_id": repository_id, "number": number, "time": time.time(), **asdict(terms)}
        with transaction(self._engine) as connection:
            connection.execute(JUDGED.insert().values(values))

    def seen_by(self, repository_id: int, number: int, at: float) -> Terms | None:
        """As what the pull request was known when somebody wrote of it, in the second that began `at` (epoch seconds).

        What became known within that second counts only where it is all that was ever known: otherwise nobody can
        tell which of the two was meant.
        """
        before = self._last(repository_id, number, at)
        if before is not None:
            return before
        ever = self._every(repository_id, number)
        return ever[0][0] if len(ever) == 1 and ever[0][1] < at + SECOND else None

    def approve(self, repository_id: int, number: int, terms: Terms, by: str) -> None:
        """Exactly this may be deployed; what was approved before may not any more."""
        values = {**asdict(terms), "by": by, "time": time.time()}
        with transaction(self._engine) as connection:
            same = {"repository_id": repository_id, "number": number}
            if not insert_once(connection, APPROVALS, **same, **values):
                connection.execute(
                    update(APPROVALS)
                    .where(APPROVALS.c.repository_id == repository_id, APPROVALS.c.number == number)
                    .values(values)
                )

    def approved(self, repository_id: int, number: int) -> Terms | None:
        """What a person last said yes to."""
        query = select(*_terms(APPROVALS)).where(
            APPROVALS.c.repository_id == repository_id, APPROVALS.c.number == number
        )
        with transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return Terms(row.head, row.base, row.configuration) if row else None

    def _last(self, repository_id: int, number: int, until: float | None) -> Terms | None:
        known = [terms for terms, at in self._every(repository_id, number) if until is None or at <= until]
        return known[-1] if known else None

    def _every(self, repository_id: int, number: int) -> list[tuple[Terms, float]]:
        query = (
            select(*_terms(JUDGED), JUDGED.c.time)
            .where(JUDGED.c.repository_id == repository_id, JUDGED.c.number == number)
            .order_by(JUDGED.c.row)
        )
        with transaction(self._engine) as connection:
            return [
                (Terms(row.head, row.base, row.configuration), row.time) for row in connection.execute(query)
            ]


def _terms(table: Table) -> list[Column[str]]:
    return [table.c[field.name] for field in fields(Terms)]
