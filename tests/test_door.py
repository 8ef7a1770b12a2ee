"""The door: what is accepted, what is refused, and what a line of the log may not show. A real server on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.connections import Connection
from app.delivery import MAX_BODY_BYTES
from app.main import create_app
from app.model import Delivery
from app.redaction import HIDDEN
from app.settings import load
from app.store import GIVEN_UP, Store
from app.telemetry import log
from tests.conftest import PATIENCE, eventually, web
from tests.test_store import intake_away

pytestmark = pytest.mark.wire

SECRET = "a webhook secret of some length"
KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode()
)
PUSH = {
    "ref": "refs/tags/v1",
    "before": "a" * 40,
    "after": "b" * 40,
    "repository": {"id": 1, "full_name": "acme/api"},
    "installation": {"id": 2},
}


def environment(data: Path, **more: str) -> dict[str, str]:
    return {
        "GITHUB_APP_ID": "1",
        "GITHUB_PRIVATE_KEY": KEY,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GOOGLE_CLOUD_PROJECT": "demo-project",
        "SERVERGEM_DATA": str(data),
        "LOG_FORMAT": "json",
        "PAGES": "open",
        # Closed ports: nothing here may reach GitHub or Google.
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "GOOGLE_ENDPOINT": "127.0.0.1:9",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
        **more,
    }


@dataclass
class Door:
    """A ServerGem on a free port, and where its data is."""

    url: str
    data: Path
    database: str = ""

    def deliver(
        self, body: bytes, *, id_: str = "d-1", event: str = "push", **headers: str
    ) -> httpx.Response:
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        every = {
            "x-hub-signature-256": signature,
            "x-github-event": event,
            "x-github-delivery": id_,
            "content-type": "application/json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return web.post(f"{self.url}/webhook", content=body, headers=every, timeout=PATIENCE)


@contextmanager
def opened(data: Path, database: str = "") -> Iterator[Door]:
    app = create_app(load(environment(data, DATABASE_URL=database)))
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, http=Connection, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the door did not open"
        time.sleep(0.01)
    try:
        yield Door(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", data, database)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(tmp_path) as door:
        yield door


@pytest.fixture
def any_door(tmp_path: Path, database: str) -> Iterator[Door]:
    """A door on SQLite, and one on Postgres."""
    with opened(tmp_path, database) as door:
        yield door


def test_a_delivery_is_stored_before_it_is_answered(any_door: Door) -> None:
    """A signed delivery is answered 202 and is in the list of deliveries; the second time as a duplicate."""
    door = any_door
    first = door.deliver(json.dumps(PUSH).encode())
    assert first.status_code == 202
    assert first.json()["delivery"] == "d-1"
    assert "tag" in first.json()["outcome"]
    second = door.deliver(json.dumps(PUSH).encode())
    assert (second.status_code, second.json()["outcome"]) == (202, "duplicate")


def test_an_event_we_do_not_answer_says_so(door: Door) -> None:
    """An event without a handler is answered 202 with the reason."""
    answer = door.deliver(b"{}", event="star")
    assert answer.status_code == 202
    assert "star" in answer.json()["outcome"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x_hub_signature_256": "sha256=" + "0" * 64}, 401),
        ({"x_hub_signature_256": ""}, 401),
        ({"x_github_delivery": ""}, 400),
        ({"x_github_event": ""}, 400),
    ],
)
def test_what_github_did_not_send_is_refused(door: Door, headers: dict[str, str], status: int) -> None:
    """A wrong signature is 401, a missing header 400, each with a reason and without our secret."""
    answer = door.deliver(b"{}", **headers)
    assert answer.status_code == status
    assert answer.json()["reason"]
    assert SECRET not in answer.text


def opening(*more: bytes) -> bytes:
    """The head of a delivery as GitHub's looks; nobody has signed its body."""
    lines = [
        b"POST /webhook HTTP/1.1",
        b"host: x",
        b"x-github-event: push",
        b"x-github-delivery: d-0",
        b"content-type: application/json",
        b"x-hub-signature-256: sha256=" + b"0" * 64,
        *more,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def test_too_large_a_body_is_given_up_while_it_is_read(door: Door) -> None:
    """A body over the limit is answered 413 before it was sent whole."""
    port = int(door.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(opening(b"transfer-encoding: chunked"))
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(MAX_BODY_BYTES // 0x100000 + 1):
                connection.sendall(chunk)
        except ConnectionError:
            pass  # answered and closed while we were still sending
        assert b" 413 " in connection.recv(100)


def test_health_and_readiness_are_two_questions(door: Door) -> None:
    """The process is healthy although it is not ready, and readiness names what is missing."""
    assert web.get(f"{door.url}/health").status_code == 200
    answer = web.get(f"{door.url}/readyz", timeout=PATIENCE)
    assert answer.status_code == 503
    assert answer.json()["store"]["ok"] is True
    assert answer.json()["github"]["ok"] is False
    assert answer.json()["github"]["why"]


def test_the_door_opens_at_once(tmp_path: Path) -> None:
    """The door answers before the heavy libraries are loaded."""
    script = (
        "import sys, app.main\n"
        "heavy = {'google', 'dbos', 'github', 'sqlalchemy', 'grpc', 'jinja2', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'{heavy}' if heavy else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path.parent)
    assert ended.returncode == 0, ended.stderr.decode()


def test_bad_settings_stop_the_start(tmp_path: Path) -> None:
    """Without its settings the server does not start, and names each one that is missing."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0"]
    ended = subprocess.run(
        command,
        capture_output=True,
        env={"SERVERGEM_DATA": str(tmp_path)},
        timeout=PATIENCE,
        cwd=Path(__file__).parent.parent,
    )
    assert ended.returncode != 0
    for name in (b"GITHUB_APP_ID", b"GITHUB_PRIVATE_KEY", b"GITHUB_WEBHOOK_SECRET", b"GOOGLE_CLOUD_PROJECT"):
        assert name in ended.stderr


def test_what_cannot_be_stored_is_answered_503(any_door: Door) -> None:
    """GitHub shows a delivery red that could not be stored, and the redelivery is stored as if it were the first."""
    with intake_away(any_door.data, any_door.database):
        answer = any_door.deliver(json.dumps(PUSH).encode())
        assert (answer.status_code, answer.json()) == (
            503,
            {"reason": "The delivery could not be stored; redeliver it."},
        )
    again = any_door.deliver(json.dumps(PUSH).encode())
    assert again.status_code == 202
    assert again.json()["outcome"] != "duplicate"


def test_a_redelivery_of_what_was_given_up_is_no_duplicate(any_door: Door) -> None:
    """A delivery that was given up is taken in again when GitHub delivers it again."""
    body = json.dumps(PUSH).encode()
    assert any_door.deliver(body).status_code == 202
    eventually(lambda: web.get(f"{any_door.url}/health").is_success, "the door")
    store = Store.open(any_door.data, any_door.database)
    eventually(lambda: not store.unstarted(), "its outcome")
    store.mark("d-1", f"{GIVEN_UP}it broke")
    assert any_door.deliver(body).json()["outcome"] != "duplicate"
    eventually(lambda: "tag" in str(store.deliveries(1)[0].outcome), "its outcome")
    assert any_door.deliver(body).json()["outcome"] == "duplicate"
    store.close()


def test_what_was_stored_is_dispatched_after_a_restart(tmp_path: Path, database: str) -> None:
    """A delivery that a killed process had stored gets its outcome from the next one."""
    store = Store.open(tmp_path, database)
    asyncio.run(store.accept(Delivery("d-9", "star", None, b"{}"), 1.0))
    with opened(tmp_path, database):
        eventually(lambda: "star" in str(store.deliveries(1)[0].outcome), "its outcome")
    store.close()


@pytest.mark.parametrize(
    "secret",
    [
        "ghs_" + "a" * 36,
        "github_pat_" + "b" * 40,
        "Bearer abcdefghijklmnop",
        "ya29.a0AfH6SMBx-x_y",
        "AIza" + "C" * 35,
        KEY,
        KEY.replace("\n", "\\n"),
        "postgresql://me:hunter2@db/servergem",
        SECRET,
    ],
)
def test_a_line_shows_no_secret(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither our own secrets nor what looks like somebody's appears in a line, nested or in a traceback."""
    log.set_up("json", (SECRET, KEY))
    log.fact("it", words=f"it is {secret}, is it not", nested={"in": [secret]})
    log.fault("broke", ValueError(f"with {secret}"))
    lines = capsys.readouterr().out
    heart = secret.removeprefix("Bearer ").removeprefix("postgresql://me:").removesuffix("@db/servergem")
    assert heart not in lines
    assert "MIIEow" not in lines
    assert HIDDEN in lines


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_word_of_others_makes_a_line_of_its_own(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A branch's name, a library's message and an error's: one line each, and nothing that a terminal obeys."""
    hostile = "main\n[info] door.open\x1b[2J\x1b]0;x\x07\x9b2J\r\x85\u2028\u202eend"
    log.set_up(form, ())
    log.fact("push.taken", branch=hostile, **{hostile: "x"}, nested=[hostile, {hostile: hostile}])
    log.fact("push.taken", branch=hostile.replace("\n", "").replace(" ", ""))
    log.fault("broke", ValueError(hostile))
    logging.getLogger("a.library").warning("Invalid %s", hostile)
    said = capsys.readouterr().out
    assert said.count("\n") == len(said.splitlines()) == 4
    assert "\x1b[2J" not in said and not set("\x07\x9b\r\u202e") & set(said)


def test_lines_are_written_after_a_command_that_kept_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sets the log up says all of it anew."""
    log.keep_quiet(())
    log.set_up("json", ())
    log.fact("it")
    assert json.loads(capsys.readouterr().out)["message"] == "it"


def test_a_line_is_what_cloud_logging_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line, with Cloud Logging's names and what the work is about as labels."""
    log.set_up("json", ())
    log.about_nothing()
    log.about(delivery="d-1", commit="abc")
    log.fact("stage.started", stage="Build image")
    log.about_nothing()
    line = json.loads(capsys.readouterr().out)
    assert (line["severity"], line["message"], line["stage"]) == ("INFO", "stage.started", "Build image")
    assert line["logging.googleapis.com/labels"] == {"delivery": "d-1", "commit": "abc"}
    assert line["time"].endswith("Z")
