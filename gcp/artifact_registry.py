"""Artifact Registry: the Docker repository that images go to, and finding an image by its tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from google.cloud import artifactregistry_v1 as registry
from google.protobuf import duration_pb2

from gcp.cloud import TIMEOUT, Google
from gcp.errors import GoogleError
from gcp.operations import finished

DAY = 86_400
KEPT_VERSIONS, UNTAGGED_DAYS = 30, 14


@dataclass(frozen=True)
class RepositoryInfo:
    """A repository; `format` is Google's name, DOCKER for ours."""

    name: str
    format: str


def repository(google: Google, project: str, region: str, name: str) -> RepositoryInfo | None:
    """The repository, None when there is none."""
    try:
        found = google.ask(
            "ArtifactRegistry.GetRepository",
            lambda: google.registry.get_repository(
                name=_repository(project, region, name), retry=None, timeout=TIMEOUT
            ),
        )
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return None
        raise
    return RepositoryInfo(found.name, found.format_.name)


def create_repository(google: Google, project: str, region: str, name: str) -> None:
    """Make a Docker repository that forgets what nobody needs; one that is there already is as good."""
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
        operation: Any = google.ask(
            "ArtifactRegistry.CreateRepository",
            lambda: google.registry.create_repository(request=request, retry=None, timeout=TIMEOUT),
        )
        finished(google, "ArtifactRegistry.CreateRepository", operation)
    except GoogleError as error:
        if error.code != "ALREADY_EXISTS":
            raise


def image_digest(
    google: Google, project: str, region: str, repository_name: str, package: str, tag: str
) -> str | None:
    """The digest that a tag stands for, None when there is no such image."""
    name = f"{_repository(project, region, repository_name)}/packages/{quote(package, safe='')}/tags/{tag}"
    try:
        found = google.ask(
            "ArtifactRegistry.GetTag",
            lambda: google.registry.get_tag(
                request=registry.GetTagRequest(name=name), retry=None, timeout=TIMEOUT
            ),
        )
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return None
        raise
    return found.version.rpartition("/")[2]


def delete_version(
    google: Google, project: str, region: str, repository_name: str, package: str, digest: str
) -> None:
    """Remove an image with its tags; one that is gone already is as good."""
    name = f"{_repository(project, region, repository_name)}/packages/{quote(package, safe='')}/versions/{digest}"
    request = registry.DeleteVersionRequest(name=name, force=True)
    try:
        operation: Any = google.ask(
            "ArtifactRegistry.DeleteVersion",
            lambda: google.registry.delete_version(request=request, retry=None, timeout=TIMEOUT),
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
