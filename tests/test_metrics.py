"""Metrics: what is counted of a push, who may read it, and that no repository has a name there."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.requests import Request

from app.retry import Policy, retrying
from app.store import Store
from app.telemetry import metrics
from app.telemetry.metrics import Standing
from app.telemetry.scrape import may_read
from sandbox.github.limits import RESOURCE_LIMIT
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, eventually, web

TOKEN = "a-token-for-prometheus"
LANE = "7/project/region/api"


def read(house: House) -> str:
    """What Prometheus gets that runs on the same machine."""
    answer = web.get(f"{house.address}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return answer.text


def value(text: str, line: str) -> float | None:
    """The number behind a name with its labels; None where there is no such line."""
    found = [each.rpartition(" ")[2] for each in text.splitlines() if each.rpartition(" ")[0] == line]
    return float(found[0]) if found else None


def test_a_push_is_counted_where_it_comes_by(world: Sandbox, tmp_path: Path) -> None:
    """Its delivery, its ending, its stages and what GitHub's limit leaves; never whose repository it was."""
    house = House(world, tmp_path, settings={"METRICS_TOKEN": TOKEN})
    house.start()
    try:
        sha = house.repository("hello-python").push("Say hello")
        assert house.ended(sha)["ending"] == "live", house.log_tail()
        house.check_run("hello-python", sha)
        eventually(lambda: value(read(house), "servergem_outbox_age_seconds") == 0, "nothing to send")
        web.post(f"{house.address}/webhook", content=b"{}")
        text = read(house)
        assert value(text, 'servergem_deliveries_total{event="push",outcome="accepted"}') == 1
        assert value(text, 'servergem_deliveries_total{event="unverified",outcome="refused"}') == 1
        assert value(text, 'servergem_deployments_total{ending="live"}') == 1
        assert value(text, 'servergem_stage_seconds_count{stage="Build image"}') == 1
        assert (value(text, "servergem_lanes_waiting"), value(text, "servergem_deployments_running")) == (
            0,
            0,
        )
        installation = world.github.hub.installed(OWNER)
        assert installation is not None
        left = value(text, f'servergem_github_rate_limit_remaining{{installation="{installation.id}"}}')
        assert left is not None and 0 < left < RESOURCE_LIMIT
        assert "hello-python" not in text and OWNER not in text
        far = {"x-forwarded-for": "203.0.113.9"}
        known = far | {"authorization": f"Bearer {TOKEN}"}
        assert web.get(f"{house.address}/metrics", headers=far).status_code == 404
        assert web.get(f"{house.address}/metrics", headers=known).status_code == 200
    finally:
        house.kill()


def asked(client: str, **headers: str) -> Request:
    """A request from this address."""
    told = {"host": "127.0.0.1:8080"} | headers
    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in told.items()]
    return Request({"type": "http", "client": (client, 1), "headers": raw})


@pytest.mark.parametrize(
    ("request_", "token", "may"),
    [
        (asked("127.0.0.1"), "", True),
        (asked("::1", host="[::1]:8080"), "", True),
        (asked("127.0.0.1", host="localhost"), "", True),
        (asked("127.0.0.1", host="rebound.example"), "", False),
        (asked("127.0.0.1", host="[::1"), "", False),
        (asked("127.0.0.1", host=""), "", False),
        (asked("127.0.0.1", cf_connecting_ip="127.0.0.1"), "", False),
        (asked("127.0.0.1"), TOKEN, False),
        (asked("203.0.113.9"), "", False),
        (asked("203.0.113.9"), TOKEN, False),
        (asked("203.0.113.9", authorization="Bearer "), "", False),
        (asked("203.0.113.9", authorization=f"Bearer {TOKEN}"), TOKEN, True),
        (asked("203.0.113.9", authorization=f"Bearer {TOKEN}x"), TOKEN, False),
        (asked("203.0.113.9", authorization="Bearer \xe4"), TOKEN, False),
        (asked("127.0.0.1", x_forwarded_for="127.0.0.1"), "", False),
        (asked("127.0.0.1", via="1.1 proxy"), TOKEN, False),
        (asked("a-name"), "", False),
    ],
)
def test_only_this_machine_and_the_token_are_answered(request_: Request, token: str, may: bool) -> None:
    """A proxy on this machine makes nobody a neighbour; a token that is set is the only key, and none where none is."""
    assert may_read(request_, token) is may


def test_a_retry_is_counted_for_its_service() -> None:
    """Each further attempt counts once, for whom it was made."""
    faults = [ConnectionResetError(), ConnectionResetError()]

    def flaky() -> str:
        if faults:
            raise faults.pop()
        return "answer"

    quick = Policy(attempts=3, first_wait=0.001)
    retrying(flaky, transient=lambda _: 0.0, service="CloudBuild", policy=quick)
    text = metrics.instruments().text(Standing()).decode()
    assert value(text, 'servergem_retries_total{service="CloudBuild"}') == 2


def test_what_nobody_can_tell_has_no_line() -> None:
    """While the database is away its numbers are missing, and not the last ones that it told."""
    text = metrics.instruments().text(Standing(3.0)).decode()
    assert value(text, "servergem_outbox_age_seconds") == 3
    assert value(text, "servergem_lanes_waiting") is None


def test_who_waits_for_a_lane_is_counted(tmp_path: Path, database: str) -> None:
    """The one that holds it does not wait; the one behind it does, until it is its turn."""
    store = Store.open(tmp_path, database)
    store.lanes.enter(LANE, "one", "a")
    store.lanes.enter(LANE, "two", "b")
    assert store.lanes.waiting() == 1
    store.lanes.leave(LANE, "one")
    assert store.lanes.wait(LANE, "two").holder
    assert store.lanes.waiting() == 0
    store.close()
