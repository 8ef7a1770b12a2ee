"""The one retry layer: what is tried again, how often, and who hears of it."""

from __future__ import annotations

import pytest
import requests
from google.api_core import exceptions as api
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2

from app.retry import Policy, heard, retrying
from gcp.errors import GoogleError, ask, from_exception

QUICK = Policy(attempts=3, first_wait=0.001)


class _Flaky:
    """Fails as often as it is told to, then answers."""

    def __init__(self, faults: int) -> None:
        self.faults, self.calls = faults, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.faults:
            raise ConnectionResetError("connection reset by peer")
        return "answer"


def test_a_transient_fault_is_tried_again_and_heard() -> None:
    """Two resets cost two more attempts, and each is told with its reason."""
    notes: list[str] = []
    heard.set(notes.append)
    flaky = _Flaky(2)
    assert retrying(flaky, transient=lambda _: 0.0, service="test", policy=QUICK) == "answer"
    assert flaky.calls == 3
    assert [note.split(" after")[0] for note in notes] == ["attempt 2 of 3", "attempt 3 of 3"]
    assert all(note.endswith("connection reset by peer") for note in notes)


def test_a_permanent_fault_is_not_tried_again() -> None:
    """What will not get better is raised at once, unchanged."""
    flaky = _Flaky(1)
    with pytest.raises(ConnectionResetError):
        retrying(flaky, transient=lambda _: None, service="test", policy=QUICK)
    assert flaky.calls == 1


def test_patience_ends() -> None:
    """After the last attempt the last fault is raised."""
    flaky = _Flaky(9)
    with pytest.raises(ConnectionResetError):
        retrying(flaky, transient=lambda _: 0.0, service="test", policy=QUICK)
    assert flaky.calls == 3


def test_what_the_other_side_asked_for_is_waited() -> None:
    """A Retry-After longer than our own wait is kept to."""
    notes: list[str] = []
    heard.set(notes.append)
    retrying(_Flaky(1), transient=lambda _: 0.1, service="test", policy=QUICK)
    assert "after 0.1 s" in notes[0]


@pytest.mark.parametrize(("seconds", "calls"), [(0, 3), (86_401, 1)])
def test_who_asks_for_more_patience_than_there_is_is_not_asked_again(seconds: int, calls: int) -> None:
    """A day, as in https://github.com/kubeflow/testing/issues/250; what asks for nothing is."""
    wait = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=seconds))
    busy = api.ServiceUnavailable("busy", details=[wait])  # type: ignore[no-untyped-call]
    asked: list[None] = []

    def call() -> None:
        asked.append(None)
        raise busy

    with pytest.raises(GoogleError):
        ask(Policy(attempts=3, first_wait=0.001, total=1.0), "M", call)
    assert len(asked) == calls


def test_how_long_google_asks_us_to_wait_is_read_from_its_answer() -> None:
    """RetryInfo of gRPC and Retry-After of HTTP, in seconds."""
    wait = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=7, nanos=500_000_000))
    said = api.ResourceExhausted("slow down", details=[wait])  # type: ignore[no-untyped-call]
    assert from_exception(said, "M").denial.retry_after == 7.5
    response = requests.Response()
    response.status_code, response.headers["Retry-After"] = 503, "12"
    over_http = api.ServiceUnavailable("busy", response=response)  # type: ignore[no-untyped-call]
    assert from_exception(over_http, "M").denial.retry_after == 12.0
