"""Whose fault it is: what main fails with too, and what is Google's, is no red cross on somebody's change."""

from __future__ import annotations

from tests.conftest import House
from tests.test_previews import live, opened, preview

BROKEN = "missing-package"


def test_what_fails_on_main_too_says_since_when(house: House) -> None:
    """The pull request did not break it: the title names the first commit of main that failed alike."""
    work = house.repository(BROKEN)
    first = work.push("Want what does not exist")
    assert house.ended(first)["ending"] == "failed"
    assert house.ended(work.push("And still", **{"n.txt": "1"}))["ending"] == "failed"
    _, sha = opened(house, work)
    run = preview(house, work, sha, f"ServerGem / {BROKEN} (preview)")
    assert run["conclusion"] == "failure"
    assert run["output"]["title"].startswith(f"Already failing on main since {first[:7]}: ")


def test_a_failure_of_its_own_says_nothing_of_main(house: House) -> None:
    """What only the pull request breaks is its own."""
    work = live(house)
    _, sha = opened(house, work, **{"main.py": "raise RuntimeError('mine')\n"})
    run = preview(house, work, sha)
    assert run["conclusion"] == "failure"
    assert "Already failing" not in run["output"]["title"]


def test_googles_trouble_ends_neutral(house: House) -> None:
    """After its retries a preview that Google would not build is neutral, and says whose side it is on."""
    work = live(house)
    house.world.faults.add("CloudBuild.CreateBuild", 50)
    _, sha = opened(house, work)
    run = preview(house, work, sha)
    assert run["conclusion"] == "neutral", run["output"]
    assert "Google's side" in run["output"]["summary"]
    assert "attempt 3 of 3" in run["output"]["summary"]
    assert house.world.faults.used("CloudBuild.CreateBuild") == 3


def test_a_build_that_google_lost_is_built_again(house: House) -> None:
    """INTERNAL_ERROR is Cloud Build's own: the build is begun once more, and the deployment goes on."""
    work = live(house)
    house.world.google.behaviour.lost_builds = 1
    _, sha = opened(house, work)
    run = preview(house, work, sha)
    assert run["conclusion"] == "success", run["output"]
    assert "building once more" in run["output"]["summary"]
    assert house.world.google.behaviour.lost_builds == 0


def test_a_build_that_google_loses_twice_is_googles_own(house: House) -> None:
    """The status alone says so: neither title nor excerpt is a line that some step printed."""
    house.world.google.behaviour.lost_builds = 2
    work = house.repository("hello-docker")
    sha = work.push("Say hello")
    house.ended(sha)
    run = house.check_run(work.name, sha)
    assert run["output"]["title"] == "Cloud Build itself failed"
    assert "Google's side" in run["output"]["summary"]
    assert "BUILD_ID" not in run["output"]["summary"]
