"""The sandbox counts calls a minute as Google's quotas do, and refuses in Google's words what is too much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions as api
from google.protobuf import json_format

from app.retry import Policy
from gcp.errors import Denial, GoogleError, _wait_for, from_exception
from gcp.kinds import Kind
from sandbox.google import table
from sandbox.google.operations import pb
from sandbox.google.quotas import QUOTAS, Quota, quota_of
from sandbox.google.server import GoogleSandbox
from tests.conftest import House, eventually
from tests.test_sandbox_google import QuickBuilder, QuickRunner
from tests.test_sandbox_iam import Clock

ACCOUNT = "own@demo.iam.gserviceaccount.com"
HOME, HERE, THERE = "projects/demo", "locations/europe-west1", "locations/us-central1"
METHODS = {each.name: each for each in table.methods().values()}
# For each quota a call that is counted in it, its field, and what it is made on; R is a place.
SAMPLES = {
    "run.read": ("Services.ListServices", "parent", f"{HOME}/R"),
    "run.write": ("Services.DeleteService", "name", f"{HOME}/R/services/s"),
    "build.get": ("CloudBuild.GetBuild", "name", f"{HOME}/R/builds/b"),
    "secrets.access": ("SecretManagerService.AccessSecretVersion", "name", f"{HOME}/secrets/k/versions/1"),
    "secrets.read": ("SecretManagerService.ListSecrets", "parent", HOME),
    "secrets.write": ("SecretManagerService.AddSecretVersion", "parent", f"{HOME}/secrets/k"),
    "registry.delete": ("ArtifactRegistry.DeleteVersion", "name",
                        f"{HOME}/R/repositories/servergem/packages/p/versions/v"),
    "registry.write": ("ArtifactRegistry.CreateTag", "parent", f"{HOME}/R/repositories/servergem/packages/p"),
    "registry.read": ("ArtifactRegistry.ListRepositories", "parent", f"{HOME}/R"),
    "build.create": ("CloudBuild.CreateBuild", "parent", f"{HOME}/R"),
    "projects.get": ("Projects.GetProject", "name", HOME),
    "projects.read": ("Projects.TestIamPermissions", "resource", HOME),
    "projects.write": ("Projects.SetIamPolicy", "resource", HOME),
    "iam.read": ("IAM.TestIamPermissions", "resource", f"{HOME}/serviceAccounts/{ACCOUNT}"),
    "iam.write": ("IAM.CreateServiceAccount", "name", HOME),
    "usage.read": ("ServiceUsage.BatchGetServices", "parent", HOME),
    "usage.write": ("ServiceUsage.EnableService", "name", f"{HOME}/services/run.googleapis.com"),
    "billing": ("CloudBilling.GetProjectBillingInfo", "name", HOME),
    "scheduler.read": ("CloudScheduler.GetJob", "name", f"{HOME}/R/jobs/j"),
    "scheduler.write": ("CloudScheduler.DeleteJob", "name", f"{HOME}/R/jobs/j"),
    "logging.read": ("LoggingServiceV2.ListLogEntries", "resource_names", HOME),
}  # fmt: skip


@pytest.fixture
def google(tmp_path: Path) -> Iterator[GoogleSandbox]:
    """A project with what the samples are about; two calls a minute of each kind are allowed."""
    made = GoogleSandbox(tmp_path, QuickRunner(), QuickBuilder())
    project = made.provisioned_project("demo")
    for name in ("secretmanager", "cloudscheduler"):
        project.apis[f"{name}.googleapis.com"] = 0.0
    project.service_accounts.add(ACCOUNT)
    made.secrets.put("demo", "k", "hush")
    made.behaviour.clock = Clock()
    made.behaviour.quotas = dict.fromkeys(SAMPLES, 2)
    made.start()
    yield made
    made.stop()


def refusal(google: GoogleSandbox, quota: Quota, place: str = HERE) -> Any:
    """What is raised by one call of this kind that the minute has no room for; None where it had."""
    call, field, on = SAMPLES[quota.name]
    named = on.replace("/R/", f"/{place}/").removesuffix("/R") + (f"/{place}" if on.endswith("/R") else "")
    return answered(google, call, {field: [named] if field == "resource_names" else named})


def answered(google: GoogleSandbox, call: str, words: dict[str, Any]) -> Any:
    """The refusal for want of quota that this call meets, if it does."""
    request = json_format.ParseDict(words, pb(METHODS[call].request()))
    with grpc.insecure_channel(google.grpc_address) as channel:
        try:
            channel.unary_unary(METHODS[call].path, None, None)(request.SerializeToString(), timeout=20)
        except grpc.RpcError as error:
            refused: Any = error
            return refused if refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED else None
    return None


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: quota.name)
def test_a_minute_has_what_the_quota_allows(google: GoogleSandbox, quota: Quota) -> None:
    """The third call of a minute is refused with what ServerGem reads, another place has its own, and time heals it."""
    assert quota_of(SAMPLES[quota.name][0]) == quota
    assert refusal(google, quota) is None and refusal(google, quota) is None
    refused = refusal(google, quota)
    assert refused is not None
    raised = api.from_grpc_error(refused)  # type: ignore[no-untyped-call]  # it ships no types
    told = from_exception(raised, SAMPLES[quota.name][0])
    assert (told.kind, told.reason, told.service) == (Kind.RATE, "RATE_LIMIT_EXCEEDED", quota.service)
    assert quota.limit in told.denial.quota
    assert f"quota metric '{quota.title}' and limit '{quota.title} per minute" in told.message
    assert (refusal(google, quota, THERE) is None) is quota.regional
    clock = google.behaviour.clock
    assert isinstance(clock, Clock)
    clock.now = 59.0
    assert refusal(google, quota) is not None
    clock.now = 60.0
    assert refusal(google, quota) is None


def test_google_counts_before_it_judges(google: GoogleSandbox) -> None:
    """Who may not ask uses up the quota all the same."""
    (quota,) = (each for each in QUOTAS if each.name == "run.read")
    google.projects.caller = "user:stranger@example.com"
    assert refusal(google, quota) is None and refusal(google, quota) is None
    assert refusal(google, quota) is not None


def test_a_secret_has_64_kib_at_most(google: GoogleSandbox) -> None:
    """A byte more is refused, and the version before stays the newest."""
    with grpc.insecure_channel(google.grpc_address) as channel:
        add = channel.unary_unary(METHODS["SecretManagerService.AddSecretVersion"].path, None, None)
        request = pb(METHODS["SecretManagerService.AddSecretVersion"].request())
        request.parent, request.payload.data = f"{HOME}/secrets/k", b"x" * (64 * 1024)
        add(request.SerializeToString(), timeout=20)
        request.payload.data += b"x"
        with pytest.raises(grpc.RpcError) as refused:
            add(request.SerializeToString(), timeout=20)
    error: Any = refused.value
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert len(google.secrets.value("demo", "k", "latest") or "") == 64 * 1024


def test_figures_are_googles_where_nobody_asked_for_more(google: GoogleSandbox) -> None:
    """Sixty writes to a region of Cloud Run, and not one more."""
    google.behaviour.quotas = {}
    (quota,) = (each for each in QUOTAS if each.name == "run.write")
    assert quota.allowed == 60
    assert not any(refusal(google, quota) for _ in range(60))
    assert refusal(google, quota) is not None


def test_switching_several_apis_on_counts_as_five_writes(google: GoogleSandbox) -> None:
    """Twelve such calls are a minute's sixty: https://cloud.google.com/service-usage/docs/quotas"""
    google.behaviour.quotas = {}
    words = {"parent": HOME, "serviceIds": ["run.googleapis.com"]}
    assert not any(answered(google, "ServiceUsage.BatchEnableServices", words) for _ in range(12))
    assert answered(google, "ServiceUsage.BatchEnableServices", words)
    single = {"name": f"{HOME}/services/run.googleapis.com"}
    assert answered(google, "ServiceUsage.EnableService", single)


def test_what_is_served_is_counted(google: GoogleSandbox) -> None:
    """But for cancelling a build and for operations, of which no page names a quota."""
    uncounted = {name for name in google.handlers() if not quota_of(name)}
    assert {name for name in uncounted if not name.startswith("Operations.")} == {"CloudBuild.CancelBuild"}


@pytest.mark.parametrize(
    "name",
    ["run.read", "run.write", "build.get", "build.create", "registry.read", "iam.read", "projects.get",
     "projects.read", "usage.read", "billing"],
)  # fmt: skip
def test_a_push_outlasts_a_minute_that_is_used_up(house: House, name: str) -> None:
    """Somebody else has used it up; the deployment asks again until there is room, and goes live."""
    google = house.world.google
    google.behaviour.used_up.add(name)
    sha = house.repository("hello-python").push("Say hello")
    eventually(lambda: google.projects.quotas.refused[name], "a refusal", house.log_tail)
    google.behaviour.used_up.clear()
    assert house.ended(sha)["ending"] == "live", house.log_tail()


def test_a_quota_of_a_minute_is_left_alone_until_its_minute_is_over() -> None:
    """By the waits that are set where nobody sets any: two of them are a minute; one of things is not waited for."""
    policy = Policy()
    waits = [
        _wait_for(fault, policy)
        for fault in (exhausted("RATE_LIMIT_EXCEEDED"), exhausted("RESOURCE_QUOTA_EXCEEDED"))
    ]
    assert waits == [30.0, None]
    assert (policy.attempts - 1) * policy.minute >= 60.0
    assert policy.total > (policy.attempts - 1) * policy.minute


def exhausted(reason: str) -> GoogleError:
    return GoogleError(Denial("RESOURCE_EXHAUSTED", "", "Services.GetService", reason=reason))
