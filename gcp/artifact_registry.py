"""Artifact Registry: the Docker repository that images go to, and finding an image by its tag."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gcp.bindings import Bound, bound_of
from gcp.cloud import TIMEOUT, Google
from gcp.errors import Denial, GoogleError
from gcp.later import later
from gcp.operations import FIRST_LOOK, finished

if TYPE_CHECKING:
    from google.cloud import artifactregistry_v1 as registry
    from google.iam.v1 import iam_policy_pb2
    from google.protobuf import duration_pb2
else:
    registry = later("google.cloud.artifactregistry_v1")
    iam_policy_pb2 = later("google.iam.v1.iam_policy_pb2")
    duration_pb2 = later("google.protobuf.duration_pb2")

DAY = 86_400
MADE_WITHIN = 60.0
KEPT_VERSIONS, UNTAGGED_DAYS = 30, 14


@dataclass(frozen=True)
class RepositoryInfo:
    """A repository; `format` is Google's name, DOCKER for ours."""

    name: str
    format: str


def repository(google: Google, project: str, region: str, name: str) -> RepositoryInfo | None:
    """The repository, None when there is none."""
    full = _repository(project, region, name)
    found = google.unless_missing(
        "ArtifactRegistry.GetRepository", lambda: google.registry.get_repository, name=full
    )
    return RepositoryInfo(found.name, found.format_.name) if found is not None else None


def test_permissions(
    google: Google, project: str, region: str, name: str, permissions: tuple[str, ...]
) -> frozenset[str]:
    """Those of `permissions` that we hold on the repository; GoogleError NOT_FOUND when there is none."""
    request = iam_policy_pb2.TestIamPermissionsRequest(
        resource=_repository(project, region, name), permissions=list(permissions)
    )
    held: Any = google.ask(
        "ArtifactRegistry.TestIamPermissions",
        lambda: google.registry.test_iam_permissions(request=request, timeout=TIMEOUT),
    )
    return frozenset(held.permissions)


def roles(google: Google, project: str, region: str, name: str) -> Bound:
    """The roles of each member on this very repository."""
    return bound_of(google, "ArtifactRegistry", lambda: google.registry, _repository(project, region, name))


def create_repository(google: Google, project: str, region: str, name: str) -> bool:
    """Make a Docker repository that forgets what nobody needs; False when there is one already, which is as good."""
    request = registry.CreateRepositoryRequest(
        parent=f"projects/{project}/locations/{region}",
        repository_id=name,
        repository=registry.Repository(
            format_=registry.Repository.Format.DOCKER,
            description="Images that ServerGem builds.",
            labels={"managed-by": "servergem"},
            cleanup_policies=_policies(),
        ),
    )
    try:
        operation: Any = google.call(
            "ArtifactRegistry.CreateRepository", lambda: google.registry.create_repository, request=request
        )
        finished(google, "ArtifactRegistry.CreateRepository", operation)
    except GoogleError as error:
        if error.code != "ALREADY_EXISTS":
            raise
        _insist_on_its_end(google, project, region, name)
        return False
    return True


def _insist_on_its_end(google: Google, project: str, region: str, name: str) -> None:
    """A name is taken as soon as somebody begins to make the repository; images go to it once that has ended."""
    until = time.monotonic() + MADE_WITHIN
    while repository(google, project, region, name) is None:
        if time.monotonic() > until:
            still = f"{name} in {region} is being made, and was not there after {MADE_WITHIN:.0f} s"
            raise GoogleError(Denial("DEADLINE_EXCEEDED", still, "ArtifactRegistry.GetRepository"))
        time.sleep(FIRST_LOOK)


def image_digest(
    google: Google, project: str, region: str, repository_name: str, package: str, tag: str
) -> str | None:
    """The digest that a tag stands for, None when there is no such image."""
    name = f"{_repository(project, region, repository_name)}/packages/{quote(package, safe='')}/tags/{tag}"
    found = google.unless_missing("ArtifactRegistry.GetTag", lambda: google.registry.get_tag, name=name)
    return found.version.rpartition("/")[2] if found is not None else None


def delete_version(
    google: Google, project: str, region: str, repository_name: str, package: str, digest: str
) -> None:
    """Remove an image with its tags; one that is gone already is as good."""
    name = f"{_repository(project, region, repository_name)}/packages/{quote(package, safe='')}/versions/{digest}"
    request = registry.DeleteVersionRequest(name=name, force=True)
    try:
        operation: Any = google.call(
            "ArtifactRegistry.DeleteVersion", lambda: google.registry.delete_version, request=request
        )
        finished(google, "ArtifactRegistry.DeleteVersion", operation)
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise


def _repository(project: str, region: str, name: str) -> str:
    return f"projects/{project}/locations/{region}/repositories/{name}"


def _policies() -> dict[str, registry.CleanupPolicy]:
    # https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy
    action = registry.CleanupPolicy.Action
    return {
        "keep-recent": registry.CleanupPolicy(
            id="keep-recent",
            action=action.KEEP,
            most_recent_versions=registry.CleanupPolicyMostRecentVersions(keep_count=KEPT_VERSIONS),
        ),
        "delete-untagged": registry.CleanupPolicy(
            id="delete-untagged",
            action=action.DELETE,
            condition=registry.CleanupPolicyCondition(
                tag_state=registry.CleanupPolicyCondition.TagState.UNTAGGED,
                older_than=duration_pb2.Duration(seconds=UNTAGGED_DAYS * DAY),
            ),
        ),
    }
