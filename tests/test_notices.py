"""Notices: who asked hears of an ending, signed, once; no private address, and no waiting for the dead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from app import config
from app.config.granting import granted
from app.model import Commit, Ending, Finding, Happening, Notify, Report, Repository, Stop
from app.notices.courier import MOST_TRIES, Courier
from app.notices.notice import SIGNATURE, body, happenings, signature, wanted
from app.notices.outside import Refused, is_public, post
from app.store import Store
from app.store.notices import Notice
from gcp.cloud import Google
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, eventually
from tests.receiver import Receiver, receiving

KEY = "a key of some length"
READS = "roles/secretmanager.secretAccessor"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def secret(world: Sandbox, name: str, value: str) -> None:
    """A secret that ServerGem itself may read, as its owner allows it to."""
    project = world.google.projects.find(PROJECT)
    assert project is not None
    world.google.projects.enable(project, ["secretmanager.googleapis.com"])
    world.google.secrets.put(PROJECT, name, value)
    world.google.projects.access.bind(
        f"projects/{PROJECT}/secrets/{name}", READS, world.google.projects.caller
    )


def test_who_asked_hears_of_the_end(world: Sandbox, tmp_path: Path, receiver: Receiver) -> None:
    """The first ending is live, a bad one failed, the next good one recovered: signed, or short for Slack."""
    house = House(world, tmp_path, settings={"NOTIFY_LOOPBACK": "yes"})
    secret(world, "hook", f"{receiver.address}/hook")
    secret(world, "hook-key", KEY)
    secret(world, "slack", f"{receiver.address}/slack")
    text = (
        "services: {hello-python: {}}\n"
        "notify:\n"
        "  - {url: hook, key: hook-key, on: [live, failed, recovered, rolled back]}\n"
        "  - {slack: slack, on: [failed]}\n"
    )
    house.start()
    try:
        work = house.repository("hello-python")
        first = work.push("Say hello", **{"servergem.yml": text})
        assert house.ended(first)["ending"] == "live", house.log_tail()
        (came,) = eventually(lambda: receiver.at("/hook"), "the first notice", house.log_tail)
        assert came.headers[SIGNATURE.lower()] == signature(came.body.decode(), KEY)
        assert (came.json()["event"], came.json()["commit"]) == ("live", first)
        good = (work.path / "main.py").read_text()
        bad = work.push("Break it", **{"main.py": "raise RuntimeError('no <database>')\n"})
        assert house.ended(bad)["ending"] == "failed"
        (slack,) = eventually(lambda: receiver.at("/slack"), "Slack's notice", house.log_tail)
        assert "hello-python" in slack.json()["text"] and "failed" in slack.json()["text"]
        assert house.ended(work.push("Mend it", **{"main.py": good}))["ending"] == "live", house.log_tail()
        eventually(lambda: len(receiver.at("/hook")) == 3, "the third notice", house.log_tail)
        assert [each.json()["event"] for each in receiver.at("/hook")] == ["live", "failed", "recovered"]
        assert len(receiver.at("/slack")) == 1
        log = (house.folder / "servergem.log").read_text()
        assert f"{receiver.address}/slack" not in log and KEY not in log
    finally:
        house.kill()


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    opened = Store.open(tmp_path, database)
    yield opened
    opened.close()


@pytest.fixture
def courier(store: Store) -> Iterator[Courier]:
    made = Courier(store, Google(), loopback=True, first_pause=0.001)
    made.open()
    yield made
    made.close()


def test_one_that_is_down_holds_up_nobody(store: Store, courier: Courier, receiver: Receiver) -> None:
    """Its tries are bounded, and what goes to others arrives meanwhile."""
    receiver.answers[:] = [503] * MOST_TRIES
    courier.post(Notice("bad", "p", f"{receiver.address}/bad", "", "failed", "{}"))
    courier.post(Notice("private", "p", "https://10.0.0.1/x", "", "failed", "{}"))
    eventually(lambda: store.notices.next_due() is None, "nothing that waits")
    assert len(receiver.at("/bad")) == MOST_TRIES
    courier.post(Notice("good", "p", f"{receiver.address}/good", "", "live", "{}"))
    eventually(lambda: receiver.at("/good"), "the good one")


def test_a_notice_is_kept_until_it_arrives_and_sent_once(store: Store) -> None:
    """Its row is there once for each id, nobody else's while it is tried, and taken again when that is over."""
    for _ in range(2):
        store.notices.add(Notice("a", "p", "https://x", "", "live", "{}"))
    now = time.time()
    first = store.notices.take(now, 60)
    assert first is not None and first.tries == 1
    assert store.notices.take(now, 60) is None
    again = store.notices.take(now + 61, 60)
    assert again is not None and again.tries == 2
    store.notices.done("a")
    assert store.notices.next_due() is None


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://169.254.169.254/computeMetadata/v1/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://localhost/",
        "https://user@example.com/",
        "http://example.com/",
        "file:///etc/passwd",
        "https:///x",
    ],
)
def test_no_private_address_is_reached(url: str) -> None:
    """Also by another spelling, or inside an address of version 6: it is refused before a connection."""
    with pytest.raises(Refused) as refused:
        post(url, "{}", {}, loopback=False)
    assert refused.value.final


def test_what_is_public_is_reached() -> None:
    """The rule refuses no address of the internet's."""
    assert all(is_public(ip_address(each)) for each in ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"))


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    """Wherever it leads: nobody asks there, and nothing is tried again."""
    receiver.answers[:] = [307]
    with pytest.raises(Refused, match="307") as refused:
        post(f"{receiver.address}/x", "{}", {}, loopback=True)
    assert refused.value.final and not receiver.at("/secret")


@pytest.mark.parametrize(
    ("ending", "before", "told"),
    [
        (Ending.LIVE, "", (Happening.LIVE,)),
        (Ending.LIVE, "live", (Happening.LIVE,)),
        (Ending.LIVE, "failed", (Happening.RECOVERED, Happening.LIVE)),
        (Ending.LIVE, "not-yours", (Happening.RECOVERED, Happening.LIVE)),
        (Ending.FAILED, "live", (Happening.FAILED,)),
        (Ending.ROLLED_BACK, "failed", (Happening.ROLLED_BACK,)),
        (Ending.SUPERSEDED, "failed", ()),
        (Ending.SKIPPED, "", ()),
    ],
)
def test_an_ending_is_told_as_what_it_means(ending: Ending, before: str, told: tuple[Happening, ...]) -> None:
    """One notice of one ending: recovered for who asked for that, else live."""
    assert happenings(ending, before) == told
    assert wanted(Notify("https://x", on=tuple(Happening)), told) == (told[0] if told else None)


def test_slack_makes_nothing_of_what_a_customer_writes() -> None:
    """No mention of everybody, and no link of its own, in a title or a branch."""
    commit = Commit(Repository(7, "acme", "api", 8), "a" * 40, "<!channel>&<https://evil|x>")
    finding = Finding(
        "x", "<!here> *no* <https://evil.example|database> https://evil.example www.evil.example", ""
    )
    report = Report(commit, "ServerGem / api", findings=(finding,), ending=Ending.FAILED)
    text = body(Notify(slack="s"), Happening.FAILED, report, "https://servergem.example/deployments/1")
    assert "://evil" not in text and "www.evil" not in text
    assert text.count("<") == 1 and "<https://servergem.example/deployments/1|what happened>" in text


FILE = "services: {{api: {{}}}}\nnotify:\n  - {}\n"


def read(entry: str) -> config.Config:
    return config.read(FILE.format(entry), repository_name="shop", default_branch="main")


def test_the_default_branch_decides_who_hears() -> None:
    """A commit elsewhere sends nothing to an address of its own, and is told so."""
    counts = granted(read("{slack: theirs}"), read("{slack: ours}"))
    assert [each.slack for each in counts.notify] == ["ours"] and "notify" in counts.later
    assert read("{slack: ours}").notify == (Notify(slack="ours", on=("failed", "recovered")),)


@pytest.mark.parametrize(
    "entry",
    [
        "{url: 'http://example.com', key: k}",
        "{url: 'https://user@example.com', key: k}",
        "{url: hook}",
        "{url: hook, slack: s, key: k}",
        "{on: [live]}",
        "{slack: s, on: [exploded]}",
        "{slack: 'a b'}",
    ],
)
def test_a_receiver_that_cannot_be_is_a_fault_on_its_line(entry: str) -> None:
    """Not https, nothing to sign with, two addresses or none, an ending that there is not."""
    with pytest.raises(Stop) as stop:
        read(entry)
    place = stop.value.finding.place
    assert place is not None and place.line == 3
