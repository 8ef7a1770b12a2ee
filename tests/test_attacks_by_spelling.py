"""Attacks by spelling: addresses and numbers that are read in two ways, or that nothing reads."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.notices.courier import MOST_TRIES, Courier
from app.notices.outside import Refused, get, post
from app.store import Store
from app.store.notices import Notice
from gcp.cloud import Google
from tests.conftest import eventually
from tests.receiver import receiving

# Names that IDNA of 2003, which sockets and TLS know, writes otherwise than IDNA of 2008:
# https://www.unicode.org/reports/tr46/#Table_Deviation_Characters
TWO_WAYS = ("https://xn--fa-hia.example/", "https://faß.example/", "https://xn--nxasmm1c.example/")


@pytest.mark.parametrize("url", TWO_WAYS)
def test_a_name_leads_to_its_own_host_alone(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to whoever has the name that an older rule makes of it, with a certificate for that one."""
    asked: list[str] = []

    def look_up(host: str, *_words: object, **_named: object) -> list[object]:
        asked.append(host)
        return []

    monkeypatch.setattr("app.notices.outside.socket.getaddrinfo", look_up)
    for send in (lambda: post(url, "{}", {}, loopback=False), lambda: get(url, {})):
        with pytest.raises(Refused, match="has no address"):
            send()
    assert {host.encode("idna") for host in asked} <= {b"xn--fa-hia.example", b"xn--nxasmm1c.example"}


@pytest.mark.parametrize(
    "url", ["https://xn--/", "https://xn--0.example.com/", "https://1.1.1.1:99999/", "https://1.1.1.1:0/"]
)
def test_an_address_that_nothing_reads_is_refused(url: str) -> None:
    """In a sentence, as one that is not there, and not with whatever a library raises."""
    with pytest.raises(Refused):
        post(url, "{}", {}, loopback=False, within=0.5)


def test_a_notice_that_no_try_ends_is_given_up(tmp_path: Path) -> None:
    """Whatever its tries end with: it does not come back for ever, beside those of everybody else."""
    store = Store.open(tmp_path)
    courier = Courier(store, Google(), loopback=True)
    with receiving() as receiver:
        store.notices.add(Notice("odd", "theirs", f"{receiver.address}/odd", "", "no ASCII: ü", "{}"))
        for _ in range(MOST_TRIES):
            assert store.notices.take(time.time(), 0.0)
        courier.open()
        eventually(lambda: store.notices.next_due() is None, "nothing that waits")
        assert not receiver.came
    courier.close()
    store.close()
