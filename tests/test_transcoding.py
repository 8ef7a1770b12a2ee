"""An HTTP call becomes the message of its RPC: every binding of what the sandbox answers, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.cloud import iam_admin_v1, run_v2
from google.cloud import service_usage_v1 as usage
from google.protobuf import json_format

from sandbox.google import http_rules, transcoding
from sandbox.google.errors import Code, Refusal, service_disabled
from sandbox.google.operations import pb
from sandbox.google.rest import api_of
from sandbox.google.server import GoogleSandbox
from tests.test_sandbox_google import QuickBuilder, QuickRunner

BINDINGS = http_rules.bindings()
PLACE = "projects/p/locations/europe-west1"
# What is called over HTTP, and the request that it is. Fields are named as in JSON.
CALLS: dict[str, tuple[str, str, str, dict[str, list[str]], Any, dict[str, Any]]] = {
    "the body is the whole request": (
        "serviceusage.googleapis.com", "POST", "/v1/projects/p/services:batchEnable", {},
        {"serviceIds": ["run.googleapis.com"]},
        {"parent": "projects/p", "serviceIds": ["run.googleapis.com"]},
    ),
    "the body is one field, and the query has others": (
        "run.googleapis.com", "POST", f"/v2/{PLACE}/services",
        {"serviceId": ["web"], "validateOnly": ["true"], "alt": ["json"]},
        {"template": {"containers": [{"image": "i"}]}},
        {
            "parent": PLACE, "serviceId": "web", "validateOnly": True,
            "service": {"template": {"containers": [{"image": "i"}]}},
        },
    ),
    "a field within a field is in the path, and a mask in the query": (
        "run.googleapis.com", "PATCH", f"/v2/{PLACE}/services/web",
        {"updateMask": ["template,scaling.min_instance_count"]},
        {"etag": "e"},
        {
            "service": {"name": f"{PLACE}/services/web", "etag": "e"},
            "updateMask": "template,scaling.minInstanceCount",
        },
    ),
    "a field is there many times": (
        "serviceusage.googleapis.com", "GET", "/v1/projects/p/services:batchGet",
        {"names": ["projects/p/services/a", "projects/p/services/b"]}, None,
        {"parent": "projects/p", "names": ["projects/p/services/a", "projects/p/services/b"]},
    ),
    "a number, and an etag in bytes": (
        "iam.googleapis.com", "POST", "/v1/projects/p/serviceAccounts/a%40b.c:setIamPolicy", {},
        {"policy": {"version": 3, "etag": "AAEC"}},
        {"resource": "projects/p/serviceAccounts/a@b.c", "policy": {"version": 3, "etag": "AAEC"}},
    ),
    "a field within a field is in the query": (
        "iam.googleapis.com", "POST", "/v1/projects/p/serviceAccounts/a:getIamPolicy",
        {"options.requestedPolicyVersion": ["3"]}, None,
        {"resource": "projects/p/serviceAccounts/a", "options": {"requestedPolicyVersion": 3}},
    ),
    "a slash within a segment stays written": (
        "artifactregistry.googleapis.com", "GET", f"/v1/{PLACE}/repositories/r/packages/a%2Fb/tags/t", {}, None,
        {"name": f"{PLACE}/repositories/r/packages/a%2Fb/tags/t"},
    ),
}  # fmt: skip


def read(api: str, verb: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
    binding, found = transcoding.bound(BINDINGS, api, verb, path)
    return transcoding.message(binding, found, query, body)


@pytest.mark.parametrize("said", CALLS)
def test_a_call_is_the_message_of_its_rpc(said: str) -> None:
    """Path, query and body together are the request, by the names that JSON has for its fields."""
    api, verb, path, query, body, wanted = CALLS[said]
    assert json_format.MessageToDict(pb(read(api, verb, path, query, body))) == wanted


def example(template: str) -> str:
    """A path that the template is of."""
    path = http_rules._VARIABLE.sub(lambda found: found[2] or "x", template)
    return path.replace("**", "x/y").replace("*", "x")


@pytest.mark.parametrize(
    "binding", BINDINGS, ids=lambda each: f"{each.api.partition('.')[0]} {each.verb} {each.template}"
)
def test_every_binding_is_found_by_its_own_path(binding: http_rules.Binding) -> None:
    """No other method of the same API takes the call, and each field of the path is one of the request."""
    path = example(binding.template)
    found, fields = transcoding.bound(BINDINGS, binding.api, binding.verb, path)
    assert found.method == binding.method
    request = json_format.MessageToDict(
        pb(transcoding.message(found, fields, {}, {} if found.body else None))
    )
    for name, value in fields.items():
        told: Any = request
        for part in name.split("."):
            told = told[transcoding._camel(part)]
        assert told == value


def test_whatever_the_sandbox_answers_can_be_asked_over_http(tmp_path: Path) -> None:
    """There is a binding for each emulated method; waiting aside, each is found by its name."""
    google = GoogleSandbox(tmp_path, QuickRunner(), QuickBuilder())
    asked = {binding.method.name for binding in BINDINGS}
    assert set(google.handlers()) - asked <= {"Operations.WaitOperation"}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("run.googleapis.com", "POST", f"/v2/{PLACE}/services", {}, {"tmplate": {}}), '"tmplate"'),
        (("run.googleapis.com", "GET", f"/v2/{PLACE}/services", {"pageSise": ["1"]}, None), '"pageSise"'),
        (("run.googleapis.com", "GET", f"/v2/{PLACE}/services", {"pageSize": ["many"]}, None), "many"),
        (("run.googleapis.com", "GET", f"/v2/{PLACE}/services", {"showDeleted": ["no"]}, None), "TYPE_BOOL"),
        (("run.googleapis.com", "GET", f"/v2/{PLACE}/services", {}, {"parent": "x"}), "Root element"),
    ],
)
def test_what_the_schema_has_not_is_refused(call: tuple[Any, ...], words: str) -> None:
    """A misspelt field is INVALID_ARGUMENT and is named, in a body and in a query alike."""
    with pytest.raises(Refusal) as refused:
        read(*call)
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert words in refused.value.message


def test_no_such_call_is_not_found() -> None:
    """Another API's path is no path of this one."""
    with pytest.raises(Refusal) as refused:
        read("iam.googleapis.com", "GET", f"/v2/{PLACE}/services", {}, None)
    assert refused.value.code is Code.NOT_FOUND


def test_a_refusal_is_googles_json() -> None:
    """The HTTP status stands in it again, beside the name of the code and the details with their types."""
    status, said = transcoding.refused(service_disabled("run.googleapis.com", "p", 1))
    assert status == said["error"]["code"] == 403
    assert said["error"]["status"] == "PERMISSION_DENIED"
    assert said["error"]["details"][0]["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert said["error"]["details"][0]["reason"] == "SERVICE_DISABLED"


def test_an_answer_has_names_for_its_enums() -> None:
    """What is empty is left out, and a field that Python may not call `type` is called so."""
    service = run_v2.Service(name="n", conditions=[run_v2.Condition(type_="Ready")])
    assert transcoding.answer(service) == {"name": "n", "conditions": [{"type": "Ready"}]}
    assert transcoding.answer(usage.Service(state=usage.State.ENABLED)) == {"state": "ENABLED"}
    assert transcoding.answer(iam_admin_v1.Role()) == {}


@pytest.mark.parametrize(
    ("host", "api"),
    [
        ("run.googleapis.com", "run.googleapis.com"),
        ("europe-west1-run.googleapis.com:80", "run.googleapis.com"),
        ("nowhere-west1-run.googleapis.com", "nowhere-west1-run.googleapis.com"),
    ],
)
def test_a_region_before_a_host_is_the_same_api(host: str, api: str) -> None:
    """A region that there is, and no other."""
    assert api_of(host) == api
