"""The probe against servers that misbehave: each question ends when it has to, with a reason."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
import respx

from app import probe

Behave = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def server(behave: Behave) -> Iterator[str]:
    """Each connection gets `behave`; the address to ask."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_behaved, args=(behave, connection), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _behaved(behave: Behave, connection: socket.socket) -> None:
    with connection:
        connection.recv(65_536)
        try:
            behave(connection)
        except OSError:
            return


def _drip(words: bytes) -> Behave:
    """One byte at a time, faster than any limit on a single read would notice."""

    def behave(connection: socket.socket) -> None:
        for byte in words:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    return behave


@pytest.mark.parametrize(
    "words",
    [
        b"HTTP/1.1 200 OK\r\nx-padding: " + b"x" * 2_000,
        OK + b"content-length: 5000\r\n\r\n" + b"x" * 2_000,
        b"x" * 2_000,
    ],
    ids=["a header that never ends", "a body that never ends", "no HTTP at all"],
)
def test_a_question_is_cut_whatever_drips(words: bytes) -> None:
    """A byte now and then holds a question no longer than its own deadline."""
    with server(_drip(words)) as address:
        begun = time.monotonic()
        answer = probe.ask(address, within=0.5)
        assert time.monotonic() - begun < 5
    assert not answer.good
    assert answer.status == 0


def test_silence_is_cut_too() -> None:
    """A server that accepts and says nothing is no answer, and the reason names the time."""
    with server(lambda connection: time.sleep(5)) as address:
        answer = probe.ask(address, within=0.3)
    assert (answer.status, answer.good) == (0, False)
    assert answer.detail == "no whole answer within 0.3 s"


def test_an_answer_keeps_its_status_and_the_beginning_of_its_body() -> None:
    """What came is told as it came, cut after what a person reads."""
    body = b"the database is away" + b"." * 100_000
    head = f"HTTP/1.1 503 Service Unavailable\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with server(lambda connection: connection.sendall(head + body)) as address:
        answer = probe.ask(address)
    assert answer.status == 503
    assert answer.detail.startswith("the database is away")
    assert len(answer.detail) == probe.BODY_BYTES


@pytest.mark.parametrize("path", ["/\x00", "/\ud800", "/\x7f\n"])
def test_an_impossible_address_is_said_once(path: str) -> None:
    """What no request can be made of is an answer, not an exception, and is not worth another question."""
    answer = probe.ask(f"http://127.0.0.1:9{path}")
    assert answer.status == 0
    assert answer.impossible, answer


def test_a_refused_connection_is_worth_another_question() -> None:
    """Nobody listens there yet; that may change."""
    with server(lambda connection: None) as address:
        pass
    answer = probe.ask(address, within=2)
    assert answer.status == 0
    assert not answer.impossible
    assert answer.detail


def test_a_question_shows_its_token() -> None:
    """A private service is asked with the token, by its own name."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            heard.append(connection.recv(65_536))
            connection.sendall(OK + b"content-length: 0\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    assert probe.ask(f"http://api.localhost:{port}/health", identity_token="t0ken").good
    thread.join(5)
    listener.close()
    assert b"authorization: Bearer t0ken" in heard[0]
    assert f"host: api.localhost:{port}".encode() in heard[0].lower()


ADDRESS = "https://hello-abc123-uc.a.run.app/"
# Ways in which a connection ends, as httpx tells of them, which no server of ours can be made to produce reliably.
BREAKS = {
    "no route": httpx.ConnectError("[Errno 113] No route to host"),
    "a certificate that is not its own": httpx.ConnectError(
        "[SSL: CERTIFICATE_VERIFY_FAILED] Hostname mismatch"
    ),
    "a reset while it answers": httpx.ReadError("[Errno 104] Connection reset by peer"),
    "an HTTP/2 error": httpx.RemoteProtocolError("<ConnectionTerminated error_code:2>"),
}


@respx.mock
@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
def test_a_connection_that_breaks_is_an_answer_with_its_reason(broken: httpx.TransportError) -> None:
    """Whatever ends a connection is told in its own words, may be asked again, and never is an exception."""
    respx.get(ADDRESS).mock(side_effect=broken)
    answer = probe.ask(ADDRESS)
    assert (answer.status, answer.good, answer.impossible) == (0, False, False)
    assert str(broken) in answer.detail


@respx.mock
def test_a_private_service_gets_its_token_and_no_redirect_is_followed() -> None:
    """The token goes to the address that was asked and nowhere else: a redirect is an answer like any other."""
    asked = respx.get(ADDRESS).respond(302, headers={"location": "https://elsewhere.example/"})
    elsewhere = respx.get("https://elsewhere.example/").respond(200)
    answer = probe.ask(ADDRESS, identity_token="ey.example.token")
    assert answer.status == 302 and answer.good
    assert asked.calls.last.request.headers["authorization"] == "Bearer ey.example.token"
    assert not elsewhere.called


def test_all_questions_share_one_loop() -> None:
    """Also the first ones, of services that are verified at the same moment: their client belongs to one loop."""
    for _ in range(50):
        probe._made_loop.cache_clear()
        together = threading.Barrier(8)

        def first() -> object:
            together.wait()  # noqa: B023 - each round waits for its own
            return probe._loop()

        with ThreadPoolExecutor(8) as threads:
            assert len({id(each.result()) for each in [threads.submit(first) for _ in range(8)]}) == 1
    probe._client.cache_clear()
