"""Turns: where many want what is scarce, who comes to a long line of somebody else's does not wait for its end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import run_v2
from hypothesis import given
from hypothesis import strategies as st

from app.places import Places
from app.turn import Pace, Party, whose_turn, why_waiting
from gcp.run_writes import WRITES, RunWrites, place_of
from sandbox.google import table
from sandbox.google.quotas import quota_of
from sandbox.world import PROJECT, Options, Sandbox
from tests.conftest import OWNER, House, eventually
from tests.setting_up import give_rights
from tests.sources import ROOT

MONO, OTHER, SISTER = Party(1, 10), Party(2, 20), Party(1, 11)
REGION = f"projects/{PROJECT}/locations/europe-west1"
METHODS = {method.name for method in table.methods().values()}
SERVICES, LATENCY, BOUND = 40, 2.0, 10.0


@given(st.lists(st.sampled_from([MONO, SISTER]), min_size=1), st.lists(st.just(MONO), min_size=1))
def test_who_holds_nothing_is_next(waiting: list[Party], held: list[Party]) -> None:
    """However many of another installation wait, and whatever they hold: the newcomer is next."""
    assert whose_turn([*waiting, OTHER], held) == len(waiting)


def test_repositories_of_one_installation_take_turns() -> None:
    """A sister repository goes before the one that holds more; among equals the first that came."""
    assert whose_turn([MONO, MONO, SISTER], [MONO]) == 2
    assert whose_turn([SISTER, MONO], []) == 0
    assert whose_turn([MONO, OTHER], [MONO, SISTER, OTHER]) == 1


@given(st.integers(1, 600), st.lists(st.floats(0, 30), max_size=200))
def test_a_minute_never_has_more_than_is_allowed(a_minute: int, pauses: list[float]) -> None:
    """Whoever takes all that is left at each moment takes in no minute more than what is allowed."""
    pace, now = Pace.full(a_minute, 0.0), 0.0
    used: list[float] = []
    for pause in pauses:
        now += pause
        pace = pace.after(now)
        while not pace.missing:
            pace = pace.used()
            used.append(now)
    assert all(sum(1 for at in used if begun <= at < begun + 60) <= max(a_minute, 1) for begun in used)


def test_a_place_goes_to_who_has_none() -> None:
    """Half of the places are one repository's at most; who has a place goes last, and who waits long is told why."""
    places = Places(4)
    order: list[Party] = []
    told: list[str] = []
    held = threading.Event()

    def work(party: Party) -> None:
        with places.one(party, told.append):
            order.append(party)
            held.wait(30)

    threads = [threading.Thread(target=work, args=(party,)) for party in (MONO, MONO, MONO, MONO, OTHER)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(told) == 2, "the reason")
    assert sorted(order, key=str) == [MONO, MONO, OTHER]
    held.set()
    for thread in threads:
        thread.join(30)
    assert len(order) == 5
    assert told[-1] == why_waiting(MONO, [MONO, OTHER, MONO])
    assert "take turns" in told[-1]


def test_a_write_does_not_wait_for_a_long_line() -> None:
    """A repository that wants to write a hundred times more than is there keeps another waiting no second."""
    writes = RunWrites(600)
    done: list[Party] = []

    def write(party: Party) -> None:
        writes.wait(REGION, party)
        done.append(party)

    threads = [threading.Thread(target=write, args=(MONO,), daemon=True) for _ in range(150)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(done) >= 120, "what may be written at once")
    before = len(done)
    write(OTHER)
    assert len(done) - before <= 4
    writes.wait(REGION.replace("west1", "west4"), MONO)
    for thread in threads:
        thread.join(30)


@pytest.mark.parametrize(
    "words",
    [
        {"request": run_v2.CreateServiceRequest(parent=REGION, service_id="api", service=run_v2.Service())},
        {"request": run_v2.UpdateServiceRequest(service=run_v2.Service(name=f"{REGION}/services/api"))},
        {"request": run_v2.DeleteServiceRequest(name=f"{REGION}/services/api")},
        {"request": run_v2.CreateJobRequest(parent=REGION, job_id="api", job=run_v2.Job())},
        {"request": run_v2.UpdateJobRequest(job=run_v2.Job(name=f"{REGION}/jobs/api"))},
        {"name": f"{REGION}/jobs/api"},
    ],
)
def test_each_write_is_counted_where_it_goes(words: dict[str, object]) -> None:
    """Each kind of write to Cloud Run tells its project and region."""
    assert place_of(words) == REGION


def test_each_write_that_we_make_is_one_that_is_counted() -> None:
    """The methods that are paced are those that gcp calls, and all that the sandbox counts as Cloud Run's writes."""
    text = "".join(path.read_text() for path in (ROOT / "gcp").rglob("*.py"))
    calls = {call for call in re.findall(r'"(\w+\.\w+)"', text) if call in METHODS}
    written = {call for call in calls if (quota := quota_of(call)) and quota.name == "run.write"}
    assert written == WRITES


@pytest.fixture
def far(tmp_path: Path) -> Iterator[House]:
    """A house whose Google takes its time to answer, as one that is far away."""
    with Sandbox(tmp_path / "sandbox", Options(google_latency=LATENCY)) as world:
        world.google.project(PROJECT)
        give_rights(world.google, PROJECT)
        house = House(world, tmp_path)
        house.start()
        yield house
        house.kill()


def test_a_push_does_not_wait_for_the_forty_services_of_another(far: House) -> None:
    """A deployment is begun within ten seconds, before the forty that another repository asked for."""
    mono, single = far.repository("hello-python", "mono"), far.repository("hello-python", "single")
    services = "".join(f"  s{number}: {{}}\n" for number in range(SERVICES))
    forty = mono.push("Forty", **{"servergem.yml": f"services:\n{services}"})
    eventually(lambda: len(_of(far, forty)) == SERVICES, "forty deployments", far.log_tail)
    pushed = time.time()
    sha = single.push("One")
    eventually(lambda: _begun(far, sha), "its preparation", far.log_tail)
    waiting = SERVICES - len(_begun(far, forty))
    assert _begun(far, sha)[0] - pushed < BOUND
    assert waiting > SERVICES // 4, "it was begun after those that had come before it"
    run = eventually(lambda: _told_to_wait(far, forty), "a check run that says why it waits", far.log_tail)
    assert (
        "repositories take turns" in run["output"]["summary"]
        or "all of this repository" in run["output"]["summary"]
    )


def _of(house: House, sha: str) -> list[dict[str, Any]]:
    return [each for each in house.deployments() if each["sha"] == sha]


def _begun(house: House, sha: str) -> list[float]:
    """When the preparation of each of its deployments began that is begun."""
    rows = [row for each in _of(house, sha) for row in each["rows"]]
    return [row["started"] for row in rows if row["title"] == "Check Google Cloud" and row["started"]]


def _told_to_wait(house: House, sha: str) -> dict[str, Any] | None:
    runs = house.world.github.check_runs(f"{OWNER}/mono", sha)
    return next((run for run in runs if "Wait for a turn" in (run["output"]["summary"] or "")), None)
