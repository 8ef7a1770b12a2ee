"""Previews as rows: what runs for each pull request, and how often it was made anew."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import ClassVar

from sqlalchemy import Boolean, Column, Engine, Float, Integer, Table, select, update

from app.model import Repository
from app.model.formerly import formerly
from app.store.tables import METADATA, Id, Words, insert_once, transaction

WANTED, REMOVING, REMOVED = "wanted", "removing", "removed"

PREVIEWS = Table(
    "previews",
    METADATA,
    Column("lane", Words, primary_key=True),
    Column("repository_id", Id, nullable=False, index=True),
    Column("owner", Words, nullable=False),
    Column("repository", Words, nullable=False),
    Column("installation_id", Id, nullable=False),
    Column("number", Integer, nullable=False, index=True),
    Column("service", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("project", Words, nullable=False),
    Column("region", Words, nullable=False),
    Column("fork", Boolean, nullable=False, default=False),
    Column("sha", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("run_id", Words, nullable=False, default="", key="deployment_id"),
    Column("expires", Float, nullable=False, default=0.0),
    Column("changed", Float, nullable=False, default=0.0),
    # Grows with each removal, so that the same head can be deployed once more after it.
    Column("generation", Integer, nullable=False, default=0),
    # The head that had to go although its pull request is open: it comes back with a push, or when somebody asks.
    Column("rests", Words, nullable=False, default=""),
)


@dataclass(frozen=True)
class PreviewRow:
    """One preview. `expires` and `changed` are epoch seconds; `state` is wanted, removing or removed."""

    __pydantic_config__: ClassVar = formerly(deployment_id="run_id")

    lane: str
    repository_id: int
    owner: str
    repository: str
    installation_id: int
    number: int
    service: str
    name: str
    project: str
    region: str
    fork: bool
    sha: str
    state: str = WANTED
    deployment_id: str = ""
    expires: float = 0.0
    changed: float = 0.0
    generation: int = 0
    rests: str = ""

    @property
    def going(self) -> bool:
        """Whether its removal is under way."""
        return self.state == REMOVING

    @property
    def home(self) -> Repository:
        """The repository whose pull request it is."""
        return Repository(self.repository_id, self.owner, self.repository, self.installation_id)


class PreviewRows:
    """The rows of previews."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def want(self, row: PreviewRow) -> PreviewRow:
        """Keep that this preview is wanted at this commit, before anything of it is made; with its generation."""
        with transaction(self._engine) as connection:
            values = asdict(row) | {"changed": time.time()}
            if not insert_once(connection, PREVIEWS, **values):
                values.pop("generation")
                values.pop("deployment_id")
                connection.execute(update(PREVIEWS).where(PREVIEWS.c.lane == row.lane).values(values))
            found = connection.execute(select(PREVIEWS).where(PREVIEWS.c.lane == row.lane)).one()
        return PreviewRow(*found)

    def runs_as(self, lane: str, deployment_id: str) -> None:
        """The newest deployment of this preview."""
        self._change(lane, deployment_id=deployment_id)

    def of(self, repository_id: int, number: int) -> list[PreviewRow]:
        """What is there, or may be, for one pull request, by service."""
        return self._select(PREVIEWS.c.repository_id == repository_id, PREVIEWS.c.number == number)

    def of_repository(self, repository_id: int) -> list[PreviewRow]:
        """Every preview of a repository, the oldest first."""
        return sorted(self._select(PREVIEWS.c.repository_id == repository_id), key=lambda row: row.changed)

    def every(self) -> list[PreviewRow]:
        """Every preview that is there, or may be."""
        return self._select()

    def one(self, lane: str) -> PreviewRow | None:
        with transaction(self._engine) as connection:
            found = connection.execute(select(PREVIEWS).where(PREVIEWS.c.lane == lane)).first()
        return PreviewRow(*found) if found else None

    def removing(self, lane: str) -> None:
        """Its removal has begun: a later wish for the same commit is a new preview."""
        with transaction(self._engine) as connection:
            connection.execute(
                update(PREVIEWS)
                .where(PREVIEWS.c.lane == lane, PREVIEWS.c.state == WANTED)
                .values(state=REMOVING, generation=PREVIEWS.c.generation + 1)
            )

    def still_wanted(self, lane: str) -> None:
        """The pull request is open again, and nothing was removed."""
        self._change(lane, state=WANTED)

    def removed(self, lane: str, *, rests: str = "") -> None:
        """It is gone; `rests` is the head that does not come back by itself.

        Who wanted it again while it was being removed has one on the way, and that is not gone.
        """
        gone = {"state": REMOVED, "changed": time.time(), "rests": rests}
        with transaction(self._engine) as connection:
            connection.execute(
                update(PREVIEWS).where(PREVIEWS.c.lane == lane, PREVIEWS.c.state == REMOVING).values(gone)
            )

    def remains(self, lane: str) -> None:
        """Its removal has failed: it is there still."""
        with transaction(self._engine) as connection:
            connection.execute(
                update(PREVIEWS)
                .where(PREVIEWS.c.lane == lane, PREVIEWS.c.state == REMOVING)
                .values(state=WANTED)
            )

    def resting(self, lane: str, sha: str) -> bool:
        """Whether this head had to go although its pull request is open."""
        row = self.one(lane)
        return row is not None and row.state == REMOVED and row.rests == sha

    def extended(self, lane: str, expires: float) -> None:
        self._change(lane, expires=expires)

    def _select(self, *conditions: object) -> list[PreviewRow]:
        query = select(PREVIEWS).where(PREVIEWS.c.state != REMOVED).order_by(PREVIEWS.c.service)
        for condition in conditions:
            query = query.where(condition)  # type: ignore[arg-type]  # a column's comparison is typed bool
        with transaction(self._engine) as connection:
            return [PreviewRow(*row) for row in connection.execute(query)]

    def _change(self, lane: str, **values: object) -> None:
        with transaction(self._engine) as connection:
            connection.execute(update(PREVIEWS).where(PREVIEWS.c.lane == lane).values(values))
