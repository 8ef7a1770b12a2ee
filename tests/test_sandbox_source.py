"""The sandbox's Cloud Run takes source on a base image: what it refuses, who may fetch it, and that it really runs."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from gcp.cloud import Google
from sandbox.google.errors import Refusal
from sandbox.google.run_rules import check_job
from sandbox.google.source_code import MOST_BYTES, check_source
from sandbox.world import PROJECT, Sandbox
from tests.conftest import answer_of

REGION, BUCKET = "europe-west1", "sources-of-a-test"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
SERVER = b"""
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"no build")

HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Hello).serve_forever()
"""


def source(**said: Any) -> run_v2.Container:
    """A container of source that is right, but for what is said."""
    stored = run_v2.SourceCode.CloudStorageSource(bucket=BUCKET, object_="src.tar.gz")
    right = {
        "image": "scratch",
        "source_code": run_v2.SourceCode(cloud_storage_source=stored),
        "base_image_uri": "python314",
        "command": ["python3", "main.py"],
    }
    return run_v2.Container(**(right | said))


def refused(*containers: run_v2.Container) -> str:
    try:
        check_source(run_v2.RevisionTemplate(containers=containers), "CreateServiceRequest")
    except Refusal as refusal:
        return refusal.message
    return ""


WHOLE = "us-central1-docker.pkg.dev/serverless-runtimes/google-24/runtimes/python314"
ZIP = run_v2.SourceCode(cloud_storage_source={"bucket": BUCKET, "object_": "src.rar"})


@pytest.mark.parametrize(
    ("containers", "said"),
    [
        ((source(),), ""),
        ((source(base_image_uri=WHOLE),), ""),
        ((run_v2.Container(image="gcr.io/a/b", base_image_uri="python314"),), ""),
        ((source(image="gcr.io/a/b"),), "must be 'scratch'"),
        ((run_v2.Container(image="scratch"),), "must be 'scratch'"),
        ((source(base_image_uri=""),), "base_image_uri: is required"),
        ((source(base_image_uri="python"),), "unknown base image 'python'"),
        ((source(command=[]),), "command: is required"),
        ((source(), run_v2.Container(image="gcr.io/a/b")), "only one container"),
        ((source(source_code=run_v2.SourceCode(cloud_storage_source={"bucket": "b"})),), "bucket and object"),
        ((source(source_code=ZIP),), "must be a .tar.gz or a .zip"),
    ],
)
def test_a_source_has_a_base_image_a_command_and_no_image(
    containers: tuple[run_v2.Container, ...], said: str
) -> None:
    """What gcloud insists on for --no-build is insisted on here, each by its field."""
    assert said in refused(*containers)
    assert bool(said) == bool(refused(*containers))


def test_a_job_takes_no_base_image() -> None:
    """`base_image_uri` is only supported for services."""
    job = run_v2.Job()
    job.template.template.containers = [source()]
    with pytest.raises(Refusal, match="only supported for services"):
        check_job(job)


@pytest.fixture
def google(world: Sandbox) -> Google:
    """The clients, and an archive in a bucket of the project."""
    project = world.google.projects.known(PROJECT)
    project.apis |= dict.fromkeys(("run.googleapis.com",), 0.0)
    world.google.storage.put_bucket(project, BUCKET, REGION)
    clients = Google(world.google.grpc_address, world.google.storage_url)
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:gz") as tar:
        about = tarfile.TarInfo("main.py")
        about.size = len(SERVER)
        tar.addfile(about, io.BytesIO(SERVER))
    clients.storage.bucket(BUCKET).blob("src.tar.gz").upload_from_string(kept.getvalue())
    return clients


def deployed(google: Google, container: run_v2.Container) -> run_v2.Service:
    template = run_v2.RevisionTemplate(containers=[container])
    wish = run_v2.Service(template=template, invoker_iam_disabled=True)
    operation: Any = google.services.create_service(parent=PARENT, service_id="hello", service=wish)
    made: run_v2.Service = operation.result()
    return made


def test_an_archive_runs_on_its_base_image(google: Google) -> None:
    """Its command starts where it was unpacked, and answers."""
    assert answer_of(deployed(google, source()).uri).text == "no build"


def too_large(world: Sandbox) -> None:
    file = world.google.storage.file(BUCKET, "src.tar.gz")
    assert file is not None
    with file.open("r+b") as kept:
        kept.truncate(MOST_BYTES + 1)


def gone(world: Sandbox) -> None:
    world.google.storage._objects.clear()


def not_for_the_deployer(world: Sandbox) -> None:
    world.google.revoke(PROJECT, "storage.objects.get")


@pytest.mark.parametrize(
    ("before", "code", "said"),
    [
        (too_large, exceptions.InvalidArgument, "larger than 250 MiB"),
        (gone, exceptions.InvalidArgument, "was not found"),
        (not_for_the_deployer, exceptions.PermissionDenied, "storage.objects.get"),
    ],
)
def test_an_archive_that_is_not_there_for_the_deployer_is_refused(
    world: Sandbox, google: Google, before: Callable[[Sandbox], None], code: type[Exception], said: str
) -> None:
    """It exists, has at most 250 MiB, and whoever deploys may read it."""
    before(world)
    with pytest.raises(code, match=said):
        deployed(google, source())


def test_cloud_run_fetches_with_its_own_agent(world: Sandbox, google: Google) -> None:
    """Without the agent's role the revision fails, and says whose right is missing."""
    project = world.google.projects.known(PROJECT)
    access, agent = world.google.projects.access, project.run_agent
    access.unbind(project.name, "roles/run.serviceAgent", f"serviceAccount:{agent}")
    with pytest.raises(exceptions.PermissionDenied, match=agent):
        deployed(google, source())


def test_what_is_no_archive_never_runs(google: Google) -> None:
    """The revision fails where its archive cannot be unpacked."""
    google.storage.bucket(BUCKET).blob("src.tar.gz").upload_from_string(b"no archive")
    with pytest.raises(exceptions.GoogleAPICallError, match="cannot be unpacked"):
        deployed(google, source())


@pytest.mark.parametrize(("start", "end"), [(0, 4), (5, None), (0, None)])
def test_a_part_of_an_object_can_be_read(google: Google, start: int, end: int | None) -> None:
    """A Range gives those bytes and no others."""
    blob = google.storage.bucket(BUCKET).blob("plain")
    blob.upload_from_string(b"0123456789")
    read = blob.download_as_bytes(start=start, end=end, checksum=None)
    assert read == b"0123456789"[start : None if end is None else end + 1]
