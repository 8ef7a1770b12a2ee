"""One table says which of Google's refusals pass by themselves: each row as it comes, and nobody else who judges."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from google.api_core import exceptions as api
from google.rpc import code_pb2, error_details_pb2, status_pb2

from gcp.errors import CODES_OF_HTTP, GoogleError, from_exception, from_status
from gcp.kinds import ROWS, Kind, kind_of

ROOT = Path(__file__).parent.parent
# What says that a call may be made once more; by gRPC's name or by HTTP's number.
JUDGING = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN", "RESOURCE_EXHAUSTED"} | {
    408, 429, 500, 502, 503, 504,
}  # fmt: skip
# Who compares them all the same, and why that is no judgement of Google's or GitHub's refusals.
OTHERS = {
    "gcp/kinds.py": "the table itself",
    "gcp/errors.py": "HTTP's numbers in gRPC's words, where an API speaks HTTP",
    "app/github/errors.py": "GitHub's own table, which knows its limits by header and not by code",
    "app/api/client.py": "what ServerGem's own API answers, at the other end of the same line",
    "app/notices/outside.py": "what a receiver of notices answered, who is anybody",
    "app/rounds/recovery.py": "what a host answered to GitHub's deliveries, which are asked for again there",
}


def refused(code: str, reason: str, message: str, quota: str) -> GoogleError:
    """As the library raises it, of a status with its details."""
    number = (
        next(number for number, name in CODES_OF_HTTP.items() if name == code) if code != "UNKNOWN" else 500
    )
    kind = api.Unknown if code == "UNKNOWN" else type(api.from_http_status(number, ""))  # type: ignore[no-untyped-call]  # it ships no types
    limit, _, allowed = quota.partition(" allows ")
    details = {"quota_limit": limit, "quota_limit_value": allowed}
    info = error_details_pb2.ErrorInfo(reason=reason, metadata={k: v for k, v in details.items() if v})
    error: api.GoogleAPICallError = kind(message, details=[info], error_info=info)
    return from_exception(error, "M")


SAMPLES = [
    ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "", "ReadRequestsPerMinutePerProject", Kind.RATE),
    ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "", "WriteRequestsPerDayPerProject", Kind.SPENT),
    ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "", "RequestsPerMinutePerProject allows 60", Kind.RATE),
    ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "", "RequestsPerMinutePerProject allows 0", Kind.SPENT),
    (
        "RESOURCE_EXHAUSTED",
        "",
        "Quota exceeded for limit 'Requests per day'",
        "",
        Kind.SPENT,
    ),
    ("RESOURCE_EXHAUSTED", "", "Maximum number of service accounts on project reached.", "", Kind.SPENT),
    ("RESOURCE_EXHAUSTED", "", "project p has insufficient quota to create a pool", "", Kind.SPENT),
    ("RESOURCE_EXHAUSTED", "", "Quota exceeded", "", Kind.RATE),
    ("RESOURCE_EXHAUSTED", "RESOURCE_QUOTA_EXCEEDED", "", "", Kind.SPENT),
    ("UNAVAILABLE", "", "", "", Kind.PASSING),
    ("DEADLINE_EXCEEDED", "", "", "", Kind.PASSING),
    ("INTERNAL", "", "", "", Kind.PASSING),
    ("UNKNOWN", "", "", "", Kind.PASSING),
    ("PERMISSION_DENIED", "SERVICE_DISABLED", "", "", Kind.UNSETTLED),
    ("PERMISSION_DENIED", "IAM_PERMISSION_DENIED", "", "", Kind.UNSETTLED),
    ("PERMISSION_DENIED", "", "", "", Kind.UNSETTLED),
    ("PERMISSION_DENIED", "BILLING_DISABLED", "", "", Kind.STAYING),
    ("NOT_FOUND", "", "", "", Kind.STAYING),
]


@pytest.mark.parametrize(("code", "reason", "message", "quota", "kind"), SAMPLES)
def test_each_refusal_is_of_its_kind(code: str, reason: str, message: str, quota: str, kind: Kind) -> None:
    """As the library tells it; only what passes, and a quota of the minute, is asked for again at once."""
    error = refused(code, reason, message, quota)
    assert error.kind is kind
    assert error.transient is (kind in (Kind.PASSING, Kind.RATE))


@pytest.mark.parametrize(("reason", "kind"), [("RESOURCE_QUOTA_EXCEEDED", Kind.SPENT), ("", Kind.RATE)])
def test_a_failed_operation_is_of_its_kind_too(reason: str, kind: Kind) -> None:
    """What its status has beside the sentence counts, as it does in a refusal."""
    status = status_pb2.Status(code=code_pb2.Code.RESOURCE_EXHAUSTED, message="Quota exceeded")
    metadata = {"service": "run.googleapis.com", "permission": "a.b", "resource": "r"}
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, metadata=metadata))
    told = from_status(status, "Services.CreateService")
    assert (told.kind, told.reason) == (kind, reason)
    assert (told.service, told.permission, told.denial.resource) == tuple(metadata.values())


def test_every_row_has_a_sample() -> None:
    """None is there for nothing: without it a sample is of another kind, or falls to a later row."""
    for row in ROWS:
        fits = [
            sample
            for sample in SAMPLES
            if row.code == sample[0]
            and row.reason in (None, sample[1])
            and row.words in f"{sample[2]} {sample[3]}".lower()
        ]
        assert any(sample[4] is row.kind is kind_of(*sample[:4]) for sample in fits), row


def judging(tree: ast.AST) -> Iterator[int]:
    """The lines that compare with, or keep for comparing, what says that a call may be made once more."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts: list[ast.AST] = [node.left, *node.comparators]
        elif isinstance(node, ast.Set | ast.Call) and is_set(node):
            parts = [node]
        else:
            continue
        for part in parts:
            if any(isinstance(each, ast.Constant) and each.value in JUDGING for each in ast.walk(part)):
                yield node.lineno


def is_set(node: ast.AST) -> bool:
    return isinstance(node, ast.Set) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "frozenset"
    )


@cache
def sources() -> dict[str, ast.AST]:
    found: dict[str, ast.AST] = {}
    for room in ("app", "gcp", "handlers"):
        for file in sorted((ROOT / room).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if "rules/" not in name:
                found[name] = ast.parse(file.read_text())
    return found


def test_nobody_else_judges_by_code() -> None:
    """No module compares the codes of what may pass but those that are named here with their reason."""
    assert {name for name, tree in sources().items() if any(judging(tree))} <= OTHERS.keys()


# Rooms that ask somebody outside, and how a loop there pauses.
ASKING = ("gcp/", "app/acts/", "app/api/", "app/conversation/", "app/github/", "app/notices/", "app/outbox/",
          "app/rounds/", "app/setup/", "app/stages/", "app/stories/", "app/lane.py")  # fmt: skip
PAUSES = {"sleep", "wait"}
# Loops there that ask nobody anew: each goes on to something else, and ends with it.
GOING_ON = {
    "app/acts/decided.py": "what is kept is let go",
    "app/api/client.py": "lines of what was answered already",
    "app/github/answer.py": "what is kept is let go",
    "app/github/archive.py": "what is kept is let go",
    "app/github/errors.py": "an exception's causes",
    "app/github/wire.py": "the next page, each asked for once; connections that are closed",
    "app/lane.py": "the wait is its condition",
    "app/notices/courier.py": "the next notice, each taken once",
    "app/outbox/writing.py": "the next report, each written once",
    "app/rounds/retention.py": "the next batch of our own rows",
    "gcp/cloud_logging.py": "the next page, each asked for once",
    "gcp/resumable_upload.py": "the next part, which insists on progress",
    "gcp/run_writes.py": "moments that are over",
}


def asks_again(node: ast.AST) -> bool:
    """A `while`, or a `for` over nothing but a number of times."""
    match node:
        case ast.While() | ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[_])):
            return True
    return False


def without_pause() -> Iterator[str]:
    for name, tree in sources().items():
        if name.startswith(ASKING):
            for loop in filter(asks_again, ast.walk(tree)):
                if not PAUSES & {called(node) for node in ast.walk(loop) if isinstance(node, ast.Call)}:
                    yield name


def called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def test_no_loop_asks_without_a_pause() -> None:
    """Where somebody outside is asked, a loop sleeps or waits, or goes on to something else each time."""
    assert set(without_pause()) <= GOING_ON.keys()
