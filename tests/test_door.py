"""The door: what is accepted, what is refused, and what a line of the log may not show. A real server on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import log
from app.delivery import MAX_BODY_BYTES
from app.main import create_app
from app.redaction import HIDDEN
from app.settings import load
from app.store import Store

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
        return httpx.post(f"{self.url}/webhook", content=body, headers=every, timeout=10)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    config = uvicorn.Config(create_app(load(environment(tmp_path))), "127.0.0.1", 0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the door did not open"
        time.sleep(0.01)
    yield Door(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", tmp_path)
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


def test_a_delivery_is_stored_before_it_is_answered(door: Door) -> None:
    """A signed delivery is answered 202 and is in the list of deliveries; the second time as a duplicate."""
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


def test_too_large_a_body_is_given_up_while_it_is_read(door: Door) -> None:
    """A body over the limit is answered 413 before it was sent whole."""
    port = int(door.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"POST /webhook HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(MAX_BODY_BYTES // 0x100000 + 1):
                connection.sendall(chunk)
        except ConnectionError:
            pass  # answered and closed while we were still sending
        assert b" 413 " in connection.recv(100)


def test_health_and_readiness_are_two_questions(door: Door) -> None:
    """The process is healthy although it is not ready, and readiness names what is missing."""
    assert httpx.get(f"{door.url}/healthz").status_code == 200
    answer = httpx.get(f"{door.url}/readyz", timeout=60)
    assert answer.status_code == 503
    assert answer.json()["store"]["ok"] is True
    assert answer.json()["github"]["ok"] is False
    assert answer.json()["github"]["why"]


def test_the_door_opens_at_once(tmp_path: Path) -> None:
    """`uvicorn app.main:app` answers before the heavy libraries are loaded."""
    script = (
        "import sys, app.main\n"
        "heavy = {'google', 'dbos', 'github', 'sqlalchemy', 'grpc', 'jinja2', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'{heavy}' if heavy else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path.parent)
    assert ended.returncode == 0, ended.stderr.decode()


def test_bad_settings_stop_the_start(tmp_path: Path) -> None:
    """Without its settings the server does not start, and names each one that is missing."""
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0"]
    ended = subprocess.run(
        command,
        capture_output=True,
        env={"SERVERGEM_DATA": str(tmp_path)},
        timeout=30,
        cwd=Path(__file__).parent.parent,
    )
    assert ended.returncode != 0
    for name in (b"GITHUB_APP_ID", b"GITHUB_PRIVATE_KEY", b"GITHUB_WEBHOOK_SECRET", b"GOOGLE_CLOUD_PROJECT"):
        assert name in ended.stderr


def test_what_was_stored_is_dispatched_after_a_restart(tmp_path: Path) -> None:
    """A delivery that a killed process had stored gets its outcome from the next one."""
    import asyncio

    from app.model import Delivery

    store = Store.open(tmp_path)
    asyncio.run(store.accept(Delivery("d-9", "star", None, b"{}"), 1.0))
    store.close()
    config = uvicorn.Config(create_app(load(environment(tmp_path))), "127.0.0.1", 0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    reading = None
    while reading is None or reading.unstarted():
        assert time.monotonic() < until
        time.sleep(0.02)
        reading = reading or Store.open(tmp_path)
    assert "star" in str(reading.deliveries(1)[0].outcome)
    reading.close()
    server.should_exit = True
    thread.join(30)


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
