"""The sandbox judges in Google's order: what a call concerns, who asks, and only then the rest of what it says."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from sandbox.google import subjects
from sandbox.google.errors import Refusal
from sandbox.google.operations import pb
from sandbox.google.server import GoogleSandbox
from tests.test_sandbox_permissions import ALL, METHODS, ROWS, Row, _put, google, holding, ids, path_of

pytestmark = pytest.mark.wire
__all__ = ["google"]


def bare(google: GoogleSandbox, row: Row) -> Any:
    """The request of a row with its subject alone, so that whatever else has to be there is missing."""
    request = pb(METHODS[row.call].request())
    for said in path_of(google, row.on).split():
        _put(request, *said.split("=", 1))
    if "page_size" in request.DESCRIPTOR.fields_by_name:
        request.page_size = -1
    return request


def answer(google: GoogleSandbox, row: Row, request: Any) -> tuple[str, str]:
    """The code and the words with which it is refused."""
    with grpc.insecure_channel(google.grpc_address) as channel:
        call = channel.unary_unary(METHODS[row.call].path, None, None)
        with pytest.raises(grpc.RpcError) as refused:
            call(request.SerializeToString(), timeout=20)
    error: Any = refused.value
    return error.code().name, error.details()


def is_faulty(row: Row) -> bool:
    """Whether a request of this call can be wrong in something that is not its subject."""
    if " /" in row.on:
        return False
    request = pb(METHODS[row.call].request())
    for said in row.on.split():
        place, value = said.split("=", 1)
        _put(request, place, value.replace("=P", "=demo"))
    if "page_size" in request.DESCRIPTOR.fields_by_name:
        request.page_size = -1
    try:
        return subjects.fault_beside(request) is not None
    except Refusal:
        return False


FAULTY = [row for row in ROWS if row.permission and is_faulty(row)]


def test_the_calls_whose_order_is_seen() -> None:
    """They are the most of those that bring something or have pages."""
    assert len(FAULTY) > 25, [row.call for row in FAULTY]


@pytest.mark.parametrize("row", FAULTY, ids=ids)
def test_who_may_not_ask_hears_nothing_of_what_is_wrong_with_it(google: GoogleSandbox, row: Row) -> None:
    """Without the permission a faulty request is a denial; with it, an invalid argument."""
    request = bare(google, row)
    holding(google, *(ALL - {row.permission}))
    assert answer(google, row, request)[0] == "PERMISSION_DENIED"
    holding(google, *ALL)
    assert answer(google, row, request)[0] == "INVALID_ARGUMENT"


def test_a_name_that_is_none_is_told_to_everybody(google: GoogleSandbox) -> None:
    """Nobody could say whose permission it would take."""
    holding(google)
    row = next(each for each in ROWS if each.call == "Services.GetService")
    request = pb(METHODS[row.call].request())
    request.name = "projects/demo/locations/europe-west1/jobs/s"
    assert answer(google, row, request)[0] == "INVALID_ARGUMENT"
