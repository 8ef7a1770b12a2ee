"""The intake against a bare Starlette handler: verified deliveries a second and p99, interleaved, one core each."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.ports import free_port
from sandbox.servergem import servergem
from sandbox.world import PROJECT, Sandbox
from tests.bench.table import Row
from tests.conftest import QUICK, House, Work

ROOT = Path(__file__).parent.parent.parent
SECRET = "a webhook secret for measuring"
ROUNDS, REQUESTS, CONNECTIONS = 3, 2_000, 16
STEADY_RATE, STEADY_SECONDS = 25, 4
# GitHub's own examples of push and pull_request: from 7 kB to 25 kB, 15 kB in the mean.
BODY_BYTES = (7_000, 11_000, 15_000, 17_000, 25_000)
BUSY_REPOSITORIES, BUSY_SECONDS = 6, 12
PATIENCE = 120.0

SERVER = """
import sys, time, uvicorn
from pathlib import Path
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from app import main
from app.delivery import heading, verify
from app.settings import load

secret = sys.argv[3]
class Door(main.House):
    def _run(self):  # the intake alone: no stories are started
        self.wired.set()

async def bare(request):
    delivery = verify(heading(request.headers), await request.body(), secret)
    return JSONResponse({"delivery": delivery.id, "outcome": "accepted"}, status_code=202)

if sys.argv[1] == "bare":
    app = Starlette(routes=[Route("/webhook", bare, methods=["POST"])])
else:
    main.House = Door
    app = main.create_app(load({
        "GITHUB_APP_ID": "1", "GITHUB_WEBHOOK_SECRET": secret, "GOOGLE_CLOUD_PROJECT": "demo-project",
        "GITHUB_PRIVATE_KEY": "-----BEGIN RSA PRIVATE KEY-----\\nx\\n-----END RSA PRIVATE KEY-----\\n",
        "SERVERGEM_DATA": sys.argv[2], "LOG_FORMAT": "json"}))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[4]), log_config=None, access_log=False)
"""


@dataclass(frozen=True)
class Run:
    """What one server did with one load. Times are milliseconds."""

    per_second: float
    p50: float
    p99: float
    cpu_us: float
    failed: int


def rows() -> list[Row]:
    """ServerGem's door beside a handler that only checks the signature, at full load and at a steady rate."""
    full: dict[str, list[Run]] = {"bare": [], "door": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        _server("bare", folder) as bare,
        _server("door", folder) as door,
    ):
        for round_ in range(ROUNDS + 1):
            for name, server in (("bare", bare), ("door", door)):
                run = _measure(server, REQUESTS, None)
                if round_:  # the first warms up
                    full[name].append(run)
        steady = _measure(door, STEADY_RATE * STEADY_SECONDS, STEADY_RATE)
        disk = _fsync_milliseconds(Path(folder))
    speed = statistics.median(run.per_second for run in full["door"])
    peer = statistics.median(run.per_second for run in full["bare"])
    ratio = statistics.median(
        d.per_second / b.per_second for d, b in zip(full["door"], full["bare"], strict=True)
    )
    busy = _beside_stories()
    stories = f"{busy.deployments} deployments begun meanwhile"
    failed = sum(run.failed for run in (*full["door"], steady, busy.steady, *busy.bursts))
    cpu, bare_cpu = (statistics.median(run.cpu_us for run in full[name]) for name in ("door", "bare"))
    load = f"{CONNECTIONS} connections, {BODY_BYTES[0] // 1000} to {BODY_BYTES[-1] // 1000} kB each"
    calm = f"p99 at a steady {STEADY_RATE}/s"
    return [
        Row("deliveries stored before the 202", f"{speed:,.0f}/s", "at least 3,000/s", load),
        Row(
            "beside a bare Starlette handler", f"{ratio:.2f}", "at least 0.45", f"the bare one: {peer:,.0f}/s"
        ),
        Row(calm, f"{steady.p99:.1f} ms", "at most 6 ms", f"p50 {steady.p50:.1f} ms; no story runs"),
        Row(
            f"{calm}, stories running",
            f"{busy.steady.p99:.1f} ms",
            "at most 15 ms",
            f"p50 {busy.steady.p50:.1f} ms; {stories}; the bare one: {busy.bare_steady.p99:.1f} ms",
        ),
        Row(
            f"a burst of {REQUESTS:,} beside the bare one, stories running",
            f"{busy.ratio:.2f}",
            "at least 0.45",
            f"the bare one: {statistics.median(run.per_second for run in busy.bare):,.0f}/s",
        ),
        Row("CPU for one delivery", f"{cpu:.0f} us", "", f"the bare one: {bare_cpu:.0f} us"),
        Row(
            "this disk's fsync",
            f"{disk:.2f} ms",
            "",
            f"waited for before every 202; {busy.fsync:.2f} ms with stories running",
        ),
        Row("deliveries not answered 202", f"{failed}", "0"),
    ]


def _fsync_milliseconds(folder: Path) -> float:
    took = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1000


@dataclass(frozen=True)
class _Server:
    pid: int
    port: int
    secret: str = SECRET


@contextmanager
def _server(kind: str, folder: str) -> Iterator[_Server]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, kind, folder, SECRET, str(port)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_open(process, port)
        yield _Server(process.pid, port)
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True)
class _Busy:
    """What a ServerGem whose worker deploys all the while did at its door; and the bare handler beside it."""

    steady: Run
    bare_steady: Run
    bursts: list[Run]
    bare: list[Run]
    deployments: int
    fsync: float

    @property
    def ratio(self) -> float:
        return statistics.median(
            door.per_second / bare.per_second for door, bare in zip(self.bursts, self.bare, strict=True)
        )


def _beside_stories() -> _Busy:
    """`servergem serve` as it is, two processes; a push follows the other for as long as anything is measured."""
    with tempfile.TemporaryDirectory() as name, Sandbox(Path(name) / "sandbox") as world:
        folder = Path(name)
        world.google.provisioned_project(PROJECT)
        world.google.behaviour.quotas["run.write"] = int(QUICK["CLOUD_RUN_WRITES"])
        with servergem(world, folder, **QUICK) as started, _server("bare", name) as bare:
            world.github.webhook_url = f"{started.address}/webhook"
            house = House(world, folder, started.address)
            house.ready()
            works = [house.repository("hello-python", f"busy-{n}") for n in range(BUSY_REPOSITORIES)]
            pushed = [work.push("Begin") for work in works]
            for sha, work in zip(pushed, works, strict=True):
                house.ended(sha, work.name)
            door = _Server(
                children(started.pid)[0], int(started.address.rpartition(":")[2]), world.webhook_secret
            )
            with _pushing(works):
                return _measured(house, door, bare)


@contextmanager
def _pushing(works: list[Work]) -> Iterator[None]:
    stop = threading.Event()

    def push() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            works[number % len(works)].push("More", **{"n.txt": str(number)})

    thread = threading.Thread(target=push)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _measured(house: House, door: _Server, bare: _Server) -> _Busy:
    before = _begun(house)
    fsync = _fsync_milliseconds(house.folder)
    bare_steady = _measure(bare, STEADY_RATE * BUSY_SECONDS, STEADY_RATE)
    steady = _measure(door, STEADY_RATE * BUSY_SECONDS, STEADY_RATE)
    bursts: dict[int, list[Run]] = {bare.port: [], door.port: []}
    for _ in range(ROUNDS):
        for server in (bare, door):
            bursts[server.port].append(_measure(server, REQUESTS, None))
    return _Busy(steady, bare_steady, bursts[door.port], bursts[bare.port], _begun(house) - before, fsync)


def _begun(house: House) -> int:
    """How many deployments have begun, also those that the newest fifty hide."""
    with sqlite3.connect(house.folder / "servergem" / "servergem.db") as rows_:
        return int(rows_.execute("SELECT count(*) FROM deployments").fetchone()[0])


def children(pid: int) -> list[int]:
    """The processes that this one has started, in that order: of a `servergem serve` its door and its worker."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _measure(server: _Server, requests: int, rate: int | None) -> Run:
    """Send `requests`, as fast as the connections allow or `rate` a second; the load is made in a thread."""
    answers: list[tuple[float, bool]] = []
    cpu = cpu_seconds(server.pid)
    took: list[float] = []

    def load() -> None:
        took.append(asyncio.run(_load(server.port, _requests(requests, server.secret), rate, answers)))

    thread = threading.Thread(target=load)
    thread.start()
    thread.join()
    times = sorted(seconds * 1000 for seconds, _ in answers)
    return Run(
        per_second=requests / took[0],
        p50=times[len(times) // 2],
        p99=times[min(len(times) - 1, int(len(times) * 0.99))],
        cpu_us=(cpu_seconds(server.pid) - cpu) / requests * 1e6,
        failed=sum(not ok for _, ok in answers),
    )


def flooded(port: int, secret: str, requests: int) -> None:
    """Send so many deliveries that start nothing, as fast as they are taken."""
    asyncio.run(_load(port, _requests(requests, secret), None, []))


async def _load(
    port: int, waiting: list[bytes], rate: int | None, answers: list[tuple[float, bool]]
) -> float:
    begun = time.perf_counter()
    todo = list(enumerate(waiting))
    todo.reverse()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while todo:
            number, request = todo.pop()
            due = begun + number / rate if rate else time.perf_counter()
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(request)
            status = await reader.readline()
            length = 0
            while (line := await reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            await reader.readexactly(length)
            answers.append((time.perf_counter() - due, b" 202 " in status))
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return time.perf_counter() - begun


def _requests(count: int, secret: str) -> list[bytes]:
    """Whole HTTP requests, each with a delivery id and a signature of its own, made before the clock starts."""
    made = []
    push = {
        "ref": "refs/tags/v1",
        "before": "a" * 40,
        "after": "b" * 40,
        "installation": {"id": 2},
        "repository": {"id": 1, "full_name": "acme/api"},
    }
    for number in range(count):
        id_ = os.urandom(16).hex()
        filler = "x" * BODY_BYTES[number % len(BODY_BYTES)]
        body = json.dumps(push | {"id": id_, "filler": filler}).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        head = (
            f"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-github-event: push\r\n"
            f"x-github-delivery: {id_}\r\nx-hub-signature-256: sha256={signature}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_until_open(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server did not open its port within {PATIENCE:.0f} s")
