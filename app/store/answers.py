"""Answers: what ServerGem said to comments, the runs that stand under it, and who is not answered again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Boolean, Column, Engine, Float, Integer, Table, insert, select, update

from app.store.tables import METADATA, Id, Words, insert_once, transaction

ANSWERS = Table(
    "answers",
    METADATA,
    Column("comment_id", Id, primary_key=True, autoincrement=False),
    Column("repository_id", Id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("marker", Words, nullable=False),
    Column("text", Words, nullable=False),
)
ANSWERED_RUNS = Table(
    "answered_runs",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("comment_id", Id, nullable=False, index=True),
    Column("run_id", Words, nullable=False, key="deployment_id"),
)
# Who may not write and was answered all the same, and when: one answer in an hour, under each pull request.
READERS = Table(
    "answered_readers",
    METADATA,
    Column("repository_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("author", Words, primary_key=True),
    Column("comment_id", Id, nullable=False),
    Column("time", Float, nullable=False),
    Column("said", Boolean, nullable=False),
)
HOUR = 3600.0


@dataclass(frozen=True)
class Answer:
    """What we answered to a command, and the runs whose state stands under it."""

    marker: str
    text: str
    runs: tuple[str, ...]


class AnswerRows:
    """Answers by the comment that asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answered(self, comment_id: int, repository_id: int, number: int, marker: str, text: str) -> None:
        """What our answer says, beside the runs that it follows, and the mark by which we find it."""
        values = {"repository_id": repository_id, "number": number, "marker": marker, "text": text}
        with transaction(self._engine) as connection:
            if not insert_once(connection, ANSWERS, comment_id=comment_id, **values):
                connection.execute(update(ANSWERS).where(ANSWERS.c.comment_id == comment_id).values(values))

    def follows(self, comment_id: int, deployment_id: str) -> None:
        """An answer shows how this run goes."""
        with transaction(self._engine) as connection:
            connection.execute(
                insert(ANSWERED_RUNS).values(comment_id=comment_id, deployment_id=deployment_id)
            )

    def answer(self, comment_id: int) -> Answer | None:
        """An answer as it stands."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(ANSWERS.c.marker, ANSWERS.c.text).where(ANSWERS.c.comment_id == comment_id)
            ).first()
            runs = connection.execute(
                select(ANSWERED_RUNS.c.deployment_id)
                .where(ANSWERED_RUNS.c.comment_id == comment_id)
                .order_by(ANSWERED_RUNS.c.number)
            ).scalars()
            return Answer(row.marker, row.text, tuple(dict.fromkeys(runs))) if row else None

    def may_answer_reader(
        self, repository_id: int, number: int, author: str, comment_id: int, *, now: float
    ) -> bool:
        """Whether this comment is the one that its author, who may not write, is answered in this hour."""
        same = (
            READERS.c.repository_id == repository_id,
            READERS.c.number == number,
            READERS.c.author == author,
        )
        key = {"repository_id": repository_id, "number": number, "author": author}
        values = {"comment_id": comment_id, "time": now, "said": False}
        with transaction(self._engine) as connection:
            if insert_once(connection, READERS, **key, **values):
                return True
            long_ago = READERS.c.time < now - HOUR
            if connection.execute(update(READERS).where(*same, long_ago).values(values)).rowcount:
                return True
            return connection.execute(select(READERS.c.comment_id).where(*same)).scalar() == comment_id

    def says_to_reader(self, comment_id: int) -> bool:
        """The answer to this comment is about to be said; whether it was already, as before a restart."""
        same = READERS.c.comment_id == comment_id
        with transaction(self._engine) as connection:
            said = connection.execute(select(READERS.c.said).where(same)).scalar()
            connection.execute(update(READERS).where(same).values(said=True))
        return bool(said)
