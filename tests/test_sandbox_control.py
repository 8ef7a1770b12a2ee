"""The sandbox's own address: faults and latency on demand from outside, and counts of what was called."""

from __future__ import annotations

import httpx
import pytest

from app.retry import Policy
from gcp import service_usage
from gcp.cloud import Google
from gcp.errors import GoogleError
from sandbox.world import PROJECT, Sandbox
from tests.conftest import PATIENCE, web

METHOD = "ServiceUsage.BatchGetServices"


def ask(world: Sandbox, path: str, wish: dict[str, object] | None = None) -> httpx.Response:
    verb = "GET" if wish is None else "POST"
    return web.request(verb, f"{world.control.url}{path}", json=wish, timeout=PATIENCE)


@pytest.fixture
def google(world: Sandbox) -> Google:
    """The real clients, which try a call once and no more."""
    return Google(world.google.grpc_address, world.google.storage_url, Policy(attempts=1))


def test_a_fault_from_outside_is_met_and_counted(world: Sandbox, google: Google) -> None:
    """Two faults are planned, listed while nobody met them, and met by the next two calls and no third."""
    planned = ask(world, "/faults", {"method": METHOD, "times": 2, "status": "UNAVAILABLE"})
    assert (planned.status_code, planned.json()) == (201, {"unused": {METHOD: 2}})
    for left in ({METHOD: 1}, {}):
        with pytest.raises(GoogleError) as refused:
            service_usage.states(google, PROJECT, ("run.googleapis.com",))
        assert refused.value.code == "UNAVAILABLE"
        assert ask(world, "/faults").json() == {"unused": left}
    service_usage.states(google, PROJECT, ("run.googleapis.com",))
    assert ask(world, "/calls").json()["google"] == {METHOD: 3}


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"method": METHOD, "kind": "sulk"},
        {"method": METHOD, "times": 0},
        {"method": METHOD, "times": "x"},
    ],
)
def test_a_fault_that_means_nothing_is_refused(world: Sandbox, wish: dict[str, object]) -> None:
    """What is wrong is said with 400, and nothing is planned."""
    answer = ask(world, "/faults", wish)
    assert answer.status_code == 400
    assert answer.json()["reason"]
    assert ask(world, "/faults").json() == {"unused": {}}


def test_latency_is_set_for_each_side(world: Sandbox, google: Google) -> None:
    """Google's calls take as long as was asked for; GitHub's stay as they were."""
    assert ask(world, "/latency", {"google": 0.2}).json() == {"github": 0.0, "google": 0.2}
    service_usage.states(google, PROJECT, ("run.googleapis.com",))
    (span,) = world.google.calls.spans.all()
    assert span.ended - span.began >= 0.2
