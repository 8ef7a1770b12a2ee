"""What becomes of a shift of traffic when its domain was asked: the address to show, or nothing at all."""

from __future__ import annotations

from sqlalchemy import Engine, delete, update

from app.store.tables import transaction
from app.store.traffic import SHIFTS


class AddressRows:
    """The addresses of shifts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shown(self, deployment_id: str, url: str) -> None:
        """What this run gave the traffic to answers at this address too, which is the one to show."""
        with transaction(self._engine) as connection:
            connection.execute(update(SHIFTS).where(SHIFTS.c.deployment_id == deployment_id).values(url=url))

    def taken_back(self, deployment_id: str) -> None:
        """This run's traffic goes back to what served before: it has moved nothing that counts."""
        with transaction(self._engine) as connection:
            connection.execute(delete(SHIFTS).where(SHIFTS.c.deployment_id == deployment_id))
