"""What others have met at Cloud Run and Artifact Registry, and wrote down in public: the sandbox does the same."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import artifactregistry_v1, run_v2

from gcp.cloud import Google
from sandbox.google.errors import Refusal
from sandbox.google.ports import Route
from sandbox.google.server import GoogleSandbox
from tests.test_sandbox_google import (  # noqa: F401 - fixtures
    IMAGE,
    ON_REVISION,
    PARENT,
    Clients,
    QuickRunner,
    clients,
    created,
    google,
    runner,
)

ON_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REPOSITORY = f"{PARENT}/repositories/servergem"


def updated(clients: Clients, service: run_v2.Service, revision: str) -> str:  # noqa: F811 - the fixture
    """Make a revision of this name; how that ended."""
    service.template.revision = revision
    return str(clients.wait(clients.run.update_service(service=service)).WhichOneof("result"))


def test_a_new_revision_of_a_pinned_service_serves_nobody(clients: Clients, runner: QuickRunner) -> None:  # noqa: F811 - fixtures
    """Who has once sent the traffic to a revision by its name deploys from then on to no one."""
    service = created(clients)
    service.traffic = [run_v2.TrafficTarget(type_=ON_REVISION, revision="hello-one", percent=100)]
    assert updated(clients, service, "hello-two") == "response"
    assert runner.routes["hello"] == [Route("hello-one", 100)]


def test_a_tag_on_the_latest_moves_with_it(clients: Clients, runner: QuickRunner) -> None:  # noqa: F811 - fixtures
    """A tag that names no revision is at whichever is the newest, whatever it was given for."""
    service = created(clients)
    service.traffic = [
        run_v2.TrafficTarget(type_=ON_REVISION, revision="hello-one", percent=100),
        run_v2.TrafficTarget(type_=ON_LATEST, tag="prod"),
    ]
    assert updated(clients, service, "hello-two") == "response"
    assert Route("hello-two", 0, "prod") in runner.routes["hello"]


def test_a_tag_on_a_revision_that_never_started_is_in_the_way(clients: Clients) -> None:  # noqa: F811 - fixtures
    """It has no traffic, and the next good revision is not routed while its tag is there."""
    service = created(clients)
    service.template.containers[0].env = [run_v2.EnvVar(name="CRASH", value="1")]
    assert updated(clients, service, "hello-bad") == "error"
    service = clients.run.get_service(name=service.name)
    service.template.containers[0].env = []
    service.traffic = [
        run_v2.TrafficTarget(type_=ON_LATEST, percent=100),
        run_v2.TrafficTarget(type_=ON_REVISION, revision="hello-bad", tag="look"),
    ]
    assert updated(clients, service, "hello-good") == "error"


def test_an_immutable_tag_stays_where_it_is(clients: Clients, google: GoogleSandbox) -> None:  # noqa: F811 - fixtures
    """A tag that is there points to another image no more and does not go; a new tag may come."""
    docker = artifactregistry_v1.Repository.DockerRepositoryConfig(immutable_tags=True)
    wanted = artifactregistry_v1.Repository(name=REPOSITORY, docker_config=docker)
    clients.registry.update_repository(
        request={"repository": wanted, "update_mask": {"paths": ["docker_config"]}}
    )
    first, second = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
    for _ in range(2):
        google.registry.push(f"{IMAGE}:v1", first)
    google.registry.push(f"{IMAGE}:v2", second)
    with pytest.raises(Refusal, match="immutable"):
        google.registry.push(f"{IMAGE}:v1", second)
    with pytest.raises(exceptions.FailedPrecondition, match="immutable"):
        clients.registry.delete_tag(name=f"{REPOSITORY}/packages/hello/tags/v1")
    assert google.registry.digest(f"{IMAGE}:v1") == first


@pytest.mark.parametrize("paths", [[], ["*"], ["kms_key_name"]], ids=["no mask", "all", "by its name"])
def test_a_repositorys_key_is_for_ever(clients: Clients, google: GoogleSandbox, paths: list[str]) -> None:  # noqa: F811 - fixtures
    """It is refused however the update is made, and the same key again is none; a label is written without a mask."""
    key = "projects/demo/locations/europe-west1/keyRings/r/cryptoKeys/k"
    changed = artifactregistry_v1.Repository(name=REPOSITORY, kms_key_name=key)
    with pytest.raises(exceptions.InvalidArgument, match="cannot be changed"):
        clients.registry.update_repository(request={"repository": changed, "update_mask": {"paths": paths}})
    same = artifactregistry_v1.Repository(name=REPOSITORY, labels={"team": "shop"})
    clients.registry.update_repository(request={"repository": same})
    there = clients.registry.get_repository(name=REPOSITORY)
    assert (there.kms_key_name, dict(there.labels)) == ("", {"team": "shop"})


@pytest.mark.parametrize(("cpu", "memory"), [("0.5", "512Mi"), ("1", "256Mi")])
def test_a_job_is_no_smaller_than_jobs_are(
    clients: Clients,  # noqa: F811 - a fixture
    google: GoogleSandbox,  # noqa: F811 - a fixture
    cpu: str,
    memory: str,
) -> None:
    """What a service may make do with is refused for a job."""
    container = run_v2.Container(
        image="gcr.io/cloudrun/hello", resources={"limits": {"cpu": cpu, "memory": memory}}
    )
    job = run_v2.Job(template=run_v2.ExecutionTemplate(template=run_v2.TaskTemplate(containers=[container])))
    jobs = Google(google.grpc_address, google.storage_url).jobs
    with pytest.raises(exceptions.InvalidArgument, match=r"for a job|at least 512Mi"):
        jobs.create_job(parent=PARENT, job_id="nightly", job=job)
