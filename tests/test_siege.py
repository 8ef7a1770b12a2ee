"""The door under siege: strangers who send much, slowly, or nothing at all, and a real push among them. On loopback."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import resource
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app import connections, door
from app.connections import Connection
from app.dispatcher import start_stories
from app.model import Delivery
from app.store import Store
from app.store.deliveries_file import first_heard
from tests.conftest import PATIENCE, House
from tests.test_door import PUSH, SECRET, Door, environment, opened, opening

pytestmark = pytest.mark.wire

# Whoever sends without a signature that fits; on a two-core machine in a few seconds.
MANY = 300
TEN_THOUSAND = 10_000
MEGABYTE = 1 << 20
SLOWLY = b"x" * (16 << 10)


def dial(house: Door, stack: ExitStack) -> socket.socket:
    port = int(house.url.rpartition(":")[2])
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))


def closed(connection: socket.socket) -> bool:
    """Whether the other side has ended it, with or without an answer."""
    try:
        return not connection.recv(4096)
    except ConnectionError:
        return True


def test_a_stranger_is_refused_before_the_body(tmp_path: Path) -> None:
    """Without the headers of a delivery the answer comes while nothing of the body was sent."""
    with opened(tmp_path) as house, ExitStack() as stack:
        connection = dial(house, stack)
        connection.sendall(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 25000000\r\n\r\n")
        assert b" 401 " in connection.recv(100)


def test_a_slow_body_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come in its time is answered 408, and its bytes are given back."""
    monkeypatch.setattr(door.Bodies.__init__, "__defaults__", (64 * MEGABYTE, 0.2))
    with opened(tmp_path) as house, ExitStack() as stack:
        connection = dial(house, stack)
        connection.sendall(opening(b"content-length: 1000") + b"slow")
        assert b" 408 " in connection.recv(100)


def test_slow_headers_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not said what they want within the time is cut off: silent, half-way, and on a kept connection."""
    monkeypatch.setattr(connections, "HEADERS_SECONDS", 0.3)
    with opened(tmp_path) as house, ExitStack() as stack:
        silent, half, kept = (dial(house, stack) for _ in range(3))
        half.sendall(b"POST /webhook HTTP/1.1\r\nhost:")
        kept.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b" 200 " in kept.recv(4096)
        kept.sendall(b"GET /health HTTP")
        assert all(closed(each) for each in (silent, half, kept))


def test_the_oldest_goes_when_there_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most connections the one that has waited longest is cut, and a real push is let in."""
    monkeypatch.setattr(Connection, "_most", 20)
    with opened(tmp_path) as house, ExitStack() as stack:
        held = [dial(house, stack) for _ in range(MANY)]
        assert house.deliver(json.dumps(PUSH).encode()).status_code == 202
        assert all(closed(each) for each in held[: MANY - 40])


@pytest.fixture
def any_door(tmp_path: Path, database: str) -> Iterator[Door]:
    """A door on SQLite, and one on Postgres."""
    with opened(tmp_path, database) as found:
        yield found


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[Door, int]]:
    """A ServerGem in a process of its own, whose memory can be measured, and its id."""
    started = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", "0"],
        env={"PATH": os.environ["PATH"]} | environment(tmp_path / "data"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert started.stderr is not None
    yield Door(started.stderr.readline().split()[-1], tmp_path / "data"), started.pid
    started.kill()
    started.wait()
    started.stderr.close()


def resident(pid: int) -> int:
    """Bytes of memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_is_bounded_and_a_push_is_taken(process: tuple[Door, int]) -> None:
    """Of three hundred unsigned bodies without an end no more than the bound is kept, and a real push is stored."""
    house, pid = process
    for page in ("/", "/readyz"):  # answered when everything heavy is loaded, Google's libraries too
        httpx.get(f"{house.url}{page}", timeout=PATIENCE)
    before = resident(pid)
    with ExitStack() as stack:
        connections_ = [dial(house, stack) for _ in range(MANY)]
        for each in connections_:
            each.sendall(opening(b"content-length: 20000000") + b"x" * MEGABYTE)
        assert b" 503 " in connections_[0].recv(4096)
        # Beside what the door keeps, asyncio has read up to 256 KiB of each connection (its transports' max_size).
        read_ahead = MANY * MEGABYTE // 4
        grown = resident(pid) - before
        assert grown < door.MOST_UNVERIFIED_BYTES + read_ahead + 16 * MEGABYTE < MANY * MEGABYTE
        assert house.deliver(json.dumps(PUSH).encode()).status_code == 202


def test_ten_thousand_slow_bodies_leave_memory_flat_and_a_push_deployed(house: House) -> None:
    """They come while it deploys; what they cost is what the door lets wait at once, and not how many came."""
    work = house.repository("hello-python")
    assert house.ended(work.push())["ending"] == "live"
    pid = house.running.pid if house.running else 0
    siege = Siege(house.address, pid, resident(pid))
    with ThreadPoolExecutor(1) as beside:
        over = beside.submit(siege.lay, TEN_THOUSAND)
        siege.under_way.wait(PATIENCE)
        assert house.ended(work.push("A second", **{"second.txt": "2"}))["ending"] == "live"
        over.result()
    assert siege.grown < door.MOST_UNVERIFIED_BYTES < TEN_THOUSAND * len(SLOWLY)


@dataclass
class Siege:
    """Who opens one connection after another, says little on each and ends none; and the memory that it takes."""

    address: str
    pid: int
    before: int
    grown: int = 0
    under_way: threading.Event = field(default_factory=threading.Event)

    def lay(self, many: int) -> None:
        """All stay open on this side, as far as the machine gives a process files."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        try:
            self._hold(many, hard * 3 // 4 if hard > 0 else many)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def _hold(self, many: int, most: int) -> None:
        port = int(self.address.rpartition(":")[2])
        held: deque[socket.socket] = deque()
        for n in range(many):
            held.append(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            with suppress(ConnectionError):
                held[-1].sendall(opening(b"content-length: 20000000") + SLOWLY)
            if len(held) > most:
                held.popleft().close()
            if n % connections.MOST_CONNECTIONS == 0:
                self.under_way.set()
                self.grown = max(self.grown, resident(self.pid) - self.before)
        self.grown = max(self.grown, resident(self.pid) - self.before)
        for each in held:
            each.close()


def test_a_replay_under_a_new_id_is_recognised(any_door: Door) -> None:
    """What was signed once is obeyed once, also as another event and after a restart."""
    body = json.dumps(PUSH).encode()
    assert any_door.deliver(body).json()["outcome"] != "duplicate"
    assert any_door.deliver(body, id_="captured").json()["outcome"] == "duplicate"
    assert any_door.deliver(body, id_="captured-2", event="create").json()["outcome"] == "duplicate"
    with opened(any_door.data, any_door.database) as again:
        assert again.deliver(body, id_="captured-3").json()["outcome"] == "duplicate"
    assert any_door.deliver(body + b" ", id_="d-2").json()["outcome"] != "duplicate"


@pytest.mark.parametrize(
    ("known", "arrived", "new"),
    [
        ([], [("a", "1"), ("b", "1")], ["a"]),
        ([("1", "a")], [("b", "1")], []),
        ([("1", "a")], [("a", "1")], ["a"]),
        ([("1", "a"), ("1", "b")], [("a", "1"), ("b", "1")], ["a"]),
        ([], [("a", ""), ("b", "")], ["a", "b"]),
    ],
)
def test_a_signature_belongs_to_the_id_that_brought_it(
    known: list[tuple[str, str]], arrived: list[tuple[str, str]], new: list[str]
) -> None:
    """The same id may come again, another one with its signature may not; without a signature nothing is a replay."""
    deliveries = [Delivery(id_, "push", None, b"{}", signature) for id_, signature in arrived]
    assert first_heard(known, deliveries) == new


def test_an_intake_of_an_earlier_servergem_is_read(tmp_path: Path) -> None:
    """A file from before signatures and parties were kept gets their columns, and keeps its deliveries."""
    before = sqlite3.connect(tmp_path / "deliveries.db")
    before.executescript(
        "CREATE TABLE deliveries (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL,"
        " action TEXT, received_at REAL NOT NULL, outcome TEXT, payload BLOB);"
        "INSERT INTO deliveries (id, event, received_at, payload) VALUES ('old', 'push', 1.0, x'7b7d');"
    )
    before.close()
    store = Store.open(tmp_path)
    asyncio.run(store.accept(Delivery("new", "push", None, b"{}", "s", 1, 2), 2.0))
    assert [each.id for each in store.unstarted()] == ["old", "new"]
    store.close()


def test_a_comment_is_heard_once() -> None:
    """Under whatever delivery the same comment comes, it is the same run; another text is another one."""
    first, again, other = (
        started(comment(id_, text)) for id_, text in (("a", "/rollback"), ("b", "/rollback"), ("c", "/lock"))
    )
    assert first == again != other


def comment(id_: str, text: str) -> Delivery:
    told = {
        "action": "created",
        "issue": {"number": 1, "pull_request": {}},
        "comment": {"id": 5, "body": text, "user": {"login": "ada"}, "created_at": "2026-01-01T00:00:00Z"},
        "repository": {"id": 7, "name": "api", "full_name": "acme/api", "owner": {"login": "acme"}},
        "installation": {"id": 8},
    }
    return Delivery(id_, "issue_comment", "created", json.dumps(told).encode())


def started(delivery: Delivery) -> str:
    found: list[str] = []
    start_stories(delivery, lambda _job, id_: found.append(id_))
    [id_] = found
    return id_


def test_what_is_kept_is_for_its_user_alone(tmp_path: Path) -> None:
    """The folder is 0700 and each database in it, its journals too, 0600, also one that was readable before."""
    data = tmp_path / "data"
    Store.open(data).close()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    (data / "deliveries.db").chmod(0o644)
    store = Store.open(data)
    store.ping()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    store.close()
    assert {"deliveries.db", "deliveries.db-wal", "servergem.db"} <= set(modes)
    assert set(modes.values()) == {0o600}, modes


# Little enough to be sent at once, and far more than anybody says beside a body.
ENDLESS = b"y" * 2 * MEGABYTE
GET, CHUNKED = b"GET / HTTP/1.1\r\nhost: x\r\n", opening(b"transfer-encoding: chunked") + b"1"


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(GET + b"x: " + ENDLESS, id="a header"),
        pytest.param(GET + b"x: y\r\n" * (MEGABYTE // 3), id="headers"),
        pytest.param(b"GET /" + ENDLESS, id="an address"),
        pytest.param(CHUNKED + b"\r\n{\r\n0\r\nx: " + ENDLESS, id="a trailer"),
        pytest.param(CHUNKED + b";" + ENDLESS, id="a chunk's extension"),
    ],
)
def test_what_is_no_body_has_an_end(tmp_path: Path, flood: bytes) -> None:
    """Whoever sends headers, an address or trailers without an end is cut off long before their time is over."""
    with opened(tmp_path) as house, ExitStack() as stack:
        connection = dial(house, stack)
        connection.settimeout(connections.HEADERS_SECONDS / 2)
        with suppress(ConnectionError):
            connection.sendall(flood)
            while connection.recv(4096):
                pass


def test_a_body_in_small_chunks_is_read(tmp_path: Path) -> None:
    """What is said of chunks is no flood, however many they are: a signed body in thousands of them is believed."""
    body = json.dumps(PUSH | {"filler": "x" * 40_000}).encode()
    chunks = b"".join(b"2\r\n" + body[at : at + 2] + b"\r\n" for at in range(0, len(body) - 1, 2))
    chunks += b"1\r\n" + body[-1:] + b"\r\n" if len(body) % 2 else b""
    signature = b"sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode()
    head = opening(b"transfer-encoding: chunked").replace(b"sha256=" + b"0" * 64, signature)
    with opened(tmp_path) as house, ExitStack() as stack:
        connection = dial(house, stack)
        connection.sendall(head + chunks + b"0\r\n\r\n")
        assert b" 202 " in connection.recv(100)
