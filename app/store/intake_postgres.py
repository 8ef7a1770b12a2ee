"""The intake where there is more than one process: the same words in the shared database, on Postgres.

As on SQLite, what comes while one commit runs is the next commit: order stays, and a burst costs few round trips.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.model import Delivery
from app.store.deliveries_file import first_heard
from app.store.in_turns import IN_TURNS
from app.store.intake import LARGEST_BATCH, MOST_WAITING
from app.store.rows import GIVEN_UP, STARTED, Received, StoreError
from app.store.tables import DELIVERIES, OBEYED, transaction


@dataclass(frozen=True)
class _Accept:
    delivery: Delivery
    received_at: float
    answer: Future[bool] = field(default_factory=Future)

    @property
    def row(self) -> dict[str, object]:
        one = self.delivery
        return {
            "id": one.id,
            "event": one.event,
            "action": one.action,
            "received_at": self.received_at,
            "signature": one.signature or None,
            "installation": one.installation,
            "repository": one.repository,
            "payload": one.payload,
        }


class PostgresIntake:
    """The table of deliveries in the shared database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_Accept] = deque()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._closed = False

    async def accept(self, delivery: Delivery, received_at: float) -> bool:
        """Keep `delivery`; it is committed when this returns. False when its id was there and not given up."""
        if self._closed:
            raise StoreError("the intake is closed")
        if len(self._waiting) >= MOST_WAITING:
            raise StoreError(f"{len(self._waiting)} deliveries are waiting to be stored")
        wish = _Accept(delivery, received_at)
        self._waiting.append(wish)
        self._writer.submit(self._write)
        return await asyncio.wrap_future(wish.answer)

    def mark(self, delivery_id: str, outcome: str) -> None:
        """Say what became of a delivery. Its body is dropped."""
        with transaction(self._engine) as connection:
            connection.execute(
                update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(outcome=outcome, payload=None)
            )

    def unstarted(self, limit: int) -> list[Delivery]:
        """Deliveries without an outcome, in turns."""
        with transaction(self._engine) as connection:
            return [
                Delivery(
                    row.id, row.event, row.action, bytes(row.payload), "", row.installation, row.repository
                )
                for row in connection.execute(text(IN_TURNS), {"after": 0, "limit": limit})
            ]

    def deliveries(self, limit: int) -> list[Received]:
        """The newest deliveries first."""
        query = (
            select(
                DELIVERIES.c.id,
                DELIVERIES.c.event,
                DELIVERIES.c.action,
                DELIVERIES.c.received_at,
                DELIVERIES.c.outcome,
                DELIVERIES.c.repository,
            )
            .order_by(DELIVERIES.c.number.desc())
            .limit(limit)
        )
        with transaction(self._engine) as connection:
            return [Received(*row) for row in connection.execute(query)]

    def forget(self, before: float, limit: int) -> int:
        """Forget deliveries from before (epoch seconds) that have their outcome, at most so many; how many."""
        old = select(DELIVERIES.c.number).where(
            DELIVERIES.c.outcome.is_not(None), DELIVERIES.c.received_at < before
        )
        with transaction(self._engine) as connection:
            found = connection.execute(old.limit(limit)).scalars().all()
            obeyed = select(DELIVERIES.c.signature).where(
                DELIVERIES.c.number.in_(found),
                DELIVERIES.c.signature.is_not(None),
                DELIVERIES.c.outcome.contains(STARTED),
            )
            kept = insert(OBEYED).from_select(["signature"], obeyed)
            connection.execute(kept.on_conflict_do_nothing())
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.number.in_(found)))
        return len(found)

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._closed = True
        self._writer.shutdown(wait=True)

    def _write(self) -> None:
        """One transaction for everything that waits by now; nothing, when the one before took it along."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_BATCH))]
        if not batch:
            return
        try:
            new = self._insert(batch)
        except StoreError as error:
            for wish in batch:
                _settle(wish, error)
            return
        for wish in batch:
            _settle(wish, wish.delivery.id in new)
            new.discard(wish.delivery.id)

    def _insert(self, batch: list[_Accept]) -> set[str]:
        """The ids that were new, or had been given up."""
        rows: dict[str, dict[str, object]] = {}
        for wish in batch:
            rows.setdefault(wish.delivery.id, wish.row)
        with transaction(self._engine) as connection:
            heard = self._first_heard(connection, batch)
            chosen = [row for id_, row in rows.items() if id_ in heard]
            return self._insert_rows(connection, chosen) if chosen else set()

    def _first_heard(self, connection: Connection, batch: list[_Accept]) -> set[str]:
        """The ids without those of replays, which come later than what they repeat: no lock is needed."""
        arrived = list({wish.delivery.id: wish.delivery for wish in reversed(batch)}.values())[::-1]
        signatures = {each.signature for each in arrived} - {""}
        query = (
            select(DELIVERIES.c.signature, DELIVERIES.c.id)
            .where(DELIVERIES.c.signature.in_(signatures))
            .order_by(DELIVERIES.c.number)
        )
        if not signatures:
            return set(first_heard([], arrived))
        obeyed = connection.execute(select(OBEYED.c.signature).where(OBEYED.c.signature.in_(signatures)))
        known = [(signature, "") for signature in obeyed.scalars()]
        known += [(row.signature, row.id) for row in connection.execute(query)]
        return set(first_heard(known, arrived))

    def _insert_rows(self, connection: Connection, rows: list[dict[str, object]]) -> set[str]:
        fresh = insert(DELIVERIES).values(rows)
        statement = fresh.on_conflict_do_update(
            index_elements=[DELIVERIES.c.id],
            set_={
                "received_at": fresh.excluded.received_at,
                "payload": fresh.excluded.payload,
                "outcome": None,
            },
            where=DELIVERIES.c.outcome.startswith(GIVEN_UP),
        )
        return set(connection.execute(statement.returning(DELIVERIES.c.id)).scalars())


def _settle(wish: _Accept, answer: bool | StoreError) -> None:
    if not wish.answer.set_running_or_notify_cancel():
        return  # whoever asked has gone; the delivery is stored all the same
    if isinstance(answer, StoreError):
        wish.answer.set_exception(answer)
    else:
        wish.answer.set_result(answer)
