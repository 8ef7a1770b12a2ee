"""What people asked for, as rows: runs that can be run again, presses of buttons, comments that are answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Boolean, Column, Engine, Float, Integer, Row, Table, insert, select, update

from app.store.tables import DEPLOYMENTS, METADATA, Id, Words, insert_once, transaction

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("story", Words, nullable=False),
    Column("run", Words, nullable=False),
    Column("service", Words, nullable=False, default=""),
    Column("pull_request", Integer, nullable=False, default=0),
    # What went wrong, in a form that is the same when it goes wrong in the same way again.
    Column("fingerprint", Words, nullable=False, default=""),
)
PRESSES = Table(
    "presses",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("delivery_id", Words, nullable=False, unique=True),
    Column("run_id", Words, nullable=False, index=True, key="deployment_id"),
    Column("button", Words, nullable=False),
    Column("sender", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("time", Float, nullable=False),
)
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
class Begun:
    """A run as it was started: the story's name, and its argument as JSON."""

    id: str
    story: str
    run: str
    service: str
    pull_request: int


@dataclass(frozen=True)
class Pressed:
    """A button that somebody pressed, and what came of it."""

    delivery_id: str
    deployment_id: str
    button: str
    sender: str
    outcome: str
    time: float = 0.0
    """When it was decided, in seconds since 1970."""


@dataclass(frozen=True)
class Answer:
    """What we answered to a command, and the runs whose state stands under it."""

    marker: str
    text: str
    runs: tuple[str, ...]


class TalkRows:
    """Runs, presses and answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begun(self, run: Begun) -> None:
        """A run was started; it can be started again from this."""
        with transaction(self._engine) as connection:
            insert_once(connection, RUNS, **asdict(run))

    def run(self, deployment_id: str) -> Begun | None:
        with transaction(self._engine) as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == deployment_id)).first()
        return Begun(row.id, row.story, row.run, row.service, row.pull_request) if row else None

    def runs_of(self, repository_id: int, sha: str) -> list[str]:
        """The newest run of each check run of a commit."""
        query = (
            select(DEPLOYMENTS.c.id, DEPLOYMENTS.c.check_name)
            .where(DEPLOYMENTS.c.repository_id == repository_id, DEPLOYMENTS.c.sha == sha)
            .order_by(DEPLOYMENTS.c.number)
        )
        with transaction(self._engine) as connection:
            return list({row.check_name: row.id for row in connection.execute(query)}.values())

    def went_wrong(self, deployment_id: str, fingerprint: str) -> None:
        """How a run failed."""
        with transaction(self._engine) as connection:
            connection.execute(update(RUNS).where(RUNS.c.id == deployment_id).values(fingerprint=fingerprint))

    def failing_since(self, repository_id: int, branch: str, service: str, fingerprint: str) -> str:
        """The first commit of this branch's unbroken row of such failures; empty when there is none."""
        query = (
            select(DEPLOYMENTS.c.sha, RUNS.c.fingerprint)
            .join(RUNS, RUNS.c.id == DEPLOYMENTS.c.id)
            .where(
                DEPLOYMENTS.c.repository_id == repository_id,
                DEPLOYMENTS.c.branch == branch,
                DEPLOYMENTS.c.state.in_(("live", "failed")),
                RUNS.c.service == service,
                RUNS.c.pull_request == 0,
            )
            .order_by(DEPLOYMENTS.c.number.desc())
            .limit(100)
        )
        since = ""
        with transaction(self._engine) as connection:
            for row in connection.execute(query):
                if row.fingerprint != fingerprint:
                    break
                since = row.sha
        return since

    def pressed(self, press: Pressed) -> Pressed:
        """Record who pressed what; what is recorded of this delivery, by whoever came first."""
        with transaction(self._engine) as connection:
            insert_once(connection, PRESSES, **asdict(press))
            kept = select(PRESSES).where(PRESSES.c.delivery_id == press.delivery_id)
            return _pressed(connection.execute(kept).one())

    def press(self, delivery_id: str) -> Pressed | None:
        """What came of one press; None while that is not decided."""
        query = select(PRESSES).where(PRESSES.c.delivery_id == delivery_id)
        with transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return _pressed(row) if row else None

    def presses(self, limit: int = 100) -> list[Pressed]:
        """The newest first."""
        query = select(PRESSES).order_by(PRESSES.c.number.desc()).limit(limit)
        with transaction(self._engine) as connection:
            return [_pressed(row) for row in connection.execute(query)]

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


def _pressed(row: Row[Any]) -> Pressed:
    return Pressed(row.delivery_id, row.run_id, row.button, row.sender, row.outcome, row.time)
