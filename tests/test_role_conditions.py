"""Roles with a condition: nobody but Google can judge them, so they are neither had nor lacked."""

from __future__ import annotations

from threading import RLock

import pytest
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.type import expr_pb2  # type: ignore[import-untyped]  # it ships no types

from app.trust.accounts import bucket_name
from gcp.bindings import bound_of
from gcp.cloud import Google
from gcp.storage import roles as roles_on_bucket
from sandbox.google.access import Access
from sandbox.world import PROJECT, Sandbox
from tests.test_proof import REGION, SECRET, Desk, bucket_of, desk, stops, warnings, without_roles  # noqa: F401 - a fixture

HOME = f"projects/{PROJECT}"
WHEN = 'resource.name.startsWith("projects/_/buckets/sources")'
READER, BUILDER = "roles/secretmanager.secretAccessor", "roles/cloudbuild.builds.builder"


def conditional(access: Access, resource: str, role: str, member: str) -> None:
    """The role there is the member's where the condition says so."""
    policy = access.policy(resource)
    policy.version = 3
    binding = policy_pb2.Binding(role=role, members=[member], condition=expr_pb2.Expr(expression=WHEN))
    policy.bindings.append(binding)
    access.replace(resource, policy, 0.0)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_an_older_version_of_a_policy_has_no_conditions(version: int) -> None:
    """Who does not ask for version 3 reads a role that there is not, and no condition."""
    access = Access(lambda: 0.0, lambda _: "", RLock())
    conditional(access, HOME, READER, "user:ada@acme.example")
    [told] = access.policy(HOME, version).bindings
    assert bool(told.condition.expression) is (version == 3)
    assert (told.role == READER) is (version == 3)
    assert told.role.startswith(READER)


def closed(desk: Desk) -> str:  # noqa: F811 - the fixture
    """A project of nobody's organisation whose default account has no role; that account, as a member."""
    desk.sandbox.google.secrets.put(PROJECT, "db-url", "postgres://db")
    project = desk.sandbox.google.projects.known(PROJECT)
    project.parent = ""
    without_roles(desk)
    return f"serviceAccount:{project.compute_account}"


@pytest.mark.parametrize("on", [HOME, f"{HOME}/secrets/db-url"])
def test_a_reader_with_a_condition_is_only_said(desk: Desk, on: str) -> None:  # noqa: F811 - the fixture
    """It may let the service read its secret, and may not: a remark, where without any role it would be a stop."""
    member = closed(desk)
    assert "secret-not-readable" in stops(desk.look(SECRET))
    conditional(desk.sandbox.google.projects.access, on, READER, member)
    looked = desk.look(SECRET)
    assert "secret-not-readable" not in stops(looked)
    assert "a role with a condition" in warnings(looked)["secret-not-readable"].message


@pytest.mark.parametrize("where", ["project", "bucket"])
def test_a_builder_with_a_condition_is_only_said(desk: Desk, where: str) -> None:  # noqa: F811 - the fixture
    """On the project as on the bucket that its source is in."""
    member = closed(desk)
    bucket_of(desk.sandbox, PROJECT)
    assert "build-account-powerless" in stops(desk.look())
    name = bucket_name(desk.sandbox.google.projects.known(PROJECT).number, REGION)
    on, role = (
        (HOME, BUILDER) if where == "project" else (f"{HOME}/buckets/{name}", "roles/storage.objectViewer")
    )
    conditional(desk.sandbox.google.projects.access, on, role, member)
    looked = desk.look()
    assert "build-account-powerless" not in stops(looked)
    assert "a role with a condition" in warnings(looked)["build-account-powerless"].message


def test_what_is_read_of_a_policy_keeps_conditions_apart(world: Sandbox) -> None:
    """Of a project and of a bucket: the roles of each member, and of whom no more is known."""
    google, ada, bob = world.google, "user:ada@acme.example", "user:bob@acme.example"
    google.provisioned_project(PROJECT)
    google.storage.put_bucket(google.projects.known(PROJECT), "shelf")
    clients, access = Google(google.grpc_address, google.storage_url), google.projects.access
    for resource in (HOME, f"{HOME}/buckets/shelf"):
        access.bind(resource, "roles/viewer", bob)
        conditional(access, resource, "roles/run.viewer", ada)
    for found in (
        bound_of(clients, "Projects", lambda: clients.projects, HOME),
        roles_on_bucket(clients, "shelf"),
    ):
        assert found.of(bob) == {"roles/viewer"}
        assert not found.of(ada)
        assert found.tells_all_of(bob)
        assert not found.tells_all_of(ada)


def test_a_buckets_policy_with_a_condition_is_not_told_as_an_older_one(world: Sandbox) -> None:
    """Cloud Storage refuses where other APIs leave the condition out."""
    google = world.google
    google.provisioned_project(PROJECT)
    google.storage.put_bucket(google.projects.known(PROJECT), "shelf")
    conditional(google.projects.access, f"{HOME}/buckets/shelf", "roles/run.viewer", "user:ada@acme.example")
    clients = Google(google.grpc_address, google.storage_url)
    with pytest.raises(Exception, match="ask for version 3"):
        clients.storage.bucket("shelf").get_iam_policy(requested_policy_version=1)


def test_a_role_in_a_policy_of_version_1_is_mangled_at_the_wire(world: Sandbox) -> None:
    """A request without options gets version 1."""
    google = world.google
    google.provisioned_project(PROJECT)
    conditional(google.projects.access, HOME, "roles/run.viewer", "user:ada@acme.example")
    clients = Google(google.grpc_address, google.storage_url)
    policy = clients.projects.get_iam_policy(request=iam_policy_pb2.GetIamPolicyRequest(resource=HOME))
    assert policy.version == 1
    assert any("_withcond_" in each.role for each in policy.bindings)


def test_an_api_is_switched_on_by_who_may_not_look_at_how_that_ends(desk: Desk) -> None:  # noqa: F811 - the fixture
    """A repair role of before lacks serviceusage.operations.get: what it has switched on is waited for all the same."""
    google = desk.sandbox.google
    google.disable(PROJECT, "run.googleapis.com")
    google.behaviour.operation_time = 0.2
    google.revoke(PROJECT, "serviceusage.operations.get")
    assert not stops(desk.look())
    assert "run.googleapis.com" in google.projects.known(PROJECT).apis
