"""The sandbox counts calls a minute as Google's quotas do, and refuses in Google's words what is too much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from app.retry import Policy
from gcp.errors import Denial, GoogleError, _wait_for
from sandbox.google import table
from sandbox.google.operations import pb
from sandbox.google.quotas import QUOTAS, Quota, quota_of
from sandbox.google.server import GoogleSandbox
from tests.conftest import House, eventually
from tests.test_sandbox_google import QuickBuilder, QuickRunner
from tests.test_sandbox_iam import Clock

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
}  # fmt: skip


@pytest.fixture
def google(tmp_path: Path) -> Iterator[GoogleSandbox]:
    """A project with what the samples are about; two calls a minute of each kind are allowed."""
    made = GoogleSandbox(tmp_path, QuickRunner(), QuickBuilder())
    project = made.provisioned_project("demo")
    project.apis["secretmanager.googleapis.com"] = 0.0
    made.secrets.put("demo", "k", "hush")
    made.behaviour.clock = Clock()
    made.behaviour.quotas = dict.fromkeys(SAMPLES, 2)
    made.start()
    yield made
    made.stop()


def refusal(google: GoogleSandbox, quota: Quota, place: str = HERE) -> Any:
    """What is raised by one call of this kind that the minute has no room for; None where it had."""
    call, field, on = SAMPLES[quota.name]
    request = pb(METHODS[call].request())
    setattr(request, field, on.replace("R", place))
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
    assert f"limit '{quota.limit}' of service '{quota.service}'" in refused.details()
    assert b"RATE_LIMIT_EXCEEDED" in dict(refused.trailing_metadata())["grpc-status-details-bin"]
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


@pytest.mark.parametrize("name", ["run.read", "run.write", "build.get", "registry.read"])
def test_a_push_outlasts_a_minute_that_is_used_up(house: House, name: str) -> None:
    """Somebody else has used it up; the deployment asks again until there is room, and goes live."""
    google = house.world.google
    google.behaviour.quotas[name] = 0
    sha = house.repository("hello-python").push("Say hello")
    eventually(lambda: google.projects.quotas.refused[name], "a refusal", house.log_tail)
    google.behaviour.quotas[name] = 6000
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
