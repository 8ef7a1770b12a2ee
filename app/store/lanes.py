"""Lanes: one deployment at a time goes to a Target, the newest commit wins, and an old holder is fenced out."""

from __future__ import annotations

import threading
import time

from sqlalchemy import Connection, Engine, Row, delete, func, select, update

from app.model import Superseded
from app.store.rows import SomebodyAsked, StoreError, Ticket
from app.store.tables import LANES, TURNS, insert_once, transaction

# A lane can be left in another process, which wakes nobody here.
LOOK_AGAIN_SECONDS = 5.0
# Many waiting runs share one answer about all lanes, which may be so old.
HOLD_SECONDS = 0.5


class Lanes:
    """Who holds each lane and who has asked for it since."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = threading.Condition()
        self._changes = 0
        self._closed = False
        self._snapshot = threading.Lock()
        self._newest: dict[str, str] = {}
        self._newest_at = float("-inf")

    def asked(self, lane: str) -> int:
        """How often this lane was asked for. While it stays the same, what was found out about its runs still holds."""
        with transaction(self._engine) as connection:
            return connection.execute(select(LANES.c.turns).where(LANES.c.lane == lane)).scalar() or 0

    def enter(self, lane: str, deployment_id: str, sha: str, asked: int | None = None) -> Ticket:
        """Ask for `lane`: hold it now, or wait as its newest run. Superseded when a newer run has asked.

        SomebodyAsked when the lane was asked for more often than `asked`: what was found out may not hold any more.
        Asking again after a restart keeps the place and gives a new fence, which shuts out the process before.
        """
        with transaction(self._engine) as connection:
            row = _locked(connection, lane)
            known = connection.execute(
                select(TURNS.c.turn).where(TURNS.c.lane == lane, TURNS.c.deployment_id == deployment_id)
            ).first()
            if known is None and asked not in (None, row.turns):
                raise SomebodyAsked(lane)
            if known is None:
                insert_once(
                    connection, TURNS, lane=lane, deployment_id=deployment_id, sha=sha, turn=row.turns + 1
                )
                _change(connection, lane, turns=row.turns + 1)
                if row.holder and row.holder != deployment_id:
                    _change(connection, lane, superseded_by=sha)
            ticket = self._take(connection, lane, deployment_id, again=True)
        self._tell()  # an older run that waits is superseded by this one, and learns it now
        return ticket

    def wait(self, lane: str, deployment_id: str, timeout: float = LOOK_AGAIN_SECONDS) -> Ticket:
        """Wait for `lane`, `timeout` seconds at most; a Ticket that does not hold it means that it has to ask again."""
        with self._changed:
            seen = self._changes
        ticket = self._try(lane, deployment_id)
        if ticket.holder:
            return ticket
        with self._changed:
            self._changed.wait_for(lambda: self._changes != seen or self._closed, timeout)
            if self._closed:
                raise StoreError("the store is closed")
        return self._try(lane, deployment_id)

    def flag(self, lane: str, deployment_id: str) -> str | None:
        """The commit of the newest run that has asked for `lane` after this one, if any waits."""
        mine = (
            select(TURNS.c.turn)
            .where(TURNS.c.lane == lane, TURNS.c.deployment_id == deployment_id)
            .scalar_subquery()
        )
        newer = (
            select(TURNS.c.sha)
            .where(TURNS.c.lane == lane, TURNS.c.turn > mine)
            .order_by(TURNS.c.turn.desc())
            .limit(1)
        )
        with transaction(self._engine) as connection:
            sha: str | None = connection.execute(newer).scalar()
            return sha

    def waiting(self) -> int:
        """How many runs have asked for a lane that they do not hold."""
        query = (
            select(func.count())
            .select_from(TURNS.join(LANES, TURNS.c.lane == LANES.c.lane))
            .where(LANES.c.holder != TURNS.c.deployment_id)
        )
        with transaction(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def newest(self) -> dict[str, str]:
        """The run that asked last for each lane."""
        last = select(TURNS.c.lane, func.max(TURNS.c.turn).label("turn")).group_by(TURNS.c.lane).subquery()
        query = select(TURNS.c.lane, TURNS.c.deployment_id).join(
            last, (TURNS.c.lane == last.c.lane) & (TURNS.c.turn == last.c.turn)
        )
        with transaction(self._engine) as connection:
            return {row.lane: row.run_id for row in connection.execute(query)}

    def overtaken(self, lane: str, deployment_id: str) -> bool:
        """Whether another run has asked for the lane since, as it was a moment ago: cheap for a thousand that wait."""
        with self._snapshot:
            if time.monotonic() - self._newest_at > HOLD_SECONDS:
                self._newest, self._newest_at = self.newest(), time.monotonic()
            return self._newest.get(lane, deployment_id) != deployment_id

    def rival(self, lane: str, deployment_id: str) -> str | None:
        """The commit of the newest other run that holds `lane` or waits for it, if there is one."""
        newest = (
            select(TURNS.c.sha)
            .where(TURNS.c.lane == lane, TURNS.c.deployment_id != deployment_id)
            .order_by(TURNS.c.turn.desc())
            .limit(1)
        )
        with transaction(self._engine) as connection:
            sha: str | None = connection.execute(newest).scalar()
            return sha

    def holds(self, lane: str, deployment_id: str, fence: int) -> bool:
        """Whether this run, in this execution, may still change what serves."""
        holding = select(LANES.c.lane).where(
            LANES.c.lane == lane, LANES.c.holder == deployment_id, LANES.c.fence == fence
        )
        with transaction(self._engine) as connection:
            return connection.execute(holding).first() is not None

    def leave(self, lane: str, deployment_id: str) -> None:
        """Give `lane` up, or stop waiting for it; leaving twice does nothing."""
        with transaction(self._engine) as connection:
            row = _locked(connection, lane)
            connection.execute(
                delete(TURNS).where(TURNS.c.lane == lane, TURNS.c.deployment_id == deployment_id)
            )
            if row.holder == deployment_id:
                _change(connection, lane, holder="", superseded_by="")
        self._tell()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _try(self, lane: str, deployment_id: str) -> Ticket:
        with transaction(self._engine) as connection:
            _locked(connection, lane)
            return self._take(connection, lane, deployment_id, again=False)

    def _take(self, connection: Connection, lane: str, deployment_id: str, *, again: bool) -> Ticket:
        row = _locked(connection, lane)
        mine = connection.execute(
            select(TURNS.c.turn, TURNS.c.sha).where(
                TURNS.c.lane == lane, TURNS.c.deployment_id == deployment_id
            )
        ).first()
        if mine is None:
            raise StoreError(f"{deployment_id} waits for lane {lane}, which it has not asked for")
        if row.holder == deployment_id and not again:
            return Ticket(row.fence, True)
        if row.holder != deployment_id:
            newest = connection.execute(
                select(TURNS.c.turn, TURNS.c.sha)
                .where(TURNS.c.lane == lane)
                .order_by(TURNS.c.turn.desc())
                .limit(1)
            ).one()
            if newest.turn > mine.turn:
                raise Superseded(newest.sha)
            if row.turn > mine.turn:
                raise Superseded(row.sha)
            if row.holder:
                return Ticket(0, False)
        _change(
            connection,
            lane,
            holder=deployment_id,
            sha=mine.sha,
            turn=mine.turn,
            fence=row.fence + 1,
            superseded_by="",
        )
        return Ticket(row.fence + 1, True)

    def _tell(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()


def _locked(connection: Connection, lane: str) -> Row[tuple[str, str, str, int, int, int, str]]:
    """The lane's row, which nobody else changes until this transaction ends."""
    insert_once(connection, LANES, lane=lane)
    return connection.execute(select(LANES).where(LANES.c.lane == lane).with_for_update()).one()


def _change(connection: Connection, lane: str, **values: str | int) -> None:
    connection.execute(update(LANES).where(LANES.c.lane == lane).values(values))
