"""What has served where, and what may not: shifts of traffic, rollbacks and locks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from pydantic import TypeAdapter
from sqlalchemy import (
    Column,
    Engine,
    Float,
    Table,
    delete,
    func,
    select,
    update,
)

from app.model import Traffic
from app.model.formerly import formerly
from app.store.last_words import is_last_word
from app.store.tables import METADATA, Id, Words, insert_once, transaction

SHIFTS = Table(
    "shifts",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("run_id", Words, nullable=False, unique=True, key="deployment_id"),
    Column("lane", Words, nullable=False, index=True),
    Column("sha", Words, nullable=False),
    Column("revision", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("before", Words, nullable=False),
    Column("time", Float, nullable=False),
)
ROLLED_BACK = Table(
    "rolled_back",
    METADATA,
    Column("lane", Words, primary_key=True),
    Column("sha", Words, primary_key=True),
    Column("by", Words, nullable=False),
    Column("time", Float, nullable=False),
)
LOCKS = Table(
    "locks",
    METADATA,
    Column("lane", Words, primary_key=True),
    Column("holder", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("link", Words, nullable=False),
    Column("expires", Float, nullable=False),
)
# So many shifts back a rollback may go.
ROLLBACKS_OFFERED = 50
TRAFFIC = TypeAdapter(tuple[Traffic, ...])


@dataclass(frozen=True)
class Shift:
    """One time that traffic moved. `before` is what served until then; `time` is epoch seconds."""

    __pydantic_config__: ClassVar = formerly(deployment_id="run_id")

    deployment_id: str
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


class TrafficRows:
    """Shifts, rollbacks and locks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shifted(self, shift: Shift) -> None:
        """Traffic has moved to this revision; said once for each run."""
        with transaction(self._engine) as connection:
            insert_once(
                connection,
                SHIFTS,
                deployment_id=shift.deployment_id,
                lane=shift.lane,
                sha=shift.sha,
                revision=shift.revision,
                url=shift.url,
                before=TRAFFIC.dump_json(shift.before).decode(),
                time=time.time(),
            )

    def shown_at(self, deployment_id: str, url: str) -> None:
        """What this run gave the traffic to answers at this address too, and from now on is shown there."""
        with transaction(self._engine) as connection:
            connection.execute(update(SHIFTS).where(SHIFTS.c.deployment_id == deployment_id).values(url=url))

    def shift_undone(self, deployment_id: str) -> None:
        """This run's traffic goes back to what served before, so that it has not moved any."""
        with transaction(self._engine) as connection:
            connection.execute(delete(SHIFTS).where(SHIFTS.c.deployment_id == deployment_id))

    def served_last(self, place: str) -> int:
        """The id of the repository that last served at this `project/region/name`; 0 where we know of none."""
        lanes = select(SHIFTS.c.lane).where(SHIFTS.c.lane.endswith(f"/{place}", autoescape=True))
        with transaction(self._engine) as connection:
            lane = connection.execute(lanes.order_by(SHIFTS.c.number.desc()).limit(1)).scalar()
        owner = (lane or "").removesuffix(f"/{place}")
        return int(owner) if owner.isdecimal() else 0

    def shifts(self, lane: str, limit: int = ROLLBACKS_OFFERED) -> list[Shift]:
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

    def last_runs(self, repository_id: int) -> list[str]:
        """The run that last moved the traffic, for each lane of a repository."""
        newest = (
            select(func.max(SHIFTS.c.number))
            .where(SHIFTS.c.lane.startswith(f"{repository_id}/"))
            .group_by(SHIFTS.c.lane)
        )
        query = select(SHIFTS.c.deployment_id).where(SHIFTS.c.number.in_(newest)).order_by(SHIFTS.c.lane)
        with transaction(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def regions_of(self, owner: int, project: str, name: str) -> list[str]:
        """The regions where a repository's service of this name has had traffic, whatever servergem.yml names now."""
        prefix, suffix = f"{owner}/{project}/", f"/{name}"
        query = (
            select(SHIFTS.c.lane)
            .where(
                SHIFTS.c.lane.startswith(prefix, autoescape=True),
                SHIFTS.c.lane.endswith(suffix, autoescape=True),
            )
            .distinct()
        )
        with transaction(self._engine) as connection:
            lanes = connection.execute(query).scalars().all()
        return sorted(lane.removeprefix(prefix).removesuffix(suffix) for lane in lanes)

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

    def lock(self, lock: Lock, comment_id: int) -> bool:
        """Close a lane, in place of any lock that is there. False when a later comment about it counts."""
        values = {"holder": lock.holder, "reason": lock.reason, "link": lock.link, "expires": lock.expires}
        with transaction(self._engine) as connection:
            if not is_last_word(connection, f"lock {lock.lane}", comment_id):
                return False
            if not insert_once(connection, LOCKS, lane=lock.lane, **values):
                connection.execute(update(LOCKS).where(LOCKS.c.lane == lock.lane).values(values))
            return True

    def lock_of(self, lane: str) -> Lock | None:
        """The lock that closes a lane now."""
        query = select(LOCKS).where(LOCKS.c.lane == lane, LOCKS.c.expires > time.time())
        with transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return Lock(*row) if row else None

    def unlock(self, lane: str, comment_id: int) -> bool:
        """Open a lane, also for locks written before and heard later. False when a later comment about it counts."""
        with transaction(self._engine) as connection:
            if not is_last_word(connection, f"lock {lane}", comment_id):
                return False
            connection.execute(delete(LOCKS).where(LOCKS.c.lane == lane))
            return True
