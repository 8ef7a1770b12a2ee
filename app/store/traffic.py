"""What has served where, and what may not: shifts of traffic, rollbacks, locks, and images by their content."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields

from pydantic import TypeAdapter
from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    Float,
    Integer,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from app.model import Traffic
from app.store.tables import METADATA, insert_once, transaction

SHIFTS = Table(
    "shifts",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String, nullable=False, unique=True),
    Column("lane", String, nullable=False, index=True),
    Column("sha", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("url", String, nullable=False),
    Column("before", Text, nullable=False),
    Column("time", Float, nullable=False),
)
ROLLED_BACK = Table(
    "rolled_back",
    METADATA,
    Column("lane", String, primary_key=True),
    Column("sha", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("time", Float, nullable=False),
)
LOCKS = Table(
    "locks",
    METADATA,
    Column("lane", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("link", String, nullable=False),
    Column("expires", Float, nullable=False),
)
IMAGES = Table(
    "images",
    METADATA,
    Column("project", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("tag", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("repository_id", Integer, nullable=False, index=True),
    Column("time", Float, nullable=False),
)
TRAFFIC = TypeAdapter(tuple[Traffic, ...])


@dataclass(frozen=True)
class Shift:
    """One time that traffic moved. `before` is what served until then; `time` is epoch seconds."""

    run_id: str
    lane: str
    sha: str
    revision: str
    url: str
    before: tuple[Traffic, ...]
    time: float = 0.0


@dataclass(frozen=True)
class Lock:
    """Deployments to this lane wait until it is opened or `expires` (epoch seconds)."""

    lane: str
    holder: str
    reason: str
    link: str
    expires: float

    @property
    def sentence(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"Locked by {self.holder}{why}"


@dataclass(frozen=True)
class KnownImage:
    """An image that was built from this content before; `origin` says by what, in words."""

    project: str
    region: str
    key: str
    name: str
    tag: str
    digest: str
    origin: str
    repository_id: int


class TrafficRows:
    """Shifts, rollbacks, locks and images."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shifted(self, shift: Shift) -> None:
        """Traffic has moved to this revision; said once for each run."""
        with transaction(self._engine) as connection:
            insert_once(
                connection,
                SHIFTS,
                run_id=shift.run_id,
                lane=shift.lane,
                sha=shift.sha,
                revision=shift.revision,
                url=shift.url,
                before=TRAFFIC.dump_json(shift.before).decode(),
                time=time.time(),
            )

    def shifts(self, lane: str, limit: int = 50) -> list[Shift]:
        """The newest first."""
        query = select(SHIFTS).where(SHIFTS.c.lane == lane).order_by(SHIFTS.c.number.desc()).limit(limit)
        with transaction(self._engine) as connection:
            return [
                Shift(
                    row.run_id,
                    row.lane,
                    row.sha,
                    row.revision,
                    row.url,
                    TRAFFIC.validate_json(row.before),
                    row.time,
                )
                for row in connection.execute(query)
            ]

    def roll_back(self, lane: str, sha: str, by: str) -> None:
        """This commit is not deployed here again by itself."""
        with transaction(self._engine) as connection:
            insert_once(connection, ROLLED_BACK, lane=lane, sha=sha, by=by, time=time.time())

    def rolled_back_by(self, lane: str, sha: str) -> str:
        """Who rolled this commit back here; empty when nobody did."""
        query = select(ROLLED_BACK.c.by).where(ROLLED_BACK.c.lane == lane, ROLLED_BACK.c.sha == sha)
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar() or ""

    def pardon(self, lane: str, sha: str) -> None:
        """A person wants this commit here after all."""
        with transaction(self._engine) as connection:
            connection.execute(
                delete(ROLLED_BACK).where(ROLLED_BACK.c.lane == lane, ROLLED_BACK.c.sha == sha)
            )

    def lock(self, lock: Lock) -> None:
        """Close a lane; a lock that is there already is replaced."""
        values = {
            "holder": lock.holder,
            "reason": lock.reason,
            "link": lock.link,
            "expires": lock.expires,
        }
        with transaction(self._engine) as connection:
            if not insert_once(connection, LOCKS, lane=lock.lane, **values):
                connection.execute(update(LOCKS).where(LOCKS.c.lane == lock.lane).values(values))

    def lock_of(self, lane: str) -> Lock | None:
        """The lock that closes a lane now."""
        query = select(LOCKS).where(LOCKS.c.lane == lane, LOCKS.c.expires > time.time())
        with transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return Lock(*row) if row else None

    def unlock(self, lane: str) -> bool:
        """Open a lane; whether it was closed."""
        with transaction(self._engine) as connection:
            return connection.execute(delete(LOCKS).where(LOCKS.c.lane == lane)).rowcount > 0

    def built(self, image: KnownImage) -> None:
        """Remember which image this content became."""
        values = asdict(image) | {"time": time.time()}
        with transaction(self._engine) as connection:
            if not insert_once(connection, IMAGES, **values):
                connection.execute(
                    update(IMAGES).where(*_same(image.project, image.region, image.key)).values(values)
                )

    def image(self, project: str, region: str, key: str) -> KnownImage | None:
        """The image of this content, if one was built here."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(*_IMAGE).where(*_same(project, region, key))).first()
        return KnownImage(*row) if row else None

    def images_of(self, repository_id: int, origin: str) -> list[KnownImage]:
        """What one pull request built and nothing has built since."""
        query = select(*_IMAGE).where(IMAGES.c.repository_id == repository_id, IMAGES.c.origin == origin)
        with transaction(self._engine) as connection:
            return [KnownImage(*row) for row in connection.execute(query)]

    def forget_image(self, project: str, region: str, key: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(delete(IMAGES).where(*_same(project, region, key)))


_IMAGE = [IMAGES.c[field.name] for field in fields(KnownImage)]


def _same(project: str, region: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return (IMAGES.c.project == project, IMAGES.c.region == region, IMAGES.c.key == key)
