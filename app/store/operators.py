"""Operators as rows: which account it was that first acted here under a login that the settings name.

A login passes to whoever takes it once its owner is called otherwise; an id never does.
"""

from __future__ import annotations

from sqlalchemy import Column, Engine, Table, select

from app.store.rows import StoreError
from app.store.tables import METADATA, Id, Words, insert_once, transaction
from app.telemetry import log

OPERATORS = Table(
    "operators",
    METADATA,
    Column("login", Words, primary_key=True),
    Column("person_id", Id, nullable=False),
)


class OperatorRows:
    """Who of those that the settings name is who."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._bound: dict[str, int] = {}

    def operates(self, named: tuple[str, ...], login: str, person_id: int) -> bool:
        """Whether this person is one of the operators that the settings name: by id, or by a login in lower case.

        A login stands for the account that first used it here, whoever has it later. A number is an id, never a login.
        """
        name = login.lower()
        if not person_id:
            return False
        if str(person_id) in named:
            return True
        return name in named and not name.isdecimal() and self._owner(name, person_id) == person_id

    def _owner(self, login: str, person_id: int) -> int:
        """0 while nobody can tell: the rows are out of reach."""
        if login not in self._bound:
            try:
                self._bound[login] = self._first(login, person_id)
            except StoreError as error:
                log.fault("operator.unknown", error, login=login)
                return 0
        return self._bound[login]

    def _first(self, login: str, person_id: int) -> int:
        with transaction(self._engine) as connection:
            insert_once(connection, OPERATORS, login=login, person_id=person_id)
            owner = connection.execute(
                select(OPERATORS.c.person_id).where(OPERATORS.c.login == login)
            ).scalar_one()
        return int(owner)
