"""What stands in Artifact Registry's repositories: images by digest, tags that point to them, and who may have them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field

from google.cloud import artifactregistry_v1 as registry

from sandbox.google.errors import Code, Refusal, not_found
from sandbox.google.operations import Operations
from sandbox.google.state import Projects, now, segments

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
class Shelf:
    """What one repository holds."""

    repository: registry.Repository
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    uploads: dict[tuple[str, str], datetime.datetime] = field(default_factory=dict)

    def insist_on_mutable(self, tag: str) -> None:
        """Raises Refusal where tags stay where they are, and with the image that they have.

        https://cloud.google.com/artifact-registry/docs/docker/troubleshoot#immutable-tags
        """
        if self.repository.docker_config.immutable_tags:
            raise Refusal(
                Code.FAILED_PRECONDITION,
                f"manifest tag {tag} is immutable: the repository has immutable tags",
            )


class Shelves:
    """The repositories of every project and region, as builds and services meet them."""

    def __init__(self, projects: Projects, operations: Operations) -> None:
        self._projects = projects
        self._operations = operations
        self._shelves: dict[str, Shelf] = {}
        self._begun: set[str] = set()
        # Packages that Google's own repositories have not, such as `scratch/python314`.
        self.without: set[str] = set()

    def _shelf(self, name: str) -> Shelf:
        parts = segments(name)
        path = "projects/{projects}/locations/{locations}/repositories/{repositories}".format_map(parts)
        with self._projects.lock:
            shelf = self._shelves.get(path)
        if shelf is None:
            raise not_found()
        return shelf

    def put_repository(self, name: str, wanted: registry.Repository | None = None) -> registry.Repository:
        """The repository is there from now on."""
        repository = registry.Repository(wanted) if wanted else registry.Repository(format_="DOCKER")
        repository.name = name
        repository.create_time = repository.update_time = now()
        with self._projects.lock:
            return self._shelves.setdefault(name, Shelf(repository)).repository

    def push(self, image: str, digest: str) -> None:
        """A tag points to this digest from now on; refused when the repository is not there."""
        reference = Reference.parse(image)
        shelf = self._shelves.get(reference.repository_name) if reference else None
        if reference is None or shelf is None:
            repository = reference.repository if reference else image
            raise not_found(f'name unknown: Repository "{repository}" not found')
        with self._projects.lock:
            shelf.uploads.setdefault((reference.package, digest), now())
            tag = (reference.package, reference.tag or "latest")
            if shelf.tags.get(tag, digest) != digest:
                shelf.insist_on_mutable(tag[1])
            shelf.tags[tag] = digest

    def open_to(self, image: str, permission: str, account: str) -> bool:
        """Whether a service account may do this in the repository of an image; one that is not there bars nobody."""
        name = self.repository_of(image)
        if name not in self._shelves:
            return True
        project = self._projects.known(segments(name)["projects"])
        return self._projects.account_holds(project, name, permission, account)

    def repository_of(self, image: str) -> str:
        """The name of the repository that an image's address names; empty where it names none."""
        reference = Reference.parse(image)
        return reference.repository_name if reference else ""

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
