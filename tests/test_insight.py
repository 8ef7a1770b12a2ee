"""Insight: rows of history and the numbers that are counted from them; and the page and the API that show them."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.insight import DAY, PARTS, Insight, Numbers, Past, insight, reverted
from app.model import Commit, Ending, Finding, Report, Repository, Row, RowState
from app.pages import charts, times
from app.pages.charts import SECONDS, Chart, Point
from app.report import BUILD, built
from app.store import Store
from app.stories.deploy import ROAD
from sandbox.world import Sandbox
from tests.test_api import held, program
from tests.test_pages import site

NOW = 1_795_000_000.0
A, B, C = (each * 40 for each in "abc")
HOUR, MINUTE = 3600.0, 60.0


def past(sha: str, ending: Ending, hours_ago: float, **more: object) -> Past:
    """A deployment of the shop to production that ended so long ago."""
    made = Past("1/p/r/shop", "acme/shop", "production", sha, ending, NOW - hours_ago * HOUR)
    return replace(made, **more)  # type: ignore[arg-type]


def live(sha: str, hours_ago: float, **more: object) -> Past:
    return past(sha, Ending.LIVE, hours_ago, **more)


def back(sha: str, hours_ago: float) -> Past:
    return past(sha, Ending.ROLLED_BACK, hours_ago)


def of(*pasts: Past, days: int = 7) -> Insight:
    return insight(pasts, days=days, until=NOW)


ELSEWHERE = {"lane": "2/p/r/blog", "repository": "acme/blog"}
COUNTED = {
    "nothing happened": ((), Numbers(7)),
    "what went live is counted, whatever failed before it had traffic": (
        (live(A, 3), past(B, Ending.FAILED, 2), past(B, Ending.NOT_YOURS, 2), past(C, Ending.SUPERSEDED, 1)),
        Numbers(7, 1),
    ),
    "what ended before the time is not in it": ((live(A, 24 * 8), live(B, 1)), Numbers(7, 1)),
    "a commit's lead is from its time to when it served": (
        (live(A, 3, written=NOW - 5 * HOUR), live(B, 1, written=NOW - 5 * HOUR)),
        Numbers(7, 2, 3 * HOUR, 2),
    ),
    "a commit leads once, also where it first served before the time": (
        (live(A, 24 * 9, written=NOW - 24 * 9 * HOUR), live(A, 1, written=NOW - 24 * 9 * HOUR)),
        Numbers(7, 1),
    ),
    "a commit leads in each place that it serves": (
        (live(A, 2, written=NOW - 3 * HOUR), live(A, 1, written=NOW - 3 * HOUR, **ELSEWHERE)),
        Numbers(7, 2, 1.5 * HOUR, 2),
    ),
    "a commit from the future leads by nothing": ((live(A, 2, written=NOW),), Numbers(7, 1, 0.0, 1)),
    "a rollback makes what it left a failure, restored since then": (
        (live(A, 5), live(B, 3), back(B, 2.5)),
        Numbers(7, 2, failed=1, restore=0.5 * HOUR),
    ),
    "a rollback of what served after a rollback counts from that one": (
        (live(A, 9), live(B, 8), live(C, 3), back(C, 2), back(B, 1)),
        Numbers(7, 3, failed=2, restore=HOUR),
    ),
    "a revert makes what it takes back a failure": (
        (live(A, 5), live(B, 4), live(C, 2, reverts=(A,))),
        Numbers(7, 3, failed=1, restore=3 * HOUR),
    ),
    "who is rolled back and then reverted failed once": (
        (live(A, 6), live(B, 5), back(B, 4), live(C, 1, reverts=(B,))),
        Numbers(7, 3, failed=1, restore=HOUR),
    ),
    "a commit that is deployed again after a rollback has not failed again": (
        (live(A, 6), live(B, 5), back(B, 4), live(B, 1)),
        Numbers(7, 3, failed=1, restore=HOUR),
    ),
    "a rollback is of its own lane": (
        (live(A, 3), back(A, 2), live(A, 3, **ELSEWHERE)),
        Numbers(7, 2, failed=1, restore=HOUR),
    ),
    "a rollback of what is not known counts nothing": ((back(A, 2), live(B, 1, reverts=(C,))), Numbers(7, 1)),
    "a failure belongs to when it went live": ((live(A, 24 * 7 + 1), back(A, 2), live(B, 1)), Numbers(7, 1)),
}


@pytest.mark.parametrize(("pasts", "expected"), COUNTED.values(), ids=COUNTED)
def test_numbers_are_counted_from_rows(pasts: tuple[Past, ...], expected: Numbers) -> None:
    """Each row of the table says a rule; the order in which rows come changes nothing."""
    assert of(*pasts).whole == of(*reversed(pasts)).whole == expected


def test_a_time_is_told_beside_the_one_before_in_parts_and_by_place() -> None:
    """The parts and the places together are the whole, and shares are of what went live."""
    told = of(
        live(A, 24 * 10),
        live(A, 30, built=4.0),
        live(B, 29, built=8.0, **ELSEWHERE),
        live(C, 1),
        back(C, 0.5),
    )
    assert (told.before.deployments, told.whole.deployments, told.whole.failure_rate) == (1, 3, 1 / 3)
    assert sum(each.numbers.deployments for each in told.parts) == 3 and len(told.parts) == PARTS[7]
    assert [(each.builds, each.built) for each in told.parts if each.builds] == [(2, 6.0)]
    assert [(name, where, its.deployments) for name, where, its in told.places] == [
        ("acme/blog", "production", 1),
        ("acme/shop", "production", 2),
    ]
    assert of().whole.failure_rate is None and told.whole.per_day == 3 / 7


def test_findings_are_counted_once_for_each_deployment() -> None:
    """The most frequent first, as the newest says it."""
    told = of(
        past(A, Ending.FAILED, 3, findings=(("start", "Old words"), ("npm", "No lock"))),
        past(B, Ending.FAILED, 2, findings=(("start", "New words"), ("start", "New words"))),
    )
    assert [(each.code, each.title, each.times) for each in told.findings] == [
        ("start", "New words", 2),
        ("npm", "No lock", 1),
    ]
    assert told.findings[0].last == NOW - 2 * HOUR and told.stopped == 2


def test_what_a_revert_takes_back_is_read_from_its_message() -> None:
    """As git writes it, whole, and more than one; a quotation of it within a line is nothing."""
    assert reverted(f'Revert "Worse"\n\nThis reverts commit {A}.') == (A,)
    assert reverted(f"Both\n\nThis reverts commit {A}.\nThis reverts commit {B}, reversing\nchanges") == (
        A,
        B,
    )
    assert reverted(f"See: This reverts commit {A}") == reverted("This reverts commit abc.") == ()


def test_only_a_build_counts_as_one() -> None:
    """An image that was there already took no build, and the row is the one of the deployment's road."""
    report = Report(
        Commit(Repository(1, "a", "b", 1), A, "main"), "x", rows=(Row(BUILD, RowState.DONE, 1.0, 9.0),)
    )
    assert BUILD in ROAD.values()
    assert built(replace(report, log_url="https://console.example")) == 8.0 and built(report) == 0.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.44, "0.4 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (400.9, "6 min 40 s"),
        (7500, "2 h 5 min"),
        (86_400, "1 day"),
        (3 * 86_400 + 4 * 3600, "3 days 4 h"),
    ],
)
def test_how_long_is_said_in_two_units(seconds: float, words: str) -> None:
    """The largest two that there are."""
    assert times.length(seconds) == words


def test_plots_are_drawn_of_numbers_and_say_them() -> None:
    """A bar for each point that is there, a line broken where nothing was measured, all in words and escaped."""
    points = (Point("1 <b>", 30.0), Point("2", None), Point("3", 61.0), Point("4", 90.0))
    chart = Chart("x", "Lead & time", points, SECONDS)
    bars, line = (ElementTree.fromstring(drawn(chart)) for drawn in (charts.bars, charts.line))
    assert [float(each.attrib["height"]) for each in bars.iter("rect")] == [25.0, 50.8, 75.0]
    path, *dots = line.iter("path")
    assert path.attrib["d"] == "M37.5 75.0 M187.5 49.2 L262.5 25.0" and len(dots) == 3
    title, told = bars.find(".//title"), bars.find(".//desc")
    assert title is not None and told is not None
    assert title.text == "Lead & time"
    assert told.text == "1 <b>: 30 s; 2: nothing; 3: 1 min 1 s; 4: 1 min 30 s"
    assert [each.text for each in bars.findall("./div[@class='y']/span")] == ["2 min", "1 min", "0"]
    assert Chart("x", "", (Point("", 7e6),), SECONDS).top >= 7e6


def a_history(store: Store, shop: Repository) -> None:
    """One commit live, a second live and rolled back, a third that a finding stopped; and a preview."""
    lane = f"{shop.id}/p/r/api"
    stop = Finding("npm-lock", "No <lock>", "Write one")
    for run, sha, ending, name in (
        ("one", A, Ending.LIVE, "api (production)"),
        ("two", B, Ending.LIVE, "api (production)"),
        ("two-back", B, Ending.ROLLED_BACK, "api (production)"),
        ("three", C, Ending.FAILED, "api (staging)"),
        ("four", C, Ending.LIVE, "api (preview)"),
    ):
        commit = Commit(shop, sha, "main", written=time.time() - 90)
        report = Report(commit, f"ServerGem / {name}", ending=ending, deployment_id=run)
        store.deployments.opened(run, report, lane)
        store.deployments.ended(run, replace(report, findings=(stop,) if run == "three" else ()))


@pytest.mark.wire
def test_insight_is_of_what_a_visitor_may_read(world: Sandbox, tmp_path: Path) -> None:
    """The page and the API say the same numbers to a reader, and nothing of them to anybody else."""
    with site(world, tmp_path, a_history) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader, outsider = pages.browser("grace"), pages.browser("mallory")
        text = reader.get("/insight").text
        for words in (
            "1 of 2",
            "1 min 30 s",
            "acme/shop",
            "No &lt;lock&gt;",
            "This reverts commit",
            "<title",
        ):
            assert words in text, words
        assert "No &lt;lock&gt;" not in reader.get("/insight?environment=production").text
        assert reader.get("/insight?days=8&repository=none").status_code == 200
        for each in (outsider.get("/insight").text, outsider.get("/insight?environment=staging").text):
            assert "acme/shop</a>" not in each and "npm-lock" not in each and "0 deployments went" in each
        assert pages.browser().get("/insight").status_code == 303

        told = held(program(pages, "grace", "repo").get("/api/v1/insight?days=7"))
        assert told["whole"] == {**told["whole"], "deployments": 2, "failed": 1, "failure_rate": 0.5}
        assert 90 <= told["whole"]["lead_seconds"] < 200 and len(told["parts"]) == 7
        assert [(each["repository"], each["environment"]) for each in told["places"]] == [
            ("acme/shop", "production")
        ]
        assert [each["code"] for each in told["findings"]] == ["npm-lock"] and not told["cut"]
        here = held(reader.get("/api/v1/insight?repository=acme/shop&environment=staging"))
        assert here["whole"]["deployments"] == 0 and here["findings"][0]["times"] == 1
        assert "7, 30, 90" in held(reader.get("/api/v1/insight?days=8"))["reason"]
        assert reader.get("/api/v1/insight?repository=acme/blog").status_code == 404
        assert held(outsider.get("/api/v1/insight"))["places"] == []
        assert re.fullmatch(r"\d+ \w+", times.day(time.time() - DAY))
