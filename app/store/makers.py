"""Makers: which deployment makes what several need, so that the others wait for it instead of making it too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Column, Engine, Table, select, update

from app.store.tables import METADATA, Words, insert_once, transaction

MAKERS = Table(
    "makers",
    METADATA,
    Column("key", Words, primary_key=True),
    Column("deployment_id", Words, nullable=False, index=True),
    Column("state", Words, nullable=False),
    Column("blame", Words, nullable=False, default=""),
)


class Making(StrEnum):
    """How far the work has come."""

    UNDER_WAY = "under way"
    MADE = "made"
    FAILED = "failed"


@dataclass(frozen=True)
class Maker:
    """The deployment that does the work; `blame` says whose fault a failure is."""

    deployment_id: str
    state: Making
    blame: str = ""


class MakerRows:
    """The rows of makers, by what they make."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def first(self, key: str, deployment_id: str) -> Maker:
        """Whoever asked first, which is this deployment where nobody has."""
        with transaction(self._engine) as connection:
            insert_once(
                connection, MAKERS, key=key, deployment_id=deployment_id, state=Making.UNDER_WAY, blame=""
            )
            row = connection.execute(select(MAKERS).where(MAKERS.c.key == key)).one()
        return Maker(row.deployment_id, Making(row.state), row.blame)

    def instead(self, key: str, of: str, deployment_id: str) -> None:
        """This deployment makes it in place `of` another, unless somebody else does by now."""
        values = {"deployment_id": deployment_id, "state": Making.UNDER_WAY, "blame": ""}
        with transaction(self._engine) as connection:
            connection.execute(
                update(MAKERS).where(MAKERS.c.key == key, MAKERS.c.deployment_id == of).values(values)
            )

    def ended(self, key: str, deployment_id: str, state: Making, blame: str = "") -> None:
        """The work has ended, well or not."""
        with transaction(self._engine) as connection:
            connection.execute(
                update(MAKERS)
                .where(MAKERS.c.key == key, MAKERS.c.deployment_id == deployment_id)
                .values(state=state, blame=blame)
            )
