"""The real Google clients deploy against the stand-in and cannot tell."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import artifactregistry_v1, run_v2, service_usage_v1
from google.cloud.artifactregistry_v1.services.artifact_registry.transports import (
    ArtifactRegistryGrpcTransport,
)
from google.cloud.billing_v1 import CloudBillingClient
from google.cloud.billing_v1.services.cloud_billing.transports import CloudBillingGrpcTransport
from google.cloud.devtools import cloudbuild_v1
from google.cloud.devtools.cloudbuild_v1.services.cloud_build.transports import CloudBuildGrpcTransport
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport
from google.cloud.resourcemanager_v3 import ProjectsClient
from google.cloud.resourcemanager_v3.services.projects.transports import ProjectsGrpcTransport
from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcTransport
from google.cloud.run_v2.services.services.transports import ServicesGrpcTransport
from google.cloud.service_usage_v1.services.service_usage.transports import ServiceUsageGrpcTransport
from google.cloud.storage import Client as StorageClient
from google.longrunning import operations_pb2

from sandbox.google.build_log import Envelope
from sandbox.google.ports import Route, Step
from sandbox.google.server import GoogleSandbox

PROJECT, REGION = "demo", "europe-west1"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/servergem/hello"
ON_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION


@dataclass(frozen=True)
class Outcome:
    status: str = "SUCCESS"
    digests: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)
    failed_step: int | None = None
    exit_code: int | None = None
    failure_type: str | None = None
    detail: str | None = None


class QuickBuilder:
    """Prints one line; the archive's content says how the build ends."""

    def lay(self, archive: Path, base: str) -> str:
        return "sha256:" + hashlib.sha256(base.encode() + archive.read_bytes()).hexdigest()

    def needs(self, digest: str) -> str:
        return ""

    def build(
        self,
        archive: Path,
        steps: Sequence[Step],
        images: Sequence[str],
        log: Callable[[str], None],
        cancelled: Callable[[], bool],
        timeout: float,
    ) -> Outcome:
        content = archive.read_bytes()
        log('Starting Step #0 - "build"')
        log(f'Step #0 - "build": {content.decode()}')
        if content == b"broken":
            return Outcome("FAILURE", failed_step=0, exit_code=1, failure_type="USER_BUILD_STEP")
        if content == b"endless":
            gone = threading.Event()
            while not cancelled():
                gone.wait(0.005)
            return Outcome("CANCELLED")
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        log('Finished Step #0 - "build"')
        return Outcome(digests=dict.fromkeys(images, digest))


@dataclass(frozen=True)
class Listening:
    ok: bool = True
    reason: str = ""
    message: str = ""


class QuickRunner:
    """Every revision listens, but for those that carry CRASH in their environment."""

    def __init__(self) -> None:
        self.routes: dict[str, list[Route]] = {}
        self.started: list[str] = []

    def start_revision(self, *, revision: str, env: Mapping[str, str], log: Any, **_: Any) -> Listening:
        self.started.append(revision)
        log("stdout", f"hello from {revision}")
        if "CRASH" not in env:
            return Listening()
        log("system", "Container called exit(1).")
        words = (
            "The user-provided container failed to start and listen on the port defined provided by the "
            "PORT=8080 environment variable within the allocated timeout."
        )
        return Listening(False, "HEALTH_CHECK_CONTAINER_ERROR", words)

    def run_to_the_end(self, *, command: Sequence[str], log: Any, **_: Any) -> int:
        log("stdout", f"ran {' '.join(command)}")
        return 0

    def route(
        self, project: str, region: str, service: str, routes: Sequence[Route], *, public: bool
    ) -> None:
        self.routes[service] = list(routes)

    def url(self, project: str, region: str, service: str, tag: str = "") -> str:
        return f"http://{tag + '---' if tag else ''}{service}.localhost:1234"

    def remove(self, project: str, region: str, service: str, revision: str = "") -> None:
        if not revision:
            self.routes.pop(service)


class Clients:
    """The unchanged clients of the libraries, pointed at the stand-in."""

    def __init__(self, google: GoogleSandbox) -> None:
        self.channel = grpc.insecure_channel(google.grpc_address)
        channel = self.channel
        self.run = run_v2.ServicesClient(transport=ServicesGrpcTransport(channel=channel))
        self.revisions = run_v2.RevisionsClient(transport=RevisionsGrpcTransport(channel=channel))
        self.build = cloudbuild_v1.CloudBuildClient(transport=CloudBuildGrpcTransport(channel=channel))
        self.registry = artifactregistry_v1.ArtifactRegistryClient(
            transport=ArtifactRegistryGrpcTransport(channel=channel)
        )
        self.usage = service_usage_v1.ServiceUsageClient(transport=ServiceUsageGrpcTransport(channel=channel))
        self.projects = ProjectsClient(transport=ProjectsGrpcTransport(channel=channel))
        self.logging = LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel))
        self.storage = StorageClient(
            project=PROJECT,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # it has no annotations
            client_options={"api_endpoint": google.storage_url},
        )

    def wait(self, operation: Any) -> operations_pb2.Operation:
        raw = self.run.wait_operation(operations_pb2.WaitOperationRequest(name=operation.operation.name))
        return operations_pb2.Operation.FromString(raw) if isinstance(raw, bytes) else raw

    def logs(self, filter_: str) -> list[str]:
        request = {"resource_names": [f"projects/{PROJECT}"], "filter": filter_, "order_by": "timestamp asc"}
        return [entry.text_payload for entry in self.logging.list_log_entries(request)]


@pytest.fixture
def runner() -> QuickRunner:
    return QuickRunner()


@pytest.fixture
def google(tmp_path: Path, runner: QuickRunner) -> Iterator[GoogleSandbox]:
    sandbox = GoogleSandbox(tmp_path, runner, QuickBuilder(), record=tmp_path / "calls.jsonl")
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def clients(google: GoogleSandbox) -> Iterator[Clients]:
    google.provisioned_project(PROJECT)
    made = Clients(google)
    yield made
    made.channel.close()


def upload(clients: Clients, content: str) -> cloudbuild_v1.StorageSource:
    bucket = clients.storage.bucket("demo-source")
    if not bucket.exists():
        bucket = clients.storage.create_bucket("demo-source", location=REGION)
    blob = bucket.blob(f"src/{content}.tar.gz")
    blob.upload_from_string(content, if_generation_match=0)
    return cloudbuild_v1.StorageSource(
        bucket="demo-source", object_=f"src/{content}.tar.gz", generation=blob.generation
    )


def submit(clients: Clients, content: str, tag: str = "v1") -> Any:
    return clients.build.create_build(
        request=cloudbuild_v1.CreateBuildRequest(
            parent=PARENT,
            project_id=PROJECT,
            build=cloudbuild_v1.Build(
                source=cloudbuild_v1.Source(storage_source=upload(clients, content)),
                steps=[
                    cloudbuild_v1.BuildStep(name="gcr.io/cloud-builders/docker", id="build", args=["build"])
                ],
                images=[f"{IMAGE}:{tag}"],
                tags=["servergem", f"sg-{tag}"],
            ),
        )
    )


def built(clients: Clients, content: str = "hello") -> str:
    clients.wait(submit(clients, content, content))
    return (
        f"{IMAGE}@"
        + clients.registry.get_tag(
            name=f"{PARENT}/repositories/servergem/packages/hello/tags/{content}"
        ).version.rpartition("/")[2]
    )


def wanted(image: str, revision: str = "", **env: str) -> run_v2.Service:
    variables = [run_v2.EnvVar(name=name, value=value) for name, value in env.items()]
    return run_v2.Service(
        template=run_v2.RevisionTemplate(
            revision=revision, containers=[run_v2.Container(image=image, env=variables)]
        )
    )


def created(clients: Clients) -> run_v2.Service:
    operation = clients.run.create_service(
        parent=PARENT, service=wanted(built(clients), "hello-one"), service_id="hello"
    )
    assert clients.wait(operation).WhichOneof("result") == "response"
    return clients.run.get_service(name=f"{PARENT}/services/hello")


def test_deploy_road(clients: Clients, runner: QuickRunner) -> None:
    """An uploaded archive becomes an image, a service, a tagged revision without traffic, then all the traffic."""
    service = created(clients)
    assert service.uri == "http://hello.localhost:1234"
    assert service.terminal_condition.state.name == "CONDITION_SUCCEEDED"
    image = built(clients, "second")
    service.template.revision, service.template.containers[0].image = "hello-two", image
    service.traffic = [
        run_v2.TrafficTarget(type_=ON_REVISION, revision="hello-one", percent=100),
        run_v2.TrafficTarget(type_=ON_REVISION, revision="hello-two", tag="v-abc"),
    ]
    clients.wait(clients.run.update_service(service=service))
    service = clients.run.get_service(name=service.name)
    assert [status.uri for status in service.traffic_statuses] == ["", "http://v-abc---hello.localhost:1234"]
    assert runner.routes["hello"] == [Route("hello-one", 100), Route("hello-two", 0, "v-abc")]
    moved = run_v2.Service(name=service.name, etag=service.etag)
    moved.traffic = [run_v2.TrafficTarget(type_=ON_REVISION, revision="hello-two", percent=100)]
    shift = run_v2.UpdateServiceRequest(service=moved, update_mask={"paths": ["traffic"]})
    clients.wait(clients.run.update_service(shift))
    assert runner.routes["hello"] == [Route("hello-two", 100)]
    assert runner.started == ["hello-one", "hello-two"]


def test_failing_build(clients: Clients) -> None:
    """A failing step ends the build with failure_info and Cloud Build's own last line in the log."""
    operation = submit(clients, "broken")
    assert clients.wait(operation).error.code == 9
    build = clients.build.get_build(project_id=PROJECT, id=operation.metadata.build.id)
    assert build.status.name == "FAILURE"
    assert build.failure_info.type_.name == "USER_BUILD_STEP"
    assert (build.steps[0].status.name, build.steps[0].exit_code) == ("FAILURE", 1)
    lines = clients.logs(f'resource.type="build" AND resource.labels.build_id="{build.id}"')
    assert lines[0] == f'starting build "{build.id}"'
    assert 'Step #0 - "build": broken' in lines
    assert lines[-1] == (
        'ERROR: build step 0 "gcr.io/cloud-builders/docker" failed: step exited with non-zero status: 1'
    )


def test_cancelled_build(clients: Clients) -> None:
    """A cancelled build really stops, and cannot be cancelled twice."""
    build_id = submit(clients, "endless").metadata.build.id
    cancelled = clients.build.cancel_build(project_id=PROJECT, id=build_id)
    assert cancelled.status.name == "CANCELLED"
    with pytest.raises(exceptions.FailedPrecondition):
        clients.build.cancel_build(project_id=PROJECT, id=build_id)


def test_one_poll_for_all_builds(clients: Clients) -> None:
    """`list_builds` filters by tag, and Logging takes several build ids in parentheses."""
    operations = [submit(clients, "one", "a"), submit(clients, "two", "b")]
    for operation in operations:
        clients.wait(operation)
    request = cloudbuild_v1.ListBuildsRequest(parent=PARENT, project_id=PROJECT, filter='tags="sg-b"')
    assert [build.tags[1] for build in clients.build.list_builds(request=request)] == ["sg-b"]
    ids = [operation.metadata.build.id for operation in operations]
    lines = clients.logs(f'resource.type="build" AND resource.labels.build_id=("{ids[0]}" OR "{ids[1]}")')
    assert lines.count("DONE") == 2


def test_push_without_repository(clients: Clients) -> None:
    """A build whose repository is missing fails when it pushes, in the registry's words."""
    operation = clients.build.create_build(
        request=cloudbuild_v1.CreateBuildRequest(
            parent=PARENT,
            project_id=PROJECT,
            build=cloudbuild_v1.Build(
                source=cloudbuild_v1.Source(storage_source=upload(clients, "x")),
                steps=[cloudbuild_v1.BuildStep(name="gcr.io/cloud-builders/docker")],
                images=[f"{REGION}-docker.pkg.dev/{PROJECT}/nowhere/hello:1"],
            ),
        )
    )
    clients.wait(operation)
    build = clients.build.get_build(project_id=PROJECT, id=operation.metadata.build.id)
    assert build.failure_info.type_.name == "PUSH_FAILED"
    assert 'Repository "nowhere" not found' in build.failure_info.detail


def test_apis_off(google: GoogleSandbox) -> None:
    """An API that is off says so with its link; enabled, it still says so until the news has travelled."""
    google.project(PROJECT)
    google.behaviour.propagation = 0.3
    made = Clients(google)
    name = f"{PARENT}/services/hello"
    with pytest.raises(exceptions.PermissionDenied) as refused:
        made.run.get_service(name=name)
    assert refused.value.reason == "SERVICE_DISABLED"
    assert refused.value.metadata["activationUrl"].startswith("https://console.developers.google.com/")
    apis = ["run.googleapis.com"]
    made.usage.batch_enable_services({"parent": f"projects/{PROJECT}", "service_ids": apis})
    states = made.usage.batch_get_services(
        {"parent": f"projects/{PROJECT}", "names": [f"projects/{PROJECT}/services/{apis[0]}"]}
    )
    assert [service.state.name for service in states.services] == ["ENABLED"]
    with pytest.raises(exceptions.PermissionDenied):
        made.run.get_service(name=name)
    google.behaviour.propagation = 0.0
    google.disable(PROJECT, apis[0])
    made.usage.batch_enable_services({"parent": f"projects/{PROJECT}", "service_ids": apis})
    with pytest.raises(exceptions.NotFound):
        made.run.get_service(name=name)


def test_billing_has_an_api_of_its_own(google: GoogleSandbox) -> None:
    """Resource Manager's is not enough to hear who pays."""
    google.project(PROJECT).apis["cloudresourcemanager.googleapis.com"] = 0.0
    transport = CloudBillingGrpcTransport(channel=grpc.insecure_channel(google.grpc_address))
    billing = CloudBillingClient(transport=transport)
    name = f"projects/{PROJECT}"
    with pytest.raises(exceptions.PermissionDenied) as refused:
        billing.get_project_billing_info(name=name)
    assert refused.value.metadata["service"] == "cloudbilling.googleapis.com"
    google.projects.known(PROJECT).apis["cloudbilling.googleapis.com"] = 0.0
    assert billing.get_project_billing_info(name=name).billing_enabled


def test_revoked_permission(google: GoogleSandbox, clients: Clients) -> None:
    """A revoked permission is named in ErrorInfo and missing from testIamPermissions."""
    google.revoke(PROJECT, "run.services.get")
    with pytest.raises(exceptions.PermissionDenied) as refused:
        clients.run.get_service(name=f"{PARENT}/services/hello")
    assert refused.value.reason == "IAM_PERMISSION_DENIED"
    assert refused.value.metadata["permission"] == "run.services.get"
    asked = ["run.services.get", "run.services.create"]
    held = clients.projects.test_iam_permissions(resource=f"projects/{PROJECT}", permissions=asked)
    assert list(held.permissions) == ["run.services.create"]


def test_stale_etag(clients: Clients) -> None:
    """A write with an etag that is not the current one is ABORTED and changes nothing."""
    service = created(clients)
    service.etag = '"old"'
    with pytest.raises(exceptions.Aborted, match="version '\"old\"' was specified but current version is"):
        clients.run.update_service(service=service)


def test_failed_revision(clients: Clients, runner: QuickRunner) -> None:
    """A container that never listens fails the operation and the conditions; the old traffic stays."""
    service = created(clients)
    service.template.revision = "hello-bad"
    service.template.containers[0].env = [run_v2.EnvVar(name="CRASH", value="1")]
    ended = clients.wait(clients.run.update_service(service=service))
    assert ended.error.code == 9
    assert ended.error.message.startswith(
        "Revision 'hello-bad' is not ready and cannot serve traffic. The user"
    )
    service = clients.run.get_service(name=service.name)
    assert service.terminal_condition.state.name == "CONDITION_FAILED"
    assert service.terminal_condition.revision_reason.name == "HEALTH_CHECK_CONTAINER_ERROR"
    assert service.latest_created_revision.endswith("/hello-bad")
    assert service.latest_ready_revision.endswith("/hello-one")
    assert runner.routes["hello"] == [Route("hello-one", 100)]
    revision = clients.revisions.get_revision(name=f"{service.name}/revisions/hello-bad")
    assert revision.conditions[0].state.name == "CONDITION_FAILED"
    lines = clients.logs(
        'resource.type="cloud_run_revision" AND resource.labels.service_name="hello" '
        'AND resource.labels.revision_name="hello-bad" AND timestamp>="2020-01-01T00:00:00Z"'
    )
    assert lines == ["hello from hello-bad", "Container called exit(1)."]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"env": [{"name": "PORT", "value": "1"}]}, "reserved env names were provided: PORT"),
        ({"resources": {"limits": {"cpu": "3"}}}, "Invalid value specified for cpu"),
        ({"resources": {"limits": {"cpu": "4", "memory": "1Gi"}}}, "memory must be at least 2Gi"),
        ({"ports": [{"container_port": 1}, {"container_port": 2}]}, "0 or 1 port"),
    ],
)
def test_validate_only(clients: Clients, change: dict[str, Any], words: str) -> None:
    """A dry run refuses what the real one would, before there is an image, and makes nothing."""
    container = run_v2.Container({"image": "not/built@sha256:0", **change})
    service = run_v2.Service(template=run_v2.RevisionTemplate(containers=[container]))
    request = run_v2.CreateServiceRequest(
        parent=PARENT, service=service, service_id="hello", validate_only=True
    )
    with pytest.raises(exceptions.InvalidArgument, match=words):
        clients.run.create_service(request)
    request.service = wanted("not/built@sha256:0")
    clients.run.create_service(request)
    with pytest.raises(exceptions.NotFound):
        clients.run.get_service(name=f"{PARENT}/services/hello")


@pytest.mark.parametrize(
    ("traffic", "words"),
    [
        ([("hello-one", 90, "")], "must sum to 100"),
        ([("hello-one", 100, "a" * 42)], "cannot exceed 46 characters"),
        ([("hello-one", 100, "x")], "at least 3 characters"),
        ([("hello-gone", 100, "")], "does not exist or is deleted"),
    ],
)
def test_bad_traffic(clients: Clients, traffic: list[tuple[str, int, str]], words: str) -> None:
    """Traffic that does not add up, too long a tag or an unknown revision is refused."""
    service = created(clients)
    service.traffic = [
        run_v2.TrafficTarget(type_=ON_REVISION, revision=name, percent=percent, tag=tag)
        for name, percent, tag in traffic
    ]
    with pytest.raises(exceptions.BadRequest, match=words):
        clients.run.update_service(
            run_v2.UpdateServiceRequest(service=service, update_mask={"paths": ["traffic"]})
        )


def test_revision_name_is_used_once(clients: Clients) -> None:
    """A revision's name cannot be used again for a different template."""
    service = created(clients)
    service.template.containers[0].env = [run_v2.EnvVar(name="A", value="1")]
    with pytest.raises(exceptions.AlreadyExists, match="with different configuration already exists"):
        clients.run.update_service(service=service)


def test_latest_takes_the_traffic(clients: Clients, runner: QuickRunner) -> None:
    """A service left on LATEST gives the newest revision everything; the hazard is real."""
    service = created(clients)
    service.template.revision = "hello-preview"
    clients.wait(clients.run.update_service(service=service))
    assert runner.routes["hello"] == [Route("hello-preview", 100)]


def test_delete_service(clients: Clients, runner: QuickRunner) -> None:
    """A deleted service is gone from Cloud Run and from the machine."""
    service = created(clients)
    clients.wait(clients.run.delete_service(name=service.name))
    assert "hello" not in runner.routes
    with pytest.raises(exceptions.NotFound, match="of kind 'SERVICE' in region"):
        clients.run.get_service(name=service.name)


def test_source_is_uploaded_once(clients: Clients) -> None:
    """The second upload of the same commit meets 412, and the first one's generation can be read."""
    source = upload(clients, "hello")
    with pytest.raises(exceptions.PreconditionFailed):
        upload(clients, "hello")
    blob = clients.storage.bucket("demo-source").get_blob("src/hello.tar.gz")
    assert blob.generation == source.generation
    assert blob.download_as_bytes() == b"hello"


def test_streamed_upload(google: GoogleSandbox, clients: Clients) -> None:
    """A stream of unknown length arrives whole, in several pieces and with its checksum."""
    clients.storage.create_bucket("demo-source", location=REGION)
    blob = clients.storage.bucket("demo-source").blob("src/big", chunk_size=256 << 10)
    with blob.open("wb", if_generation_match=0) as file:
        for _ in range(9):
            file.write(b"x" * 100_000)
    blob.reload()
    assert blob.size == 900_000
    assert google.calls["storage.objects.insert"] >= 4


def test_bucket_of_somebody_else(google: GoogleSandbox, clients: Clients) -> None:
    """A bucket's name belongs to the world: taken elsewhere it is refused, taken by us it says so."""
    google.storage.put_bucket(google.project("other"), "taken")
    with pytest.raises(exceptions.Conflict, match="The requested bucket name is not available"):
        clients.storage.create_bucket("taken")
    clients.storage.create_bucket("ours")
    with pytest.raises(exceptions.Conflict, match="you already own it"):
        clients.storage.create_bucket("ours")


@pytest.mark.parametrize(("kind", "made"), [("status", False), ("drop", False), ("drop_after", True)])
def test_faults(google: GoogleSandbox, clients: Clients, kind: str, made: bool) -> None:
    """A planned fault is met by the next call and counted; whether the work was done depends on its kind."""
    google.faults.add("CloudBuild.CreateBuild", kind=kind)
    with pytest.raises(exceptions.ServiceUnavailable):
        submit(clients, "hello")
    assert google.faults.used("CloudBuild.CreateBuild") == 1
    assert google.faults.unused() == {}
    request = cloudbuild_v1.ListBuildsRequest(parent=PARENT, project_id=PROJECT)
    assert bool(list(clients.build.list_builds(request=request))) is made


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
def test_lost_storage_answers(google: GoogleSandbox, clients: Clients, kind: str) -> None:
    """A dropped Storage call is a broken connection, which the library repeats when that is safe."""
    google.faults.add("storage.buckets.get", kind=kind)
    clients.storage.create_bucket("ours")
    assert clients.storage.get_bucket("ours").name == "ours"
    assert google.calls["storage.buckets.get"] == 2


def test_unemulated(clients: Clients) -> None:
    """What is not emulated says UNIMPLEMENTED instead of pretending."""
    with pytest.raises(exceptions.MethodNotImplemented, match="known but not emulated"):
        clients.build.list_worker_pools(parent=PARENT)


def test_record(clients: Clients, tmp_path: Path) -> None:
    """Every call is a line: method, request, status, time."""
    with pytest.raises(exceptions.NotFound):
        clients.run.get_service(name=f"{PARENT}/services/hello")
    lines = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert lines[-1]["method"] == "Services.GetService"
    assert lines[-1]["status"] == "NOT_FOUND"
    assert lines[-1]["request"] == {"name": f"{PARENT}/services/hello"}


def test_log_lag(google: GoogleSandbox, clients: Clients) -> None:
    """Log lines can be read only after the lag."""
    google.behaviour.log_lag = 3600.0
    clients.wait(submit(clients, "hello"))
    assert clients.logs('resource.type="build"') == []
    google.behaviour.log_lag = 0.0
    assert clients.logs('resource.type="build"')[-1] == "DONE"


@pytest.mark.parametrize("printed", [["a", "b"], ['Starting Step #0 - "x"', 'Step #0 - "x": a']])
def test_envelope(printed: list[str]) -> None:
    """Lines of a step carry its number exactly once, whoever put it there."""
    lines: list[str] = []
    envelope = Envelope(lines.append, ["x"])
    for line in printed:
        envelope.line(line)
    assert lines[:2] == ['Starting Step #0 - "x"', 'Step #0 - "x": a']
