"""The intake where there is more than one process: the same words, one insert for each delivery, on Postgres."""

from __future__ import annotations

import asyncio

from sqlalchemy import Engine, select, update

from app.model import Delivery
from app.store.rows import Received
from app.store.tables import DELIVERIES, insert_once, transaction


class PostgresIntake:
    """The table of deliveries in the shared database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def accept(self, delivery: Delivery, received_at: float) -> bool:
        """Keep `delivery`; False when its id was there before."""
        return await asyncio.to_thread(self._insert, delivery, received_at)

    def mark(self, delivery_id: str, outcome: str) -> None:
        """Say what became of a delivery. Its body is dropped."""
        with transaction(self._engine) as connection:
            connection.execute(
                update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(outcome=outcome, payload=None)
            )

    def unstarted(self, limit: int = 100) -> list[Delivery]:
        """Deliveries without an outcome, oldest first."""
        query = (
            select(DELIVERIES.c.id, DELIVERIES.c.event, DELIVERIES.c.action, DELIVERIES.c.payload)
            .where(DELIVERIES.c.outcome.is_(None))
            .order_by(DELIVERIES.c.number)
            .limit(limit)
        )
        with transaction(self._engine) as connection:
            return [
                Delivery(row.id, row.event, row.action, bytes(row.payload))
                for row in connection.execute(query)
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
            )
            .order_by(DELIVERIES.c.number.desc())
            .limit(limit)
        )
        with transaction(self._engine) as connection:
            return [Received(*row) for row in connection.execute(query)]

    def close(self) -> None:
        """Nothing waits here: each delivery was written before it was answered."""

    def _insert(self, delivery: Delivery, received_at: float) -> bool:
        with transaction(self._engine) as connection:
            return insert_once(
                connection,
                DELIVERIES,
                id=delivery.id,
                event=delivery.event,
                action=delivery.action,
                received_at=received_at,
                payload=delivery.payload,
            )
