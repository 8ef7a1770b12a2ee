"""Retention: what is old goes, and never what serves, may serve again, or has not been told yet. On both databases."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.model import Commit, Ending, Report, Repository
from app.rounds.retention import BATCH, DAY, Retention
from app.store import Store
from app.store.previews import PreviewRow
from app.store.pull_requests import Looked
from app.store.tables import COLOURED_LINES, open_database, transaction
from app.store.traffic import ROLLBACKS_OFFERED, Shift
from tests.test_store import delivery

HOME = Repository(7, "acme", "api", 8)
LANE, OTHER = "7/p/r/api", "7/p/r/api-pr-3"
LATER = time.time() + 91 * DAY


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    opened = Store.open(tmp_path, database)
    yield opened
    opened.close()


def ended(store: Store, id_: str, ending: Ending | None, *, lane: str = LANE, told: bool = True) -> None:
    """A deployment of the commit of its name, with a log of two lines."""
    report = Report(Commit(HOME, id_ * 40, "main"), "ServerGem / api", deployment_id=id_)
    store.deployments.opened(id_, report, lane)
    for line in ("one", "\x1b[31mtwo\x1b[0m"):
        store.deployments.add_log_line(id_, line)
    if ending is not None:
        store.deployments.ended(id_, replace(report, ending=ending))
    if ending is not None and told:
        store.deployments.shown(id_)


def left(store: Store) -> str:
    return "".join(sorted(report.deployment_id for report in store.deployments.reports(1000)))


def test_what_is_old_goes_with_its_log(store: Store) -> None:
    """The last word and what is live in each lane stay; whatever else has ended long ago goes."""
    for id_, ending in zip("abcd", (Ending.LIVE, Ending.FAILED, Ending.LIVE, Ending.FAILED), strict=True):
        ended(store, id_, ending)
    ended(store, "e", Ending.SKIPPED)
    Retention(store, 90).apply(LATER)
    assert left(store) == "ce"
    assert store.deployments.log_lines("a") == []
    assert store.deployments.log_lines("c") == ["one", "two"]


def test_what_stands_beside_goes_with_it(tmp_path: Path, database: str, store: Store) -> None:
    """A line's colours, and what came of a delivery: in tables of their own, where nobody else would look for them."""
    ended(store, "a", Ending.FAILED)
    ended(store, "b", Ending.FAILED)
    store.pull_requests.looked("d-1", Looked("Every pull request gets a preview"))
    assert store.pull_requests.looked_for(["d-1"])
    Retention(store, 90).apply(LATER)
    assert not store.pull_requests.looked_for(["d-1"])
    with transaction(open_database(tmp_path, database)) as connection:
        kept = connection.execute(select(COLOURED_LINES.c.coloured)).scalars().all()
    assert kept == ["\x1b[31mtwo\x1b[0m"] and left(store) == "b"


def test_what_is_young_stays(store: Store) -> None:
    """A day before its time nothing is gone."""
    ended(store, "a", Ending.FAILED)
    ended(store, "b", Ending.FAILED)
    Retention(store, 92).apply(LATER)
    assert left(store) == "ab"


def test_what_has_not_ended_or_was_not_told_stays(store: Store) -> None:
    """A run that waits for months, and a last report that GitHub never took yet, are still needed."""
    ended(store, "a", None)
    ended(store, "b", Ending.FAILED, told=False)
    ended(store, "c", Ending.FAILED)
    ended(store, "d", Ending.FAILED)
    Retention(store, 90).apply(LATER)
    assert left(store) == "abd"


def test_what_a_rollback_offers_stays(store: Store) -> None:
    """A commit that one of the last shifts gave the traffic to is still known, by whichever run it came."""
    names = [chr(number) for number in range(ord("a"), ord("a") + 4)]
    for id_ in names:
        ended(store, id_, Ending.LIVE)
    for id_ in names[:2]:
        store.traffic.shifted(Shift(f"run-{id_}", LANE, id_ * 40, f"api-{id_}", "http://x", ()))
    for number in range(ROLLBACKS_OFFERED - 1):
        store.traffic.shifted(Shift(f"run-{number}", LANE, "9" * 40, f"api-{number}", "http://x", ()))
    Retention(store, 90).apply(LATER)
    assert left(store) == "bd"


def test_the_deployment_of_a_running_preview_stays(store: Store) -> None:
    """A pull request may be open for long, and its page is then still there."""
    for id_ in "ab":
        ended(store, id_, Ending.FAILED, lane=OTHER)
    store.previews.want(
        PreviewRow(
            OTHER, 7, "acme", "api", 8, 3, "api", "api-pr-3", "p", "r", False, "a" * 40, deployment_id="a"
        )
    )
    Retention(store, 90).apply(LATER)
    assert left(store) == "ab"


def test_old_deliveries_go_and_new_ones_are_still_found(store: Store) -> None:
    """Only those with an outcome; and what comes after that is started as ever."""
    for id_ in ("one", "two", "three"):
        asyncio.run(store.accept(delivery(id_), time.time()))
    store.mark("one", "started")
    store.mark("three", "started")
    assert [each.id for each in store.unstarted()] == ["two"]
    Retention(store, 90).apply(LATER)
    assert "one" not in [each.id for each in store.deliveries(10)]
    assert [each.id for each in store.unstarted()] == ["two"]
    store.mark("two", "started")
    assert store.unstarted() == []
    Retention(store, 90).apply(LATER)
    asyncio.run(store.accept(delivery("four"), LATER))
    assert [each.id for each in store.unstarted()] == ["four"]


def test_what_was_obeyed_is_not_obeyed_again_when_it_is_forgotten(store: Store) -> None:
    """By its signature, under its own id or another; what started nothing may come again, and starts nothing again."""
    obeyed, ignored = (replace(delivery(id_), signature=f"sha256={id_}") for id_ in ("obeyed", "ignored"))
    for each in (obeyed, ignored, delivery("newest")):
        asyncio.run(store.accept(each, time.time()))
    store.mark("obeyed", "started delivery:obeyed:0; nothing to do")
    store.mark("ignored", "nothing to do")
    store.mark("newest", "nothing to do")
    Retention(store, 90).apply(LATER)
    assert [each.id for each in store.deliveries(10) if each.id != "newest"] == []
    for id_, taken in (("obeyed", False), ("captured", False), ("ignored", True)):
        again = replace(ignored if taken else obeyed, id=id_)
        assert asyncio.run(store.accept(again, LATER)) is taken


def test_a_large_heap_goes_in_batches(store: Store) -> None:
    """More than one transaction takes is gone after one sweep, and the next look is an hour later."""
    for number in range(BATCH // 2 + 3):
        ended(store, f"r{number}", Ending.FAILED)
    retention = Retention(store, 90)
    retention.apply(LATER)
    assert len(store.deployments.reports(1000)) == 1
    ended(store, "late", Ending.FAILED)
    retention.apply(LATER + 60)
    assert len(store.deployments.reports(1000)) == 2
    retention.apply(LATER + 3601)
    assert len(store.deployments.reports(1000)) == 1
