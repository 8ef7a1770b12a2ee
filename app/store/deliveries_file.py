"""The SQLite file of all deliveries: WAL and synchronous=FULL, written by one thread of a process and read by any.

Two processes may have it open when only one of them brings deliveries, the door, and only the other one, the worker,
says what became of them. The file is `deliveries.db`, beside nothing else of ours.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.model import Delivery
from app.store.in_turns import IN_TURNS
from app.store.private import private_database
from app.store.rows import GIVEN_UP, STARTED, Received, StoreError
from app.text.legible import legible

CHECKPOINT_BYTES = 32_000_000  # more seldom is cheaper: a body that is marked by then need not be moved
# `payload` comes last: a list of deliveries reads none of the pages that it overflows into.
TABLES = """
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL, action TEXT,
    received_at REAL NOT NULL, outcome TEXT, signature TEXT,
    installation INTEGER NOT NULL DEFAULT 0, repository INTEGER NOT NULL DEFAULT 0, payload BLOB);
CREATE TABLE IF NOT EXISTS obeyed (signature TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# What a file of an earlier ServerGem lacks.
PARTY = "INTEGER NOT NULL DEFAULT 0"
LATER = {"signature": "TEXT", "installation": PARTY, "repository": PARTY}
# A signature is over the body alone, so that a captured one could come again under a new id.
SIGNATURES = "CREATE INDEX IF NOT EXISTS signatures ON deliveries (signature) WHERE signature IS NOT NULL"
# A redelivery of what was given up goes to the end of the line; any other changes nothing.
AGAIN = f"""
ON CONFLICT (id) DO UPDATE SET number = (SELECT max(number) + 1 FROM deliveries),
    received_at = excluded.received_at, payload = excluded.payload, outcome = NULL
WHERE outcome LIKE '{GIVEN_UP}%'
"""  # noqa: S608 - our own word
# The newest stays whatever its age: its number is never given to another.
OLD = """SELECT number FROM deliveries WHERE outcome IS NOT NULL AND received_at < ?
    AND number < (SELECT max(number) FROM deliveries) ORDER BY number LIMIT ?"""
FORGET = f"DELETE FROM deliveries WHERE number IN ({OLD})"  # noqa: S608 - our own words
# Kept for good: a captured delivery that is replayed, however late, must not start again what it started once.
REMEMBER = f"""INSERT OR IGNORE INTO obeyed SELECT signature FROM deliveries
    WHERE signature IS NOT NULL AND outcome LIKE '%{STARTED}%' AND number IN ({OLD})"""  # noqa: S608 - as above
MARK = "UPDATE deliveries SET outcome = ?, payload = NULL WHERE id = ?"


@dataclass(frozen=True)
class Arrived:
    """A delivery, and when it came, in epoch seconds."""

    delivery: Delivery
    at: float


class DeliveriesFile:
    """The table of deliveries. What SQLite cannot do is a StoreError."""

    def __init__(self, path: Path) -> None:
        private_database(path)
        self._path = path
        self._closed = False
        self._written = 0
        self._seen_to = 0  # every delivery up to this number has its outcome: spares an index
        self._much_written = threading.Event()
        self._reading = threading.Lock()
        with _as_store_errors():
            self._connection = _connect(path)
            self._make_tables()
            self._reader = _connect(path)
            self._marker = _connect(path, "NORMAL")
        self._checkpointer = threading.Thread(target=self._checkpoint, name="intake-checkpoint", daemon=True)
        self._checkpointer.start()

    def write(self, arrived: Sequence[Arrived], marks: Sequence[tuple[str, str]]) -> set[str]:
        """Keep what arrived and mark what was started, (outcome, id), in one transaction; the ids that were new."""
        accepts: dict[str, Arrived] = {}
        for each in arrived:
            accepts.setdefault(each.delivery.id, each)
        with _as_store_errors():
            if not marks:
                return self._keep(accepts)  # one statement is its own transaction
            if not accepts:
                self._mark(marks)
                return set()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                new = self._keep(accepts)
                self._connection.executemany(MARK, marks)
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return new

    def unstarted(self, limit: int) -> list[Delivery]:
        """Deliveries without an outcome, in turns."""
        newest = self._read("SELECT max(number) FROM deliveries WHERE number > ?", self._seen_to)[0][0]
        oldest = self._read(
            "SELECT number FROM deliveries WHERE number > ? AND outcome IS NULL ORDER BY number LIMIT 1",
            self._seen_to,
        )
        if not oldest:
            self._seen_to = newest or self._seen_to
            return []
        self._seen_to = oldest[0][0] - 1
        with _as_store_errors(), self._reading:
            rows = self._reader.execute(IN_TURNS, {"after": self._seen_to, "limit": limit})
            return [Delivery(*row) for row in rows.fetchall()]

    def newest(self, limit: int) -> list[Received]:
        """The newest deliveries first."""
        rows = self._read(
            "SELECT id, event, action, received_at, outcome, repository FROM deliveries ORDER BY number DESC LIMIT ?",
            limit,
        )
        return [Received(*row) for row in rows]

    def forget(self, before: float, limit: int) -> int:
        """Forget deliveries from before (epoch seconds) that have their outcome, at most so many; how many."""
        with _as_store_errors(), closing(_connect(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(REMEMBER, (before, limit))
            forgotten = connection.execute(FORGET, (before, limit)).rowcount
            connection.execute("COMMIT")
        return forgotten

    def close(self) -> None:
        self._closed = True
        self._much_written.set()
        self._checkpointer.join()
        with self._reading:
            self._reader.close()
        self._marker.close()
        self._connection.close()

    def _read(self, sql: str, *values: int) -> list[tuple]:  # type: ignore[type-arg]  # sqlite3's rows are untyped
        with _as_store_errors(), self._reading:
            return self._reader.execute(sql, values).fetchall()

    def _keep(self, accepts: Mapping[str, Arrived]) -> set[str]:
        """Store those whose signature did not come under another id. No other process writes, so none comes in between.

        The whole batch is asked about in one call and stored in another: sqlite3 waits for the GIL after each row that
        it fetches, and every sender of the batch waits with it.
        """
        known = [(signature, id_) for signature, id_, _ in self._known(accepts)]
        first = first_heard(known, [one.delivery for one in accepts.values()])
        self._count(sum(len(accepts[id_].delivery.payload) for id_ in first))
        if any(id_ in accepts for _, id_ in known):
            return self._insert([accepts[id_] for id_ in first], f"{AGAIN} RETURNING id")
        self._insert([accepts[id_] for id_ in first])
        return set(first)

    def _known(self, accepts: Mapping[str, Arrived]) -> list[tuple[str, str, int]]:
        """(signature, id, number) of each delivery that is stored under one of these ids or signatures.

        Those that were obeyed and forgotten come first, with an empty id.
        """
        signatures = {one.delivery.signature for one in accepts.values()}
        of_ids, of_signatures = (",".join("?" * len(each)) for each in (accepts, signatures))
        return self._connection.execute(
            f"SELECT signature, '', 0 FROM obeyed WHERE signature IN ({of_signatures})"  # noqa: S608 - only question marks
            " UNION ALL SELECT coalesce(signature, ''), id, number FROM deliveries"
            f" WHERE id IN ({of_ids}) OR signature IN ({of_signatures}) ORDER BY 3",
            (*signatures, *accepts, *signatures),
        ).fetchall()

    def _insert(self, accepts: Sequence[Arrived], known: str = "") -> set[str]:
        """Insert all in one statement; `known` is SQL for ids that are there already. The ids that it returns."""
        if not accepts:
            return set()
        values: list[object] = []
        for each in accepts:
            one = each.delivery
            action = legible(one.action) if one.action is not None else None
            values += (one.id, one.event, action, each.at, one.signature or None)
            values += (one.installation, one.repository, one.payload)
        places = ",".join(["(?,?,?,?,?,?,?,?)"] * len(accepts))
        found = self._connection.execute(
            "INSERT INTO deliveries (id, event, action, received_at, signature,"  # noqa: S608 - as above
            f" installation, repository, payload) VALUES {places} {known}",
            values,
        ).fetchall()
        return {row[0] for row in found}

    def _mark(self, marks: Sequence[tuple[str, str]]) -> None:
        """All in one call, which holds the file as briefly as can be: the door waits meanwhile.

        It does not wait for the disk: a mark that a power cut loses is made again, and a story starts once for its id.
        """
        self._marker.executemany(MARK, marks)

    def _count(self, written: int) -> None:
        self._written += written
        if self._written >= CHECKPOINT_BYTES:
            self._written = 0
            self._much_written.set()

    def _checkpoint(self) -> None:
        """Move the WAL into the file beside the commits, not inside one."""
        connection = _connect(self._path)
        while not self._closed:
            self._much_written.wait()
            self._much_written.clear()
            # What fails, on a full disk, is done by the next that has room; without a next the WAL would grow for ever.
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        connection.close()

    def _make_tables(self) -> None:
        self._connection.executescript(TABLES)
        columns = {row[1] for row in self._connection.execute("PRAGMA table_info(deliveries)")}
        for name, kind in LATER.items():
            if name not in columns:
                self._connection.execute(f"ALTER TABLE deliveries ADD COLUMN {name} {kind}")
        self._connection.execute(SIGNATURES)


def first_heard(known: Iterable[tuple[str, str]], arrived: Sequence[Delivery]) -> list[str]:
    """The ids of what arrived, without replays: a signature stays with the id that brought it first."""
    owners: dict[str, str] = {}
    for signature, id_ in known:
        owners.setdefault(signature, id_)
    return [
        each.id
        for each in arrived
        if not each.signature or owners.setdefault(each.signature, each.id) == each.id
    ]


def _connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"deliveries.db: {error}") from error
