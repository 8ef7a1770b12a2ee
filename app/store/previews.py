"""Previews as rows: what runs for each pull request, what people said of it, and how often it was made anew."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Boolean, Column, Engine, Float, Integer, String, Table, Text, delete, select, update

from app.model import Repository
from app.previews import Wishes
from app.store.tables import METADATA, insert_once, transaction

WANTED, REMOVING, REMOVED = "wanted", "removing", "removed"

PREVIEWS = Table(
    "previews",
    METADATA,
    Column("lane", String, primary_key=True),
    Column("repository_id", Integer, nullable=False, index=True),
    Column("owner", String, nullable=False),
    Column("repository", String, nullable=False),
    Column("installation_id", Integer, nullable=False),
    Column("number", Integer, nullable=False, index=True),
    Column("service", String, nullable=False),
    Column("name", String, nullable=False),
    Column("project", String, nullable=False),
    Column("region", String, nullable=False),
    Column("fork", Boolean, nullable=False, default=False),
    Column("sha", String, nullable=False),
    Column("state", String, nullable=False),
    Column("run_id", String, nullable=False, default=""),
    Column("expires", Float, nullable=False, default=0.0),
    Column("changed", Float, nullable=False, default=0.0),
    # Grows with each removal, so that the same head can be deployed once more after it.
    Column("generation", Integer, nullable=False, default=0),
    # The head that had to go although its pull request is open: it comes back with a push, or when somebody asks.
    Column("rests", String, nullable=False, default=""),
)
PULLS = Table(
    "pull_requests",
    METADATA,
    Column("repository_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("off_by", String, nullable=False, default=""),
    Column("on_by", String, nullable=False, default=""),
    Column("approved_sha", String, nullable=False, default=""),
    Column("approved_by", String, nullable=False, default=""),
    Column("comment_id", Integer, nullable=False, default=0),
    Column("verdict", Text, nullable=False, default=""),
)


@dataclass(frozen=True)
class PreviewRow:
    """One preview. `expires` and `changed` are epoch seconds; `state` is wanted, removing or removed."""

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
    run_id: str = ""
    expires: float = 0.0
    changed: float = 0.0
    generation: int = 0
    rests: str = ""

    @property
    def home(self) -> Repository:
        """The repository whose pull request it is."""
        return Repository(self.repository_id, self.owner, self.repository, self.installation_id)


class PreviewRows:
    """The rows of previews and of pull requests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def want(self, row: PreviewRow) -> PreviewRow:
        """Keep that this preview is wanted at this commit, before anything of it is made; with its generation."""
        with transaction(self._engine) as connection:
            values = asdict(row) | {"changed": time.time()}
            if not insert_once(connection, PREVIEWS, **values):
                values.pop("generation")
                values.pop("run_id")
                connection.execute(update(PREVIEWS).where(PREVIEWS.c.lane == row.lane).values(values))
            found = connection.execute(select(PREVIEWS).where(PREVIEWS.c.lane == row.lane)).one()
        return PreviewRow(*found)

    def runs_as(self, lane: str, run_id: str) -> None:
        """The newest deployment of this preview."""
        self._change(lane, run_id=run_id)

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
        """It is gone; `rests` is the head that does not come back by itself."""
        self._change(lane, state=REMOVED, changed=time.time(), rests=rests)

    def resting(self, lane: str, sha: str) -> bool:
        """Whether this head had to go although its pull request is open."""
        row = self.one(lane)
        return row is not None and row.state == REMOVED and row.rests == sha

    def extended(self, lane: str, expires: float) -> None:
        self._change(lane, expires=expires)

    def forget(self, repository_id: int) -> None:
        """The repository is out of reach for good."""
        with transaction(self._engine) as connection:
            connection.execute(delete(PULLS).where(PULLS.c.repository_id == repository_id))

    # Pull requests

    def wishes(self, repository_id: int, number: int) -> Wishes:
        """What people have said of this pull request."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(PULLS.c.off_by, PULLS.c.on_by, PULLS.c.approved_sha).where(
                    PULLS.c.repository_id == repository_id, PULLS.c.number == number
                )
            ).first()
        return Wishes(*row) if row else Wishes()

    def switch(self, repository_id: int, number: int, *, on_by: str = "", off_by: str = "") -> None:
        """Previews of this pull request are on, or off, because somebody said so."""
        self._tell(repository_id, number, on_by=on_by, off_by=off_by)

    def approve(self, repository_id: int, number: int, sha: str, by: str) -> None:
        """This commit of a fork, and no other, may be deployed."""
        self._tell(repository_id, number, approved_sha=sha, approved_by=by)

    def comment_id(self, repository_id: int, number: int) -> int:
        """The sticky comment; 0 when none was made yet."""
        found: int | None = self._told(repository_id, number, "comment_id")
        return found or 0

    def has_comment(self, repository_id: int, number: int, comment_id: int) -> None:
        self._tell(repository_id, number, comment_id=comment_id)

    def judged(self, repository_id: int, number: int, verdict: str) -> None:
        """Why the pull request was or was not deployed when it was last looked at."""
        self._tell(repository_id, number, verdict=verdict)

    def verdict(self, repository_id: int, number: int) -> str:
        found: str | None = self._told(repository_id, number, "verdict")
        return found or ""

    def _select(self, *conditions: object) -> list[PreviewRow]:
        query = select(PREVIEWS).where(PREVIEWS.c.state != REMOVED).order_by(PREVIEWS.c.service)
        for condition in conditions:
            query = query.where(condition)  # type: ignore[arg-type]  # a column's comparison is typed bool
        with transaction(self._engine) as connection:
            return [PreviewRow(*row) for row in connection.execute(query)]

    def _change(self, lane: str, **values: object) -> None:
        with transaction(self._engine) as connection:
            connection.execute(update(PREVIEWS).where(PREVIEWS.c.lane == lane).values(values))

    def _told(self, repository_id: int, number: int, column: str) -> Any:
        with transaction(self._engine) as connection:
            return connection.execute(
                select(PULLS.c[column]).where(
                    PULLS.c.repository_id == repository_id, PULLS.c.number == number
                )
            ).scalar()

    def _tell(self, repository_id: int, number: int, **values: object) -> None:
        with transaction(self._engine) as connection:
            if insert_once(connection, PULLS, repository_id=repository_id, number=number, **values):
                return
            connection.execute(
                update(PULLS)
                .where(PULLS.c.repository_id == repository_id, PULLS.c.number == number)
                .values(values)
            )
