"""Our own rows beside the intake: lanes, deployments, their log lines and heartbeats, on SQLite or Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.store.rows import StoreError

BUSY_SECONDS = 30
METADATA = MetaData()

LANES = Table(
    "lanes",
    METADATA,
    Column("lane", String, primary_key=True),
    Column("holder", String, nullable=False, default=""),
    Column("sha", String, nullable=False, default=""),
    Column("fence", Integer, nullable=False, default=0),
    # The turn of the last holder, which stays when it has left: an older run does not deploy after it.
    Column("turn", Integer, nullable=False, default=0),
    Column("turns", Integer, nullable=False, default=0),
    Column("superseded_by", String, nullable=False, default=""),
)
# Who has asked for a lane and not left it; a higher turn is a newer run.
TURNS = Table(
    "lane_turns",
    METADATA,
    Column("run_id", String, primary_key=True),
    Column("lane", String, primary_key=True),
    Column("sha", String, nullable=False),
    Column("turn", Integer, nullable=False),
)
DEPLOYMENTS = Table(
    "deployments",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("repository_id", Integer, nullable=False, index=True),
    Column("full_name", String, nullable=False),
    Column("sha", String, nullable=False, index=True),
    Column("branch", String, nullable=False),
    Column("check_name", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("state", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("url", String, nullable=False, default=""),
    Column("check_run_id", Integer, nullable=False, default=0),
    Column("github_deployment_id", Integer, nullable=False, default=0),
    Column("shown", Boolean, nullable=False, default=False),
    Column("report", Text, nullable=False),
)
LOG_LINES = Table(
    "log_lines",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("deployment_id", String, nullable=False, index=True),
    Column("time", Float, nullable=False),
    Column("line", Text, nullable=False),
)
HEARTBEATS = Table(
    "heartbeats",
    METADATA,
    Column("executor_id", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("born", String, nullable=False),
    Column("time", Float, nullable=False),
)
# Only on Postgres; on SQLite the intake has a file of its own.
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("event", String, nullable=False),
    Column("action", String),
    Column("received_at", Float, nullable=False),
    Column("outcome", Text),
    Column("payload", LargeBinary),
)


def open_database(data: Path, database_url: str) -> Engine:
    """The database with its tables made: `servergem.db` in `data`, or Postgres."""
    if database_url:
        engine = create_engine(postgres_url(database_url), pool_pre_ping=True, pool_size=10, max_overflow=20)
    else:
        data.mkdir(parents=True, exist_ok=True)
        engine = sqlite_engine(data / "servergem.db")
    with store_errors():
        METADATA.create_all(engine)
    return engine


def postgres_url(database_url: str) -> str:
    """`postgres://…` as SQLAlchemy wants it, with the driver that is installed."""
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def sqlite_engine(path: Path) -> Engine:
    """WAL and synchronous=NORMAL: a record lost with the power only repeats a stage that can be repeated."""
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

    return engine


def insert_once(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert unless a row with the same key is there; True when it was not."""
    if connection.dialect.name == "sqlite":
        return connection.execute(sqlite.insert(table).values(values).on_conflict_do_nothing()).rowcount > 0
    return connection.execute(postgresql.insert(table).values(values).on_conflict_do_nothing()).rowcount > 0


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
