"""Attacks by address: names, redirects, cookies and numbers that lead a question of ours to somebody else."""

from __future__ import annotations

import socket
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from app import probe
from app.notices.outside import Refused, post
from sandbox.world import Sandbox
from tests.conftest import House
from tests.receiver import receiving
from tests.test_domains import YAML, pushed, told

METADATA = "169.254.169.254"
# Each stands for a cloud's metadata, this machine or nothing, in a form that some library takes for an address.
ODD = (
    f"https://{METADATA}/computeMetadata/v1/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://169.254.43518/",
    "https://[::ffff:169.254.169.254]/",
    "https://[fd20:ce::254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://127.1/",
    "https://0/",
    "https://localhost/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1#.example.com/",
    "https://127.0.0.1%23.example.com/",
    "https://①②⑦.⓪.⓪.①/",
    "https:///169.254.169.254/",
    "https:169.254.169.254",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "//example.com/",
    "https://",
    "https://[::1",
    f"https://{'a' * 70_000}/",
)


@pytest.mark.parametrize("url", ODD, ids=[url[:40] for url in ODD])
def test_no_way_to_write_it_leads_inside(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is connected to, however the receiver's address is written."""
    reached: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: reached.append(address))
    with pytest.raises(Refused):
        post(url, "{}", {"authorization": "Bearer secret"}, loopback=False, within=3)
    assert reached == []


def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer is judged and connected to; what the name says a moment later is never heard."""
    answers = iter(["8.8.8.8", *repeat(METADATA, 9)])
    asked: list[str] = []
    reached: list[Any] = []

    def connect(_self: socket.socket, address: Any) -> None:
        reached.append(address)
        raise ConnectionRefusedError

    def look_up(host: Any, port: Any, *_rest: Any, **_more: Any) -> list[Any]:
        if host != "rebinding.example":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Refused):
        post("https://rebinding.example/", "{}", {}, loopback=False, within=3)
    assert asked == ["rebinding.example"] and {each[0] for each in reached} == {"8.8.8.8"}


@respx.mock
def test_no_service_leaves_a_cookie_for_another() -> None:
    """One client asks the services of all repositories; what one sets, also for all of run.app, goes nowhere."""
    hostile = "https://evil-123.europe-west1.run.app/"
    for domain in ("run.app", ".run.app", "europe-west1.run.app", "evil-123.europe-west1.run.app"):
        cookie = f"x={'y' * 3_000}; Domain={domain}; Path=/; Max-Age=99999999"
        respx.get(hostile).respond(200, headers={"set-cookie": cookie})
        assert probe.ask(hostile).good
    victim = respx.get("https://api-123.europe-west1.run.app/").respond(200)
    assert probe.ask("https://api-123.europe-west1.run.app/").good
    assert "cookie" not in victim.calls.last.request.headers
    assert probe.ask(hostile).good
    assert "cookie" not in respx.calls.last.request.headers


@respx.mock
@pytest.mark.parametrize(
    "to",
    [
        f"http://{METADATA}/computeMetadata/v1/instance/service-accounts/default/token",
        "//metadata.google.internal/",
        "http://2852039166/",
        "http://[::ffff:a9fe:a9fe]/",
        "https://evil.example/",
        "gopher://127.0.0.1:6379/_FLUSHALL",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_service_sends_nobody_inside(status: int, to: str) -> None:
    """A redirect is an answer; with the token in hand nobody goes where it points."""
    respx.get("https://api-123.europe-west1.run.app/").respond(status, headers={"location": to})
    everything_else = respx.route().mock(side_effect=httpx.ConnectError("nobody is there"))
    assert probe.ask("https://api-123.europe-west1.run.app/", identity_token="ey.a.b").status == status
    assert not everything_else.called


def test_who_holds_a_name_that_leads_elsewhere_gets_no_token(world: Sandbox, tmp_path: Path) -> None:
    """A private service's domain, whose DNS is still an old host's: nobody there can call the service in our name."""
    world.google.domains.verified.add("example.com")
    with receiving() as elsewhere:
        house = House(world, tmp_path, settings={"DOMAINS_ENDPOINT": elsewhere.address})
        house.start()
        try:
            work, sha = pushed(house, f"{YAML}    public: false\n")
            _, summary = told(house, work, sha)
            assert "does not lead here yet" in summary
            assert not [each for each in elsewhere.came if "authorization" in each.headers]
        finally:
            house.stop()
