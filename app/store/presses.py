"""Presses: who pressed which button, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Column, Engine, Float, Row, Table, select

from app.store.tables import METADATA, Id, Words, insert_once, transaction

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


class PressRows:
    """Each press once, by its delivery."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pressed(self, press: Pressed) -> Pressed:
        """Record a press; what stands in its row, which an earlier attempt may have written."""
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


def _pressed(row: Row[Any]) -> Pressed:
    return Pressed(row.delivery_id, row.run_id, row.button, row.sender, row.outcome, row.time)
