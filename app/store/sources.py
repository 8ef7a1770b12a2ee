"""Archives as rows: which object of a bucket ServerGem itself wrote, so that nobody else's is built for it."""

from __future__ import annotations

import time

from sqlalchemy import Column, Engine, Float, Table, select

from app.store.tables import METADATA, Id, Words, insert_once, transaction

SOURCES = Table(
    "sources",
    METADATA,
    Column("bucket", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    # Of one generation the bytes never change: https://cloud.google.com/storage/docs/object-versioning
    Column("generation", Id, primary_key=True, autoincrement=False),
    Column("time", Float, nullable=False),
)


class SourceRows:
    """The rows of archives."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wrote(self, bucket: str, name: str, generation: int) -> None:
        """This generation of the object is what we streamed."""
        with transaction(self._engine) as connection:
            insert_once(
                connection, SOURCES, bucket=bucket, name=name, generation=generation, time=time.time()
            )

    def newest(self, bucket: str, prefix: str) -> tuple[str, int] | None:
        """The name and generation of what we wrote last under a name that begins so."""
        query = (
            select(SOURCES.c.name, SOURCES.c.generation)
            .where(SOURCES.c.bucket == bucket, SOURCES.c.name.startswith(prefix, autoescape=True))
            .order_by(SOURCES.c.time.desc())
        )
        with transaction(self._engine) as connection:
            found = connection.execute(query).first()
        return (str(found.name), int(found.generation)) if found else None

    def ours(self, bucket: str, name: str, generation: int) -> bool:
        """Whether we wrote this generation of the object."""
        query = select(SOURCES.c.time).where(
            SOURCES.c.bucket == bucket, SOURCES.c.name == name, SOURCES.c.generation == generation
        )
        with transaction(self._engine) as connection:
            return connection.execute(query).first() is not None
