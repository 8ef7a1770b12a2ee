"""Heartbeats as rows: which processes are alive."""

from __future__ import annotations

from sqlalchemy import Engine, delete, select, update

from app.store.rows import Heartbeat
from app.store.tables import HEARTBEATS, insert_once, transaction


class Heartbeats:
    """Which processes are alive."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def beat(self, heartbeat: Heartbeat) -> None:
        values = {
            "host": heartbeat.host,
            "pid": heartbeat.pid,
            "born": heartbeat.born,
            "time": heartbeat.time,
        }
        with transaction(self._engine) as connection:
            if not insert_once(connection, HEARTBEATS, executor_id=heartbeat.executor_id, **values):
                connection.execute(
                    update(HEARTBEATS).where(HEARTBEATS.c.executor_id == heartbeat.executor_id).values(values)
                )

    def all(self) -> list[Heartbeat]:
        with transaction(self._engine) as connection:
            return [Heartbeat(*row) for row in connection.execute(select(HEARTBEATS))]

    def stopped(self, executor_id: str) -> None:
        """Forget a process of which nothing is left to take over."""
        with transaction(self._engine) as connection:
            connection.execute(delete(HEARTBEATS).where(HEARTBEATS.c.executor_id == executor_id))
