"""Attacks by notices: receivers and names that take their time, and the others that are told meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from app.notices.courier import MOST_OF_ONE, WRITERS, Courier
from app.notices.outside import Refused, post
from app.store import Store
from app.store.notices import Notice
from gcp.cloud import Google
from tests.conftest import eventually
from tests.receiver import receiving


def test_one_projects_slow_receivers_hold_up_no_other(tmp_path: Path) -> None:
    """However many it has that take a connection and say nothing, another project's notice arrives."""
    store = Store.open(tmp_path)
    courier = Courier(store, Google(), loopback=True)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent, receiving() as receiver:
        for number in range(2 * WRITERS):
            slow = f"http://127.0.0.1:{silent.getsockname()[1]}/{number}"
            store.notices.add(Notice(f"slow-{number}", "theirs", slow, "", "live", "{}"))
        courier.open()
        began = time.monotonic()
        courier.post(Notice("good", "ours", f"{receiver.address}/good", "", "live", "{}"))
        eventually(lambda: receiver.at("/good"), "the good one")
        assert time.monotonic() - began < 5.0, "it waited for a time-out"
    courier.close()
    store.close()
    assert 0 < MOST_OF_ONE < WRITERS


def test_a_name_that_nobody_answers_for_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that knows a name may be whoever's the name is: the time is for that too."""
    gone = threading.Event()

    def never(*_words: object, **_named: object) -> list[object]:
        gone.wait(20)
        return []

    monkeypatch.setattr("app.notices.outside.socket.getaddrinfo", never)
    began = time.monotonic()
    with pytest.raises(Refused, match="was not found within"):
        post("https://slow.example/", "{}", {}, loopback=False, within=0.3)
    assert time.monotonic() - began < 5.0
    gone.set()
