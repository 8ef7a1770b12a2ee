"""A service whose first revision failed: nothing serves, and the next good push is a first deployment like any."""

from __future__ import annotations

import pytest
from google.cloud import run_v2

from gcp import cloud_run
from gcp.cloud import Google
from gcp.cloud_run import ServiceState, state
from gcp.cloud_run.revision import _has
from gcp.cloud_run.state import state_of
from gcp.errors import GoogleError
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, answer_of
from tests.test_previews import CHECK, SAMPLE, opened, preview

REGION = "europe-west1"
CRASH = {"main.py": "raise RuntimeError('no database')\n"}
CRASH_AGAIN = {"main.py": "raise RuntimeError('still no database')\n"}
NOTHING = f"nothing serves: no revision of {SAMPLE} has become ready yet"


def test_the_next_good_push_goes_live_however_many_failed(house: House) -> None:
    """Bad, bad, good: each failure says that nothing serves, and the third push serves."""
    work = house.repository(SAMPLE)
    good = (work.path / "main.py").read_text()
    for files in (CRASH, CRASH_AGAIN):
        bad = work.push("Crash", **files)
        assert house.ended(bad)["ending"] == "failed"
        assert NOTHING in house.check_run(SAMPLE, bad)["output"]["summary"]
    sha = work.push("Repair", **{"main.py": good})
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()
    assert answer_of(deployment["url"]).status_code == 200
    after = work.push("Go on", **{"note.txt": "again"})
    assert house.ended(after)["ending"] == "live", house.log_tail()


def test_a_preview_too(house: House) -> None:
    """A pull request whose first two heads crash has its preview with the third."""
    work = house.repository(SAMPLE)
    good = (work.path / "main.py").read_text()
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    number, bad = opened(house, work, **CRASH)
    assert preview(house, work, bad, CHECK)["conclusion"] == "failure"
    bad = work.push("Crash again", branch="idea", **CRASH_AGAIN)
    assert preview(house, work, bad, CHECK)["conclusion"] == "failure"
    sha = work.push("Repair", branch="idea", **{"main.py": good, "note.txt": "repaired"})
    run = preview(house, work, sha, CHECK)
    assert run["conclusion"] == "success", run["output"]
    assert f"{SAMPLE}-pr-{number}" in run["output"]["summary"]


def test_what_failed_later_is_in_nobodys_way(house: House) -> None:
    """Good, bad, bad, good: the tag of a revision that never came up does not fail the next ones."""
    work = house.repository(SAMPLE)
    good = (work.path / "main.py").read_text()
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    for files in (CRASH, CRASH_AGAIN):
        bad = work.push("Crash", **files)
        assert house.ended(bad)["ending"] == "failed"
        assert NOTHING not in house.check_run(SAMPLE, bad)["output"]["summary"]
    sha = work.push("Repair", **{"main.py": good, "note.txt": "repaired"})
    assert house.ended(sha)["ending"] == "live", house.log_tail()


READY, FAILED = run_v2.Condition.State.CONDITION_SUCCEEDED, run_v2.Condition.State.CONDITION_FAILED
BY_NAME, LATEST = state.by_name(), state.latest()


def stated(state: int, latest_ready: str, wish: list[tuple[int, str, int]], real: list[str]) -> ServiceState:
    """A service as we read it: `wish` is its traffic, `real` the revision that everything is routed to."""
    return state_of(
        run_v2.Service(
            name="projects/p/locations/r/services/s",
            latest_ready_revision=latest_ready
            and f"projects/p/locations/r/services/s/revisions/{latest_ready}",
            latest_created_revision="projects/p/locations/r/services/s/revisions/newest",
            terminal_condition=run_v2.Condition(state=state),
            traffic=[run_v2.TrafficTarget(type_=t, revision=r, percent=p) for t, r, p in wish],
            traffic_statuses=[
                run_v2.TrafficTargetStatus(type_=BY_NAME, revision=name, percent=100) for name in real
            ],
        )
    )


@pytest.mark.parametrize(
    ("state", "latest_ready", "wish", "real", "serving"),
    [
        (READY, "a", [(LATEST, "", 100)], ["a"], "a"),
        (READY, "b", [(BY_NAME, "a", 100)], ["a"], "a"),
        (READY, "b", [(BY_NAME, "a", 10), (BY_NAME, "b", 90)], ["a"], "b"),
        (READY, "a", [], [], "a"),
        (FAILED, "", [(LATEST, "", 100)], [], ""),
        (FAILED, "", [], [], ""),
        (FAILED, "a", [(BY_NAME, "bad", 100)], ["a"], "a"),
        (FAILED, "a", [(BY_NAME, "a", 100), (BY_NAME, "bad", 0)], ["a"], "a"),
        (FAILED, "b", [(BY_NAME, "a", 100)], [], "a"),
    ],
)
def test_what_serves_is_what_is_routed(
    state: int, latest_ready: str, wish: list[tuple[int, str, int]], real: list[str], serving: str
) -> None:
    """A wish that failed serves nobody, LATEST is whichever was ready last, and none is none."""
    found = stated(state, latest_ready, wish, real)
    assert found.serving == serving
    assert bool(found.traffic) is bool(serving)
    assert all(entry.revision for entry in found.traffic)
    assert found.pinned_by_hand is bool(serving)


def test_nobody_asks_for_a_revision_without_a_name(world: Sandbox) -> None:
    """Google refuses such a question, and ours is not asked: no revision was made from no commit."""
    google = Google(world.google.grpc_address, world.google.storage_url)
    assert cloud_run.commit_of(google, PROJECT, REGION, "hello", "") == ""
    assert world.google.calls["Revisions.GetRevision"] == 0
    world.google.provisioned_project(PROJECT)
    with pytest.raises(GoogleError) as refused:
        _has(google, f"projects/{PROJECT}/locations/{REGION}/services/hello", "")
    assert refused.value.code == "INVALID_ARGUMENT"
