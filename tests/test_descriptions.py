"""The sandbox holds each request against Google's own description of it: every method, and each kind of fault."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions as api
from google.cloud import run_v2, secretmanager_v1
from google.cloud.devtools import cloudbuild_v1
from google.cloud.run_v2.services.services.transports import ServicesGrpcTransport
from google.rpc import error_details_pb2, status_pb2

from sandbox.google import descriptions, table
from sandbox.google.descriptions import said
from sandbox.google.operations import pb
from sandbox.google.server import GoogleSandbox
from tests.google_descriptions import reachable
from tests.test_sandbox_google import QuickBuilder, QuickRunner

PROJECT, PLACE = "demo", "projects/demo/locations/europe-west1"
# Their protos say neither what has to be there nor what a name looks like; the sandbox's own methods judge both.
UNTOLD = {
    "Operations.GetOperation",
    "Operations.CancelOperation",
    "Operations.DeleteOperation",
    "Operations.WaitOperation",
    "ServiceUsage.BatchEnableServices",
    "ServiceUsage.BatchGetServices",
    "ServiceUsage.EnableService",
    "ServiceUsage.GetService",
    "IAM.GetRole",
    "IAM.CreateRole",
    "ArtifactRegistry.CreateTag",
    "ArtifactRegistry.DeleteTag",
    "ArtifactRegistry.DeleteVersion",
    "ArtifactRegistry.GetTag",
}


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleSandbox]:
    made = GoogleSandbox(Path(tmp_path_factory.mktemp("google")), QuickRunner(), QuickBuilder())
    made.provisioned_project(PROJECT)
    made.start()
    yield made
    made.stop()


def bad_request(method: table.Method) -> Any:
    """A request that its description forbids: without what is required, else with a name that is none; else None."""
    request = pb(method.request())
    fields = request.DESCRIPTOR.fields
    if any(said(field).required and field.cpp_type not in descriptions.HAVE_NO_EMPTY for field in fields):
        return request
    for field in fields:
        if said(field).forms and not field.is_repeated:
            setattr(request, field.name, "nowhere")
            return request
        if field.name == "page_size":
            request.page_size = -1
            return request
        if field.name == "update_mask":
            request.update_mask.paths.append("nowhere")
            return request
    return None


def served(google: GoogleSandbox) -> list[table.Method]:
    return [method for method in table.methods().values() if method.name in google.served()]


def test_no_method_is_reached_past_the_description(google: GoogleSandbox) -> None:
    """Every method of the sandbox refuses a request that its own description forbids, and names the field."""
    asked, untold = 0, set()
    with grpc.insecure_channel(google.grpc_address) as channel:
        for method in served(google):
            request = bad_request(method)
            if request is None:
                untold.add(method.name)
                continue
            call = channel.unary_unary(method.path, None, None)
            with pytest.raises(grpc.RpcError) as refused:
                call(request.SerializeToString(), timeout=60)
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT, method.name
            assert field_named(refused.value) in request.DESCRIPTOR.fields_by_name, method.name
            asked += 1
    assert untold == UNTOLD
    assert asked > 60


def field_named(error: Any) -> str:
    raw = dict(error.trailing_metadata())["grpc-status-details-bin"]
    detail = error_details_pb2.BadRequest()
    status_pb2.Status.FromString(raw).details[0].Unpack(detail)
    return str(detail.field_violations[0].field)


def a_service() -> run_v2.CreateServiceRequest:
    container = run_v2.Container(image="us-docker.pkg.dev/cloudrun/container/hello")
    service = run_v2.Service(template=run_v2.RevisionTemplate(containers=[container]))
    return run_v2.CreateServiceRequest(parent=PLACE, service_id="web", service=service)


def an_update(*paths: str) -> run_v2.UpdateServiceRequest:
    service = run_v2.Service(name=f"{PLACE}/services/web")
    return run_v2.UpdateServiceRequest(service=service, update_mask={"paths": list(paths)})


def changed(request: Any, path: str, value: Any) -> Any:
    """The request with one thing that is not as it should be."""
    *outer, last = path.split(".")
    inner = request
    for name in outer:
        inner = inner[int(name)] if name.isdecimal() else getattr(inner, name)
    setattr(inner, last, value)
    return request


CONTAINER = "service.template.containers.0"
# What is wrong, the request, and the field that is named.
FAULTS: dict[str, tuple[Any, str]] = {
    "a required field of the request": (run_v2.GetServiceRequest(), "name"),
    "a required field of a message within": (
        changed(a_service(), f"{CONTAINER}.env", [run_v2.EnvVar(value="1")]),
        "service.template.containers[0].env[0].name",
    ),
    "a required message": (run_v2.CreateServiceRequest(parent=PLACE, service_id="web"), "service"),
    "a required field that a mask names": (an_update("template"), "service.template"),
    "a field that there is not, in a mask": (an_update("tmplate"), "update_mask"),
    "another kind of thing's name": (run_v2.GetServiceRequest(name=f"{PLACE}/jobs/web"), "name"),
    "a parent that is none": (run_v2.ListServicesRequest(parent="projects/demo"), "parent"),
    "a name in a message within": (
        changed(a_service(), "service.template.encryption_key", "my-key"),
        "service.template.encryption_key",
    ),
    "a number that an enum has not": (changed(a_service(), "service.ingress", 77), "service.ingress"),
    "the same behind a mask": (
        changed(an_update("description"), "service.ingress", 77),
        "service.ingress",
    ),
    "a page of less than nothing": (run_v2.ListServicesRequest(parent=PLACE, page_size=-1), "page_size"),
    "what never changes": (
        secretmanager_v1.UpdateSecretRequest(
            secret={"name": "projects/demo/secrets/key"}, update_mask={"paths": ["replication"]}
        ),
        "secret.replication",
    ),
    "half of a name for a builder": (
        cloudbuild_v1.CreateBuildRequest(parent=PLACE, build={"service_account": "me@demo.example"}),
        "build.service_account",
    ),
}  # fmt: skip
CALLS = {
    "GetServiceRequest": "/google.cloud.run.v2.Services/GetService",
    "CreateServiceRequest": "/google.cloud.run.v2.Services/CreateService",
    "UpdateServiceRequest": "/google.cloud.run.v2.Services/UpdateService",
    "ListServicesRequest": "/google.cloud.run.v2.Services/ListServices",
    "UpdateSecretRequest": "/google.cloud.secretmanager.v1.SecretManagerService/UpdateSecret",
    "CreateBuildRequest": "/google.devtools.cloudbuild.v1.CloudBuild/CreateBuild",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_kind_of_fault_is_refused_by_its_field(google: GoogleSandbox, fault: str) -> None:
    """INVALID_ARGUMENT, with the field's place in its details, as the libraries' own messages send it."""
    request, field = FAULTS[fault]
    with grpc.insecure_channel(google.grpc_address) as channel:
        call = channel.unary_unary(CALLS[type(request).__name__], None, None)
        with pytest.raises(grpc.RpcError) as refused:
            call(table.write(request), timeout=60)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field_named(refused.value) == field


def test_no_update_that_is_served_brings_what_is_for_ever_the_same(google: GoogleSandbox) -> None:
    """Without a mask it takes what is there to tell a change, so a call that could make one needs a rule of its own."""
    updates = [method for method in served(google) if ".Update" in method.name or ".Replace" in method.name]
    assert len(updates) == 6
    bringing = {method.name: within(pb(method.request()).DESCRIPTOR) for method in updates}
    assert not {name: fields for name, fields in bringing.items() if fields}


def within(kind: Any) -> set[str]:
    """The fields below a message that never change, by their whole names."""
    seen, waiting, found = set(), [kind], set()
    while waiting:
        kind = waiting.pop()
        if kind.full_name not in seen:
            seen.add(kind.full_name)
            found |= {field.full_name for field in kind.fields if said(field).immutable}
            waiting += [field.message_type for field in kind.fields if field.message_type]
    return found


def test_the_real_client_hears_of_it(google: GoogleSandbox) -> None:
    """Cloud Run's own library raises InvalidArgument; what only Google writes is ignored, and the etag is not."""
    channel = grpc.insecure_channel(google.grpc_address)
    services = run_v2.ServicesClient(transport=ServicesGrpcTransport(channel=channel))
    with pytest.raises(api.InvalidArgument, match="required"):
        services.create_service(parent=PLACE, service_id="web", service=run_v2.Service())
    asked = changed(a_service(), "service.uid", "mine")
    asked.validate_only = True
    assert services.create_service(asked).metadata.uid not in ("", "mine")
    asked.service.etag = "old"
    descriptions.insist(asked)
    assert (asked.service.uid, asked.service.etag) == ("", "old")
    channel.close()


def test_short_names_stand_where_their_comments_take_them() -> None:
    """A revision, a secret and its version; and a build's call for a region says its project in the path alone."""
    asked = a_service()
    asked.service.traffic = [run_v2.TrafficTarget(revision="web-00001", percent=100)]
    source = run_v2.EnvVarSource(secret_key_ref=run_v2.SecretKeySelector(secret="key", version="latest"))
    asked.service.template.containers[0].env = [run_v2.EnvVar(name="KEY", value_source=source)]
    descriptions.insist(asked)
    descriptions.insist(cloudbuild_v1.GetBuildRequest(name=f"{PLACE}/builds/1"))


REQUIRED = re.compile(r"^ +(\w+) \([^\n]*\):\n +Required\.", re.MULTILINE)


def test_the_descriptions_fit_the_installed_libraries() -> None:
    """They speak of fields that the libraries have, and find required in a request what the libraries' comments do."""
    told, known = descriptions.all_told(), fields_of_libraries()
    assert told.keys() <= known
    assert {*descriptions.INSTEAD, *descriptions.IN_OTHER_FORMS} <= told.keys()
    commented = {
        f"{pb(method.request()).DESCRIPTOR.full_name}.{name}"
        for method in table.methods().values()
        for name in REQUIRED.findall(inspect.getdoc(method.request) or "")
    }
    unsaid = {name for name in commented if name not in told or not told[name].required}
    # What iam.proto says in its comment alone.
    assert unsaid == {
        f"google.iam.admin.v1.{call}Request.full_resource_name"
        for call in ("QueryTestablePermissions", "QueryAuditableServices")
    }
    assert len(commented) > 80


def fields_of_libraries() -> set[str]:
    return {f"{name}.{field.name}" for name, kind in reachable().items() for field in kind.fields}
