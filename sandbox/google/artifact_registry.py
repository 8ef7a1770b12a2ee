"""Artifact Registry: repositories, and the images and tags that builds push into them."""

from __future__ import annotations

import re
from typing import Any

from google.cloud import artifactregistry_v1 as registry
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.protobuf import empty_pb2

from sandbox.google import runtime_images
from sandbox.google.access import asked_version
from sandbox.google.errors import Code, Refusal, invalid, not_found
from sandbox.google.operations import pb
from sandbox.google.registry_shelves import Shelf, Shelves
from sandbox.google.state import Project, now, segments

API = "artifactregistry.googleapis.com"
# "May not be changed after the Repository has been created": its comment in artifactregistry/v1/repository.proto.
_FOR_EVER = "kms_key_name"
# What the library calls otherwise than the proto does.
_PYTHONS = {"format": "format_"}
_REPOSITORY_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")


class ArtifactRegistry(Shelves):
    """The repositories of every project and region, as its API tells of them."""

    def methods(self) -> dict[str, Any]:
        return {
            "ArtifactRegistry.GetRepository": self.get_repository,
            "ArtifactRegistry.CreateRepository": self.create_repository,
            "ArtifactRegistry.UpdateRepository": self.update_repository,
            "ArtifactRegistry.ListRepositories": self.list_repositories,
            "ArtifactRegistry.TestIamPermissions": self.test_permissions,
            "ArtifactRegistry.GetIamPolicy": self.policy,
            "ArtifactRegistry.SetIamPolicy": self.set_policy,
            "ArtifactRegistry.GetTag": self.get_tag,
            "ArtifactRegistry.CreateTag": self.create_tag,
            "ArtifactRegistry.ListTags": self.list_tags,
            "ArtifactRegistry.DeleteTag": self.delete_tag,
            "ArtifactRegistry.DeleteVersion": self.delete_version,
            "ArtifactRegistry.ListDockerImages": self.list_images,
            "ArtifactRegistry.GetDockerImage": self.get_image,
        }

    def _admit(self, name: str, permission: str) -> Project:
        return self._projects.admit(
            segments(name).get("projects", ""), API, f"artifactregistry.{permission}", name
        )

    def get_repository(self, request: Any) -> registry.Repository:
        self._admit(request.name, "repositories.get")
        return self._shelf(request.name).repository

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        self._shelf(request.resource)
        project = self._projects.known(segments(request.resource)["projects"])
        held = self._projects.told(project, request.resource, request.permissions)
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)

    def policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        """Who has a role on this repository alone."""
        self._admit(request.resource, "repositories.getIamPolicy")
        name = self._shelf(request.resource).repository.name
        return self._projects.access.policy(name, asked_version(request))

    def set_policy(self, request: iam_policy_pb2.SetIamPolicyRequest) -> policy_pb2.Policy:
        self._admit(request.resource, "repositories.setIamPolicy")
        name = self._shelf(request.resource).repository.name
        return self._projects.access.replace(name, request.policy, self._projects.behaviour.access_lag)

    def list_repositories(self, request: Any) -> registry.ListRepositoriesResponse:
        self._admit(request.parent, "repositories.list")
        prefix = f"{request.parent}/repositories/"
        return registry.ListRepositoriesResponse(
            repositories=[each.repository for name, each in self._shelves.items() if name.startswith(prefix)]
        )

    def create_repository(self, request: Any) -> Any:
        project = self._admit(request.parent, "repositories.create")
        if not _REPOSITORY_ID.match(request.repository_id):
            raise invalid(f"invalid repository id: {request.repository_id!r}", "repository_id")
        if request.repository.format_ == registry.Repository.Format.FORMAT_UNSPECIFIED:
            raise invalid("format is required", "repository.format")
        name = f"{request.parent}/repositories/{request.repository_id}"
        with self._projects.lock:
            if name in self._shelves or name in self._begun:
                raise Refusal(Code.ALREADY_EXISTS, "the repository already exists")
            self._begun.add(name)
        operation = self._operations.of_registry(
            project, segments(request.parent)["locations"], registry.OperationMetadata()
        )

        def create() -> None:
            operation.succeed(self.put_repository(name, request.repository))
            self._begun.discard(name)

        self._operations.later(self._projects.behaviour.operation_time, create)
        return operation.message()

    def update_repository(self, request: Any) -> registry.Repository:
        self._admit(request.repository.name, "repositories.update")
        shelf = self._shelf(request.repository.name)
        with self._projects.lock:
            for path in _written(request):
                wanted = getattr(request.repository, path)
                if path == _FOR_EVER and wanted != getattr(shelf.repository, path):
                    raise invalid("The field cannot be changed.", f"repository.{path}")
                setattr(shelf.repository, path, wanted)
            shelf.repository.update_time = now()
        return shelf.repository

    # -- tags and images

    def _tag(self, shelf: Shelf, package: str, tag: str) -> registry.Tag:
        escaped = package.replace("/", "%2F")
        home = f"{shelf.repository.name}/packages/{escaped}"
        return registry.Tag(name=f"{home}/tags/{tag}", version=f"{home}/versions/{shelf.tags[package, tag]}")

    def _package(self, name: str) -> str:
        return segments(name).get("packages", "").replace("%2F", "/")

    def get_tag(self, request: Any) -> registry.Tag:
        if runtime_images.is_googles(request.name):
            if (digest := runtime_images.digest_of(request.name, self.without)) is None:
                raise not_found()
            return registry.Tag(
                name=request.name, version=f"{request.name.rpartition('/tags/')[0]}/versions/{digest}"
            )
        self._admit(request.name, "tags.get")
        shelf, tag = self._shelf(request.name), segments(request.name).get("tags", "")
        with self._projects.lock:
            if (self._package(request.name), tag) not in shelf.tags:
                raise not_found()
            return self._tag(shelf, self._package(request.name), tag)

    def create_tag(self, request: Any) -> registry.Tag:
        self._admit(request.parent, "tags.create")
        shelf, package = self._shelf(request.parent), self._package(request.parent)
        digest = request.tag.version.rpartition("/")[2]
        with self._projects.lock:
            if (package, request.tag_id) in shelf.tags:
                raise Refusal(Code.ALREADY_EXISTS, "the tag already exists")
            if (package, digest) not in shelf.uploads:
                raise not_found()
            shelf.tags[package, request.tag_id] = digest
            return self._tag(shelf, package, request.tag_id)

    def list_tags(self, request: Any) -> registry.ListTagsResponse:
        self._admit(request.parent, "tags.list")
        shelf, package = self._shelf(request.parent), self._package(request.parent)
        with self._projects.lock:
            tags = [self._tag(shelf, *key) for key in sorted(shelf.tags) if key[0] == package]
        return registry.ListTagsResponse(tags=tags)

    def delete_version(self, request: Any) -> Any:
        """An image goes, with its tags when `force` says so, else it may have none."""
        project = self._admit(request.name, "versions.delete")
        shelf, package = self._shelf(request.name), self._package(request.name)
        digest = segments(request.name).get("versions", "")
        with self._projects.lock:
            if (package, digest) not in shelf.uploads:
                raise not_found()
            tags = [key for key, points in shelf.tags.items() if key[0] == package and points == digest]
            if tags and not request.force:
                raise Refusal(Code.FAILED_PRECONDITION, "the version has tags; delete them first, or force")
            for key in tags:
                del shelf.tags[key]
            del shelf.uploads[package, digest]
        operation = self._operations.of_registry(
            project, segments(request.name)["locations"], registry.OperationMetadata()
        )
        operation.succeed(empty_pb2.Empty())
        return operation.message()

    def delete_tag(self, request: Any) -> Any:
        self._admit(request.name, "tags.delete")
        shelf = self._shelf(request.name)
        shelf.insist_on_mutable(segments(request.name).get("tags", ""))
        with self._projects.lock:
            if (
                shelf.tags.pop((self._package(request.name), segments(request.name).get("tags", "")), None)
                is None
            ):
                raise not_found()
        return empty_pb2.Empty()

    def _image(self, shelf: Shelf, package: str, digest: str) -> registry.DockerImage:
        parts = segments(shelf.repository.name)
        address = "{locations}-docker.pkg.dev/{projects}/{repositories}".format_map(parts)
        return registry.DockerImage(
            name=f"{shelf.repository.name}/dockerImages/{package.replace('/', '%2F')}@{digest}",
            uri=f"{address}/{package}@{digest}",
            tags=sorted(
                tag for (owner, tag), points in shelf.tags.items() if (owner, points) == (package, digest)
            ),
            upload_time=shelf.uploads[package, digest],
            update_time=shelf.uploads[package, digest],
            media_type="application/vnd.docker.distribution.manifest.v2+json",
        )

    def list_images(self, request: Any) -> registry.ListDockerImagesResponse:
        self._admit(request.parent, "dockerimages.list")
        shelf = self._shelf(request.parent)
        with self._projects.lock:
            images = [self._image(shelf, *key) for key in sorted(shelf.uploads)]
        return registry.ListDockerImagesResponse(docker_images=images)

    def get_image(self, request: Any) -> registry.DockerImage:
        self._admit(request.name, "dockerimages.get")
        shelf = self._shelf(request.name)
        package, _, digest = segments(request.name).get("dockerImages", "").replace("%2F", "/").partition("@")
        with self._projects.lock:
            if (package, digest) not in shelf.uploads:
                raise not_found()
            return self._image(shelf, package, digest)


def _written(request: Any) -> list[str]:
    """The fields that an update writes: those of its mask, or all that it brings: https://google.aip.dev/134"""
    brought = [field.name for field, _ in pb(request.repository).ListFields() if field.name != "name"]
    paths = list(request.update_mask.paths)
    return [_PYTHONS.get(path, path) for path in (brought if paths in ([], ["*"]) else paths)]
