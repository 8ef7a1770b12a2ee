"""Artifact Registry: repositories, and the images and tags that builds push into them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Any

from google.cloud import artifactregistry_v1 as registry
from google.protobuf import empty_pb2

from sandbox.google.errors import Code, Refusal, invalid, not_found
from sandbox.google.operations import Operations
from sandbox.google.state import Project, Projects, now, segments

API = "artifactregistry.googleapis.com"
_REPOSITORY_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_REFERENCE = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/(?P<package>[^:@]+)"
    r"(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?\Z"
)


@dataclass(frozen=True)
class Reference:
    """An image's address in Artifact Registry."""

    project: str
    location: str
    repository: str
    package: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, image: str) -> Reference | None:
        match = _REFERENCE.match(image)
        if match is None:
            return None
        found = match.groupdict(default="")
        return cls(
            found["project"],
            found["location"],
            found["repository"],
            found["package"],
            found["tag"] or ("" if found["digest"] else "latest"),
            found["digest"],
        )

    @property
    def repository_name(self) -> str:
        return f"projects/{self.project}/locations/{self.location}/repositories/{self.repository}"


@dataclass
class _Shelf:
    """What one repository holds."""

    repository: registry.Repository
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    uploads: dict[tuple[str, str], datetime.datetime] = field(default_factory=dict)


class ArtifactRegistry:
    """The repositories of every project and region."""

    def __init__(self, projects: Projects, operations: Operations) -> None:
        self._projects = projects
        self._operations = operations
        self._shelves: dict[str, _Shelf] = {}

    def methods(self) -> dict[str, Any]:
        return {
            "ArtifactRegistry.GetRepository": self.get_repository,
            "ArtifactRegistry.CreateRepository": self.create_repository,
            "ArtifactRegistry.UpdateRepository": self.update_repository,
            "ArtifactRegistry.ListRepositories": self.list_repositories,
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

    def _shelf(self, name: str) -> _Shelf:
        parts = segments(name)
        path = "projects/{projects}/locations/{locations}/repositories/{repositories}".format_map(parts)
        with self._projects.lock:
            shelf = self._shelves.get(path)
        if shelf is None:
            raise not_found()
        return shelf

    def get_repository(self, request: Any) -> registry.Repository:
        self._admit(request.name, "repositories.get")
        return self._shelf(request.name).repository

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
            if name in self._shelves:
                raise Refusal(Code.ALREADY_EXISTS, "the repository already exists")
        operation = self._operations.regional(
            project.id, segments(request.parent)["locations"], registry.OperationMetadata()
        )

        def create() -> None:
            operation.succeed(self.put_repository(name, request.repository))

        self._operations.later(self._projects.behaviour.operation_time, create)
        return operation.message()

    def put_repository(self, name: str, wanted: registry.Repository | None = None) -> registry.Repository:
        """The repository is there from now on."""
        repository = registry.Repository(wanted) if wanted else registry.Repository(format_="DOCKER")
        repository.name = name
        repository.create_time = repository.update_time = now()
        with self._projects.lock:
            return self._shelves.setdefault(name, _Shelf(repository)).repository

    def update_repository(self, request: Any) -> registry.Repository:
        self._admit(request.repository.name, "repositories.update")
        shelf = self._shelf(request.repository.name)
        with self._projects.lock:
            for path in request.update_mask.paths:
                setattr(shelf.repository, path, getattr(request.repository, path))
            shelf.repository.update_time = now()
        return shelf.repository

    # -- what builds push

    def push(self, image: str, digest: str) -> None:
        """A tag points to this digest from now on; refused when the repository is not there."""
        reference = Reference.parse(image)
        shelf = self._shelves.get(reference.repository_name) if reference else None
        if reference is None or shelf is None:
            repository = reference.repository if reference else image
            raise not_found(f'name unknown: Repository "{repository}" not found')
        with self._projects.lock:
            shelf.uploads.setdefault((reference.package, digest), now())
            shelf.tags[reference.package, reference.tag or "latest"] = digest

    def digest(self, image: str) -> str | None:
        """What an image reference points to, if it is there."""
        reference = Reference.parse(image)
        shelf = self._shelves.get(reference.repository_name) if reference else None
        if reference is None or shelf is None:
            return None
        with self._projects.lock:
            if reference.digest:
                known = (reference.package, reference.digest) in shelf.uploads
                return reference.digest if known else None
            return shelf.tags.get((reference.package, reference.tag))

    # -- tags and images

    def _tag(self, shelf: _Shelf, package: str, tag: str) -> registry.Tag:
        escaped = package.replace("/", "%2F")
        home = f"{shelf.repository.name}/packages/{escaped}"
        return registry.Tag(name=f"{home}/tags/{tag}", version=f"{home}/versions/{shelf.tags[package, tag]}")

    def _package(self, name: str) -> str:
        return segments(name).get("packages", "").replace("%2F", "/")

    def get_tag(self, request: Any) -> registry.Tag:
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
        operation = self._operations.regional(
            project.id, segments(request.name)["locations"], registry.OperationMetadata()
        )
        operation.succeed(empty_pb2.Empty())
        return operation.message()

    def delete_tag(self, request: Any) -> Any:

        self._admit(request.name, "tags.delete")
        shelf = self._shelf(request.name)
        with self._projects.lock:
            if (
                shelf.tags.pop((self._package(request.name), segments(request.name).get("tags", "")), None)
                is None
            ):
                raise not_found()
        return empty_pb2.Empty()

    def _image(self, shelf: _Shelf, package: str, digest: str) -> registry.DockerImage:
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
