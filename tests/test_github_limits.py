"""GitHub's limits, counted by the sandbox from what arrives: it refuses as GitHub does, and that is waited out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.github.limits import CONTENT, POINTS
from sandbox.world import Sandbox
from tests.conftest import House
from tests.test_sandbox_github import NAME, Desk, desk

__all__ = ["desk"]

RUNS = f"/repos/{NAME}/check-runs"


def test_a_minute_has_so_many_points(desk: Desk) -> None:
    """A writing request is five, a reading one is one; the refusal says how long to wait, and another has its own."""
    sha = desk.push("One")
    client, limits = desk.installed(), desk.github.rest.limits
    limits.points = 11
    assert [client.post(RUNS, json={"name": "a", "head_sha": sha}).status_code for _ in range(2)] == [
        201,
        201,
    ]
    assert client.get(f"/repos/{NAME}").status_code == 200
    refused = client.get(f"/repos/{NAME}")
    assert (refused.status_code, limits.refused) == (403, 1)
    assert "secondary rate limit" in refused.json()["message"]
    assert 50 <= int(refused.headers["retry-after"]) <= 60
    assert desk.as_app().get("/app").status_code == 200
    limits.minute = 0.0
    assert client.get(f"/repos/{NAME}").status_code == 200


def test_a_minute_has_so_much_content(desk: Desk) -> None:
    """What is made is counted by itself; reading goes on."""
    sha = desk.push("One")
    client, limits = desk.installed(), desk.github.rest.limits
    limits.content = 1
    assert client.post(RUNS, json={"name": "a", "head_sha": sha}).status_code == 201
    assert client.post(RUNS, json={"name": "b", "head_sha": sha}).status_code == 403
    assert client.get(f"/repos/{NAME}").status_code == 200


def test_an_hour_has_so_many_requests(desk: Desk) -> None:
    """The primary limit says that nothing remains."""
    desk.push("One")
    client, limits = desk.installed(), desk.github.rest.limits
    limits.limit, limits.hourly = 2, True
    assert [client.get(f"/repos/{NAME}").status_code for _ in range(3)] == [200, 200, 403]
    assert client.get(f"/repos/{NAME}").headers["x-ratelimit-remaining"] == "0"


def test_a_push_outlasts_a_secondary_limit(house: House) -> None:
    """GitHub has had enough for a moment, again and again: it is waited out as long as GitHub says."""
    limits = house.world.github.rest.limits
    limits.content, limits.minute = 4, 1.5
    sha = house.repository("hello-python").push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert house.check_run("hello-python", sha)["conclusion"] == "success"
    assert limits.refused


@pytest.fixture
def unhurried(world: Sandbox, tmp_path: Path) -> House:
    """A ServerGem that writes check runs as often as it does where nobody sets anything."""
    return House(world, tmp_path, settings={"CHECK_RUN_SECONDS": "2"})


def test_ten_services_stay_within_githubs_minute(unhurried: House) -> None:
    """By GitHub's own figures nothing is refused, though all ten are deployed at once."""
    limits = unhurried.world.github.rest.limits
    limits.points, limits.content = POINTS, CONTENT
    unhurried.start()
    try:
        services = "".join(f"  s{number}: {{}}\n" for number in range(10))
        work = unhurried.repository("hello-python")
        sha = work.push("Ten", **{"servergem.yml": f"services:\n{services}"})
        for number in range(10):
            ended = unhurried.ended(sha, f"s{number}")
            assert ended["ending"] == "live", unhurried.log_tail()
        assert limits.refused == 0
    finally:
        unhurried.kill()
