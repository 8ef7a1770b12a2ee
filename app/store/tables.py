"""Our own rows beside the intake: lanes, deployments, their log lines and heartbeats, on SQLite or Postgres."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import SQLAlchemyError

from app.store.private import private_database, private_folder
from app.store.rows import StoreError
from app.text.legible import legible

BUSY_SECONDS = 30
SUBSECONDS = (3, 42)
MAKING_TABLES = 0x5E4E  # any number that nobody else's lock in this database has
METADATA = MetaData()
# GitHub's ids have outgrown 32 bits, and rows are counted for as long as a ServerGem lives. SQLite numbers its rows
# by itself only in a column that is called INTEGER, which holds 64 bits there.
Id = BigInteger().with_variant(Integer, "sqlite")


class Words(TypeDecorator[str]):
    """Text of any origin: what no database takes (NUL, half a character) is kept as a sign for it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else legible(value)


LANES = Table(
    "lanes",
    METADATA,
    Column("lane", Words, primary_key=True),
    Column("holder", Words, nullable=False, default=""),
    Column("sha", Words, nullable=False, default=""),
    Column("fence", Integer, nullable=False, default=0),
    # The turn of the last holder, which stays when it has left: an older run does not deploy after it.
    Column("turn", Integer, nullable=False, default=0),
    Column("turns", Integer, nullable=False, default=0),
    Column("superseded_by", Words, nullable=False, default=""),
)
# Who has asked for a lane and not left it; a higher turn is a newer run.
TURNS = Table(
    "lane_turns",
    METADATA,
    Column("run_id", Words, primary_key=True, key="deployment_id"),
    Column("lane", Words, primary_key=True),
    Column("sha", Words, nullable=False),
    Column("turn", Integer, nullable=False),
)
DEPLOYMENTS = Table(
    "deployments",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("id", Words, nullable=False, unique=True),
    Column("repository_id", Id, nullable=False, index=True),
    Column("full_name", Words, nullable=False),
    Column("sha", Words, nullable=False, index=True),
    Column("branch", Words, nullable=False),
    Column("check_name", Words, nullable=False),
    Column("lane", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("url", Words, nullable=False, default=""),
    Column("check_run_id", Id, nullable=False, default=0),
    Column("github_deployment_id", Id, nullable=False, default=0),
    Column("shown", Boolean, nullable=False, default=False),
    Column("report", Words, nullable=False),
)
LOG_LINES = Table(
    "log_lines",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("deployment_id", Words, nullable=False, index=True),
    Column("time", Float, nullable=False),
    Column("line", Words, nullable=False),
)
# Those lines that had colours, with them: a terminal's escapes, as app/text/colours.py writes them.
COLOURED_LINES = Table(
    "coloured_lines",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("coloured", Words, nullable=False),
)
HEARTBEATS = Table(
    "heartbeats",
    METADATA,
    Column("executor_id", Words, primary_key=True),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("born", Words, nullable=False),
    Column("time", Float, nullable=False),
)
# Only on Postgres; on SQLite the intake has a file of its own.
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("id", Words, nullable=False, unique=True),
    Column("event", Words, nullable=False),
    Column("action", Words),
    Column("received_at", Float, nullable=False),
    Column("outcome", Words),
    Column("signature", Words, index=True),
    Column("installation", Id, nullable=False, server_default="0"),
    Column("repository", Id, nullable=False, server_default="0"),
    Column("payload", LargeBinary),
)
# The signatures of deliveries that started something and are forgotten: a capture has no last day.
OBEYED = Table("obeyed", METADATA, Column("signature", Words, primary_key=True))


def open_database(data: Path, database_url: str) -> Engine:
    """The database with its tables made: `servergem.db` in `data`, or Postgres."""
    if database_url:
        engine = create_engine(postgres_url(database_url), pool_pre_ping=True, pool_size=10, max_overflow=20)
    else:
        engine = sqlite_engine(data / "servergem.db")
    # Two that start at the same moment would both make the tables.
    with nullcontext() if database_url else _alone(data), transaction(engine) as connection:
        if database_url:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MAKING_TABLES})"))
        METADATA.create_all(connection)
        if database_url:
            _add_what_is_new(connection)
    return engine


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """While one half of a `servergem serve` makes the file the other waits; the change to WAL wants nobody else."""
    private_folder(data)
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _add_what_is_new(connection: Connection) -> None:
    """What tables of an earlier ServerGem lack: `create_all` makes tables, and changes none."""
    for statement in (
        "ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS signature TEXT",
        "ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS installation BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS repository BIGINT NOT NULL DEFAULT 0",
        "CREATE INDEX IF NOT EXISTS ix_deliveries_signature ON deliveries (signature)",
        # Workers ask for these several times a second.
        "CREATE INDEX IF NOT EXISTS ix_deliveries_unstarted ON deliveries (number) WHERE outcome IS NULL",
    ):
        connection.execute(text(statement))


def postgres_url(database_url: str) -> str:
    """`postgres://…` as SQLAlchemy wants it, with the driver that is installed."""
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def sqlite_engine(path: Path) -> Engine:
    """WAL and synchronous=NORMAL: a record lost with the power only repeats a stage that can be repeated."""
    private_database(path)
    engine = create_engine(
        f"sqlite:///{path.absolute()}", pool_size=20, max_overflow=0, pool_timeout=BUSY_SECONDS
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # IMMEDIATE: a transaction takes the write lock when it begins to write, and so never has to give up.
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if sqlite3.sqlite_version_info < SUBSECONDS:
            connection.create_function("unixepoch", 1, _seconds_now)

    return engine


def _seconds_now(modifier: str) -> float | None:
    """What SQLite answers to unixepoch('subsec') from 3.42 on: https://www.sqlite.org/changes.html#version_3_42_0

    DBOS asks so from Python 3.12 on, whatever SQLite there is, and Debian 12 has 3.40, where the answer is NULL.
    """
    return time.time() if modifier == "subsec" else None


def insert_once(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert unless a row with the same key is there; True when it was not.

    The key that comes back says so: psycopg counts no rows (-1) for an INSERT that returns something, which
    SQLAlchemy makes of each one into a table that numbers its rows.
    """
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = make(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


@contextmanager
def store_errors() -> Iterator[None]:
    """The database's errors in our own word, so that nobody above needs to know SQLAlchemy."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(str(error)) from error


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    with store_errors(), engine.begin() as connection:
        yield connection
