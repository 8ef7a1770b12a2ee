"""A relay's event stream and the door behind it: GitHub's bytes arrive as GitHub signed them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.delivery import heading, verify
from app.setup import tunnel
from sandbox.world import Sandbox
from tests.conftest import eventually
from tests.test_sandbox_github import Receiver
from tests.warm import servergem

SECRET = "It's a Secret to Everybody"
# Spelled as no Python spells it: the bytes are what is signed. A line end of Unicode is none of the stream's.
BODY = '{"action":"opened","zen":"a\u2028b\\u00e9","n":1.50,"z":{"b":1,"a":2}}'.encode()


def message(body: bytes = BODY, **more: str) -> bytes:
    signature = "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    headers = {
        "host": "relay.example",
        "content-length": "7",
        "content-type": "application/json",
        "x-github-event": "ping",
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "x-hub-signature-256": signature,
    } | more
    return json.dumps(headers).encode()[:-1] + b',"query":{},"timestamp":1,"body":' + body + b"}"


def test_the_signature_still_fits() -> None:
    """The body's bytes are those that GitHub signed, and the relay's own headers are left behind."""
    found = tunnel.delivered(message())
    assert found is not None and found.body == BODY
    assert verify(heading(found.headers), found.body, SECRET).event == "ping"
    assert "host" not in found.headers and "content-length" not in found.headers


def test_a_relay_that_keeps_the_text_is_believed() -> None:
    """Newer relays send the body as text beside the object that they made of it."""
    found = tunnel.delivered(message(b'{"spelled":"anew"}', rawbody=BODY.decode()))
    assert found is not None and found.body == BODY


@pytest.mark.parametrize("data", [b"{}", b"[]", b"no JSON", b'{"x-github-event":"ping"}'])
def test_what_holds_no_delivery(data: bytes) -> None:
    """Whatever else a relay says is no delivery."""
    assert tunnel.delivered(data) is None


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_messages_come_whole(size: int) -> None:
    """However the stream is cut, and whatever ends its lines; signs of life are none of them."""
    stream = b"id: 0\nevent: ready\ndata: {}\n\n: life\r\n"
    stream += b"id: 1\r\ndata: one\r\ndata: more\r\n\r\ndata:two\xe2\x80\xa8\n\n"
    chunks = (stream[at : at + size] for at in range(0, len(stream), size))
    assert list(tunnel.messages(chunks)) == [b"one\nmore", b"two\xe2\x80\xa8"]


@pytest.fixture
def relay() -> Iterator[str]:
    """A relay that says one message each time that somebody comes, and then hangs up."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(b"event: ready\ndata: {}\n\ndata: " + message() + b"\n\n")

        def log_message(self, *_told: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/channel"
    server.shutdown()
    server.server_close()


def test_what_the_relay_got_comes_to_the_door(relay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and headers arrive; a relay that hangs up is come back to; a person is told who can read along."""
    monkeypatch.setattr(tunnel, "FIRST_WAIT", 0.01)
    receiver, told, stopped = Receiver(), list[str](), threading.Event()
    thread = threading.Thread(target=tunnel.hand_on, args=(relay, receiver.url, told.append, stopped))
    thread.start()
    eventually(lambda: len(receiver.came) > 1, "two deliveries")
    stopped.set()
    thread.join()
    receiver.server.shutdown()
    receiver.server.server_close()
    headers, body = receiver.came[0]
    assert body == BODY and verify(heading(headers), body, SECRET).event == "ping"
    assert "can read all that GitHub sends" in told[0] and told[1] == "The tunnel brought ping: 202."


def test_serve_opens_the_tunnel(world: Sandbox, relay: str, tmp_path: Path) -> None:
    """`servergem serve --tunnel URL` takes what is signed with its secret from there, and refuses all else."""
    log = tmp_path / "servergem.log"
    with servergem(world, tmp_path, SERVERGEM_TUNNEL=relay, GITHUB_WEBHOOK_SECRET=SECRET):
        eventually(lambda: "The tunnel brought ping: 202." in log.read_text(), "a delivery", log.read_text)
    with servergem(world, tmp_path, SERVERGEM_TUNNEL=relay, GITHUB_WEBHOOK_SECRET="another"):
        eventually(lambda: "The tunnel brought ping: 401." in log.read_text(), "a refusal", log.read_text)
