"""Conditions of bindings as IAM judges them: the words of CEL, what a resource is called, and both at the wire."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from threading import RLock

import pytest
from google.api_core import exceptions
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.type import expr_pb2  # type: ignore[import-untyped]  # it ships no types

from gcp.cloud import Google
from sandbox.google.access import Access
from sandbox.google.errors import Refusal
from sandbox.google.server import GoogleSandbox
from tests.test_sandbox_google import QuickBuilder, QuickRunner

PROJECT, NUMBER = "demo", "4711"
HOME = f"projects/{PROJECT}"
BUCKET, SECRET = f"{HOME}/buckets/sources", f"{HOME}/secrets/db-url"
SERVICE = f"{HOME}/locations/europe-west1/services/shop"
ADA = "user:ada@acme.example"
# A Tuesday, and in Berlin already ten o'clock.
TODAY = datetime.datetime(2026, 3, 10, 9, 30, tzinfo=datetime.UTC)
READ, ACCESS, LOOK = "storage.objects.get", "secretmanager.versions.access", "run.services.get"
ROLES = {
    READ: "roles/storage.objectViewer",
    ACCESS: "roles/secretmanager.secretAccessor",
    LOOK: "roles/run.viewer",
}
OBJECT = f"{BUCKET}/objects/shop/1.tar.gz"

ROWS = (
    ('resource.name.startsWith("projects/_/buckets/sources/objects/shop/")', OBJECT, READ, True),
    ('resource.name.startsWith("projects/_/buckets/sources/objects/shop/")', BUCKET, READ, False),
    ("resource.name.startsWith('projects/_/buckets/forks')", OBJECT, READ, False),
    (f'resource.name == "projects/{NUMBER}/secrets/db-url/versions/1"', f"{SECRET}/versions/1", ACCESS, True),
    (f'resource.name.startsWith("projects/{PROJECT}/secrets/")', f"{SECRET}/versions/1", ACCESS, False),
    ('resource.type == "secretmanager.googleapis.com/Secret"', SECRET, ACCESS, True),
    ('resource.type in ["storage.googleapis.com/Object", "x"]', OBJECT, READ, True),
    ('resource.service != "storage.googleapis.com"', OBJECT, READ, False),
    ('resource.name.endsWith(".tar.gz") && !resource.name.endsWith("2.tar.gz")', OBJECT, READ, True),
    ('resource.name.extract("/objects/{folder}/") == "shop"', OBJECT, READ, True),
    ('resource.name.extract("/nowhere/{folder}/") == ""', OBJECT, READ, True),
    ('request.time < timestamp("2026-03-10T10:30:00+01:00")', OBJECT, READ, False),
    ('request.time < timestamp("2026-03-10T09:30:01Z")', SERVICE, LOOK, True),
    ('request.time > timestamp("2026-03-10T08:00:00Z") + duration("5400s")', SERVICE, LOOK, False),
    ('request.time >= timestamp("2026-03-10T08:00:00Z") + duration("1h30m")', SERVICE, LOOK, True),
    ('request.time > date("2026-03-10")', SERVICE, LOOK, True),
    ('request.time.getHours("Europe/Berlin") == 10 && request.time.getHours() == 9', SERVICE, LOOK, True),
    ("request.time.getDayOfWeek() >= 1 && request.time.getDayOfWeek() <= 5", SERVICE, LOOK, True),
    ("request.time.getMonth() == 2 && request.time.getDate() == 10", SERVICE, LOOK, True),
    # Cloud Run provides no name: what cannot be judged grants nothing, unless another word decides.
    ('resource.name.startsWith("projects/")', SERVICE, LOOK, False),
    ('resource.name.startsWith("projects/") || request.time.getFullYear() == 2026', SERVICE, LOOK, True),
    ('(resource.name == "x" && false) || true', SERVICE, LOOK, True),
    ('request.time.getFullYear() == 2026 || resource.name == "x"', SERVICE, LOOK, True),
    ('!(request.time.getFullYear() == 2025 && resource.name == "x")', SERVICE, LOOK, True),
    ('request.time < "2027"', SERVICE, LOOK, False),
)


def bound(expression: str, role: str, member: str = ADA) -> policy_pb2.Policy:
    condition = expr_pb2.Expr(title="sometimes", expression=expression)
    return policy_pb2.Policy(
        version=3, bindings=[policy_pb2.Binding(role=role, members=[member], condition=condition)]
    )


def access() -> Access:
    found = Access(lambda: 0.0, lambda _: "", RLock(), lambda _: NUMBER)
    found.today = lambda: TODAY
    return found


@pytest.mark.parametrize(("expression", "resource", "permission", "held"), ROWS)
def test_a_role_is_had_where_its_condition_is_true(
    expression: str, resource: str, permission: str, held: bool
) -> None:
    """Of the resource that is asked about, by the name that IAM has for it, and of the moment of the request."""
    found = access()
    found.replace(HOME, bound(expression, ROLES[permission]), 0.0)
    assert bool(found.held(resource, [permission], ADA)) is held


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('resource.matchTag("1/env", "prod")', "SANDBOX: it cannot judge resource.matchTag"),
        ('"x" in request.auth.access_levels', "SANDBOX: it cannot judge request.auth"),
        ('resource.name.contains("x")', r"SANDBOX: it cannot judge contains\(\)"),
        ("request.time <", "failed to compile"),
        ("resource.name == 'x", "failed to compile"),
        ("(true", "failed to compile"),
        ("true false", "failed to compile"),
    ],
)
def test_what_cannot_be_judged_is_refused_when_it_is_written(expression: str, said: str) -> None:
    """A condition that the sandbox would have to guess is never taken for one that grants, or that does not."""
    with pytest.raises(Refusal, match=said):
        access().replace(HOME, bound(expression, ROLES[READ]), 0.0)


@pytest.mark.parametrize(
    ("role", "member"), [("roles/viewer", ADA), ("roles/storage.objectViewer", "allUsers")]
)
def test_some_bindings_have_no_condition(role: str, member: str) -> None:
    """Neither basic roles nor everybody may be bound with one."""
    with pytest.raises(Refusal, match="Conditions can't be set"):
        access().replace(HOME, bound("true", role, member), 0.0)


@pytest.fixture
def google(tmp_path: Path) -> Iterator[GoogleSandbox]:
    """A project of its caller's, who owns it."""
    sandbox = GoogleSandbox(tmp_path, QuickRunner(), QuickBuilder())
    sandbox.start()
    sandbox.provisioned_project(PROJECT)
    sandbox.storage.put_bucket(sandbox.projects.known(PROJECT), "sources")
    yield sandbox
    sandbox.stop()


def test_one_folder_of_a_bucket_at_the_wire(google: GoogleSandbox) -> None:
    """Who may fetch and put what is in one folder does so with the real client, and nothing beside it."""
    clients = Google(google.grpc_address, google.storage_url)
    bucket = clients.storage.bucket("sources")
    for name in ("shop/1.txt", "till/1.txt"):
        bucket.blob(name).upload_from_string("x")
    google.projects.caller = ADA
    inside = 'resource.name.startsWith("projects/_/buckets/sources/objects/shop/")'
    google.projects.access.replace(BUCKET, bound(inside, "roles/storage.objectUser"), 0.0)
    google.projects.access.unbind(HOME, "roles/owner", ADA)
    assert bucket.blob("shop/1.txt").download_as_bytes() == b"x"
    bucket.blob("shop/2.txt").upload_from_string("y")
    for refused in (
        lambda: bucket.blob("till/1.txt").download_as_bytes(),
        lambda: bucket.blob("till/2.txt").upload_from_string("y"),
        lambda: list(bucket.list_blobs()),
    ):
        with pytest.raises(exceptions.Forbidden):
            refused()


def test_a_right_that_ends_at_the_wire(google: GoogleSandbox) -> None:
    """SetIamPolicy takes a role until a moment, and after it the same call is denied; what it cannot judge it says."""
    clients = Google(google.grpc_address, google.storage_url)
    policy = google.projects.access.policy(HOME)
    policy.version = 3
    policy.bindings.extend(
        bound('request.time < timestamp("2026-03-10T12:00:00Z")', "roles/browser").bindings
    )
    clients.projects.set_iam_policy(request=iam_policy_pb2.SetIamPolicyRequest(resource=HOME, policy=policy))
    policy = google.projects.access.policy(HOME)
    policy.bindings.extend(bound('resource.matchTag("1/env", "prod")', "roles/browser").bindings)
    with pytest.raises(exceptions.MethodNotImplemented, match="SANDBOX"):
        clients.projects.set_iam_policy(
            request=iam_policy_pb2.SetIamPolicyRequest(resource=HOME, policy=policy)
        )
    google.projects.caller = ADA
    google.projects.access.today = lambda: TODAY
    assert clients.projects.get_project(name=HOME).project_id == PROJECT
    google.projects.access.today = lambda: TODAY + datetime.timedelta(hours=3)
    with pytest.raises(exceptions.PermissionDenied):
        clients.projects.get_project(name=HOME)
