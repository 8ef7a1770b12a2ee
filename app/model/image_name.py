"""The name of a container image as people write it: where it is, and the tag or digest that is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
PATH = r"[a-z0-9][a-z0-9._:-]*(?:/[a-z0-9][a-z0-9._-]*)+"
LONGEST = 500
TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
DIGEST = r"sha256:[0-9a-f]{64}"
NAME = re.compile(rf"({PATH}?)(?::({TAG}))?(?:@({DIGEST}))?")
# https://cloud.google.com/artifact-registry/docs/docker/names
# Its port may be said, and leads to the same place.
REGISTRY = re.compile(
    r"([a-z0-9-]+)-docker\.pkg\.dev(?::443)?/((?:[a-z0-9-]+\.[a-z0-9.-]+/)?[^/]+)/([^/]+)/(.+)"
)


@dataclass(frozen=True)
class Shelf:
    """A Docker repository of Artifact Registry, and the image's own name in it."""

    project: str
    location: str
    repository: str
    package: str


@dataclass(frozen=True)
class ImageName:
    """An image's `path` with its host, and one of: a tag, a digest, which goes before a tag beside it."""

    path: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageName | None:
        """What is written, `latest` where it says neither; None when it is no image's name."""
        found = NAME.fullmatch(text) if len(text) <= LONGEST else None
        if found is None:
            return None
        path, tag, digest = found[1], found[2] or "", found[3] or ""
        return cls(path, "" if digest else tag or "latest", digest)

    @property
    def shelf(self) -> Shelf | None:
        """Where it is in Artifact Registry; None for any other registry. A domain before a project ends with `/`."""
        found = REGISTRY.fullmatch(self.path)
        if found is None:
            return None
        return Shelf(found[2].replace("/", ":"), found[1], found[3], found[4])

    def at(self, digest: str) -> ImageName:
        """The same image by its digest."""
        return replace(self, tag="", digest=digest)

    def __str__(self) -> str:
        return f"{self.path}@{self.digest}" if self.digest else f"{self.path}:{self.tag}"


def same_image(configured: str, wanted: str) -> str:
    """What is `wanted` where it is another version of what is `configured`, else that; a digest alone is one of it."""
    here, there = ImageName.parse(configured), ImageName.parse(wanted)
    if here and re.fullmatch(DIGEST, wanted):
        return str(here.at(wanted))
    taken = here and there and here.path == there.path and (there.digest or there.shelf)
    return wanted if taken else configured
