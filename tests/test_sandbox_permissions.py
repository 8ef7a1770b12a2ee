"""Every call that the sandbox of Google Cloud answers asks for its permission: docs/sandbox-permissions.md says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
import requests
from google.protobuf.descriptor import FieldDescriptor

from sandbox.google import descriptions, table
from sandbox.google.operations import Operation, pb
from sandbox.google.roles import PREDEFINED
from sandbox.google.server import GoogleSandbox
from tests.sources import ROOT
from tests.test_sandbox_google import QuickBuilder, QuickRunner

PROJECT, REGION = "demo", "europe-west1"
HOME = f"projects/{PROJECT}"
ME = f"serviceAccount:a@{PROJECT}.iam.gserviceaccount.com"
ROW = re.compile(r"^\| `(\w+\.[\w.]+)` \| (.+?) \| `(.+)` \|$", re.MULTILINE)
METHODS = {each.name: each for each in table.methods().values()}
# Who may call them depends on which of the sandbox's APIs an operation is of.
KINDS = ("OF_RUN", "OF_REGISTRY", "OF_BUILD", "OF_USAGE")


@dataclass(frozen=True)
class Row:
    """One call: the permission that it asks for, empty for none with the reason, and what it is made on."""

    call: str
    permission: str
    reason: str
    on: str


def _rows() -> list[Row]:
    text = (ROOT / "docs/sandbox-permissions.md").read_text()
    found = []
    for call, second, on in ROW.findall(text):
        name = re.fullmatch(r"`([\w.]+)`", second)
        found.append(Row(call, name[1] if name else "", "" if name else second, on))
    return found


ROWS = _rows()
ALL = frozenset[str]().union(*PREDEFINED.values(), {row.permission for row in ROWS} - {""})


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleSandbox]:
    """A project with one of everything that has to be there before a call is looked at."""
    sandbox = GoogleSandbox(tmp_path_factory.mktemp("google"), QuickRunner(), QuickBuilder())
    sandbox.start()
    project = sandbox.provisioned_project(PROJECT)
    for api in ("secretmanager", "cloudscheduler", "aiplatform"):
        project.apis[f"{api}.googleapis.com"] = 0.0
    sandbox.service_account(PROJECT, "a")
    sandbox.projects.access.define(f"{HOME}/roles/own", ())
    sandbox.projects.caller = ME
    yield sandbox
    sandbox.stop()


def path_of(google: GoogleSandbox, on: str) -> str:
    """What a row is made on, with the names of this project, and of a fresh operation where it wants one."""
    made = re.sub(r"\bP\b", PROJECT, re.sub(r"\bR\b", REGION, on))
    for kind in KINDS:
        if kind in made:
            return made.replace(kind, operation(google, kind).name)
    return made


def operation(google: GoogleSandbox, kind: str) -> Operation:
    project, operations = google.projects.known(PROJECT), google.operations
    match kind:
        case "OF_RUN":
            made = operations.of_run(project, REGION, None)
        case "OF_BUILD":
            made = operations.of_build(project, REGION, "b", None)
        case "OF_USAGE":
            made = operations.of_service_usage(project)
        case _:
            made = operations.of_registry(project, REGION, None)
    made.succeed(table.methods()["/google.longrunning.Operations/GetOperation"].request())
    return made


def denied(google: GoogleSandbox, row: Row) -> str:
    """Make the call over the wire; the text of its denial, empty when it was let in, whatever came of it then."""
    google.storage.put_bucket(google.projects.known(PROJECT), "shelf")
    on = path_of(google, row.on)
    if " /" in on:
        return _denied_by_http(google, on)
    method = METHODS[row.call]
    request = pb(method.request())
    for said in on.split():
        _put(request, *said.split("=", 1))
    _complete(request)
    with grpc.insecure_channel(google.grpc_address) as channel:
        ask = channel.unary_unary(method.path, None, None)
        try:
            ask(request.SerializeToString(), timeout=20)
        except grpc.RpcError as error:
            refused: Any = error
            return _text(refused) if refused.code() is grpc.StatusCode.PERMISSION_DENIED else ""
    return ""


def _complete(message: Any) -> None:
    """Put something into each field that has to be there, so that it is no request's own fault that it is refused."""
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        told = descriptions.said(field)
        there = value if field.is_repeated or not field.message_type else message.HasField(field.name)
        if told.required and not there and field.cpp_type not in descriptions.HAVE_NO_EMPTY:
            _fill(message, field)
            there = True
        if there and field.message_type and not field.message_type.GetOptions().map_entry:
            for inner in (
                getattr(message, field.name) if field.is_repeated else [getattr(message, field.name)]
            ):
                _complete(inner)


def _fill(message: Any, field: FieldDescriptor) -> None:
    if field.message_type and field.is_repeated:
        getattr(message, field.name).add()
    elif field.is_repeated:
        getattr(message, field.name).append("x")
    elif field.message_type:
        getattr(message, field.name).SetInParent()
    elif field.enum_type:
        setattr(message, field.name, field.enum_type.values[-1].number)
    elif field.full_name not in descriptions.INSTEAD:
        setattr(message, field.name, "x")


def _text(refused: Any) -> str:
    """The words, and the details that name the permission where the words do not."""
    details = dict(refused.trailing_metadata()).get("grpc-status-details-bin", b"")
    return f"{refused.details()} {details.decode(errors='replace')}"


def _denied_by_http(google: GoogleSandbox, on: str) -> str:
    verb, host, path = on.split(" ")
    answer = requests.request(
        verb, google.rest_url + path, headers={"Host": host}, json={"name": "another"}, timeout=20
    )
    return answer.text if answer.status_code == requests.codes.forbidden else ""


def _put(message: Any, path: str, value: str) -> None:
    *outer, name = path.split(".")
    for each in outer:
        message = getattr(message, each)
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.is_repeated:
        getattr(message, name).append(value)
    else:
        setattr(message, name, value)


def holding(google: GoogleSandbox, *permissions: str) -> None:
    """From now on the caller holds exactly these on the project and on all that is in it."""
    access = google.projects.access
    access.define(f"{HOME}/roles/given", permissions)
    access.bind(HOME, f"{HOME}/roles/given", ME)


def test_every_call_has_its_row(google: GoogleSandbox) -> None:
    """What is answered and is not on the page is red, and so is what is on the page and not answered."""
    assert {row.call for row in ROWS} == google.served()
    assert all("https://" in row.reason for row in ROWS if not row.permission)


def ids(row: Row) -> str:
    return f"{row.call}-{row.permission or 'nothing'}"


@pytest.mark.parametrize("row", [row for row in ROWS if row.permission], ids=ids)
def test_a_call_asks_for_its_permission(google: GoogleSandbox, row: Row) -> None:
    """Everything but the permission is too little; with it alone nobody is denied it."""
    holding(google, *(ALL - {row.permission}))
    google.projects.known(PROJECT).used.clear()
    assert denied(google, row), "it asked for nothing that is missing"
    assert row.permission in google.projects.used()
    holding(google, row.permission)
    assert row.permission not in denied(google, row)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.permission], ids=ids)
def test_a_call_that_is_everybodys_asks_for_nothing(google: GoogleSandbox, row: Row) -> None:
    """Who holds nothing at all is let in, for the reason that the page gives."""
    holding(google)
    assert not denied(google, row)
