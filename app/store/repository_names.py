"""Names of repositories as rows: which repository it was that first used what the operator gives to a name.

A name is free once its repository is called otherwise, moved or deleted, and whoever takes it gets another id.
"""

from __future__ import annotations

from sqlalchemy import Column, Engine, Table, select

from app.store.tables import METADATA, Id, Words, insert_once, transaction

REPOSITORY_NAMES = Table(
    "repository_names",
    METADATA,
    Column("name", Words, primary_key=True),
    Column("repository_id", Id, nullable=False),
)


class RepositoryNames:
    """Whose each name is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def owner(self, full_name: str, repository_id: int) -> int:
        """The id of the repository that used this name first, which is `repository_id` where none did before."""
        name = full_name.lower()
        with transaction(self._engine) as connection:
            insert_once(connection, REPOSITORY_NAMES, name=name, repository_id=repository_id)
            owner = connection.execute(
                select(REPOSITORY_NAMES.c.repository_id).where(REPOSITORY_NAMES.c.name == name)
            ).scalar_one()
        return int(owner)
