"""Google's own repositories of builders, empty images and base images, which everybody reads, in every region.

Which runtime is on which stack: builders/*/acceptance/runtime.bzl of github.com/GoogleCloudPlatform/buildpacks. Where
the builders are: https://cloud.google.com/docs/buildpacks/builders.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

PROJECT = "serverless-runtimes"
STACKS = {
    "google-22-full": ("python310", "python311", "python312", "python313", "nodejs20", "nodejs22"),
    "google-24-full": ("python314", "nodejs24"),
}
TAGS = {"builder": "public-image-current", "scratch": "latest"}
_NAME = re.compile(
    rf"projects/{PROJECT}/locations/[a-z0-9-]+/repositories/(?P<stack>[^/]+)/packages/(?P<package>[^/]+)/tags/(?P<tag>.+)"
)
_REFERENCE = re.compile(
    rf"[a-z0-9-]+-docker\.pkg\.dev/{PROJECT}/(?P<stack>[^/]+)/(?P<package>(?:builder|scratch)/[^:@]+)(?P<end>[:@].+)?"
)


def digest_of(name: str, without: Collection[str] = ()) -> str | None:
    """The digest of one of Google's tags by its resource name; `without` names packages that are not there."""
    found = _NAME.fullmatch(name)
    package = found["package"].replace("%2F", "/") if found else ""
    if found is None or package in without or found["tag"] != TAGS.get(package.partition("/")[0]):
        return None
    return _digest(found["stack"], package) if _there(found["stack"], package) else None


def is_googles(name: str) -> bool:
    """Whether a resource name, or an image's address, is of these repositories."""
    return name.startswith(f"projects/{PROJECT}/") or bool(_REFERENCE.fullmatch(name))


def named(image: str) -> tuple[str, str] | None:
    """Stack and package (`google-24-full`, `scratch/python314`) of an image's address; None where there is none."""
    found = _REFERENCE.fullmatch(image)
    if found is None or not _there(found["stack"], found["package"]):
        return None
    right = (f"@{_digest(found['stack'], found['package'])}", f":{TAGS[found['package'].partition('/')[0]]}")
    return (found["stack"], found["package"]) if found["end"] in right else None


def _there(stack: str, package: str) -> bool:
    kind, _, name = package.partition("/")
    runtimes = STACKS.get(stack, ())
    return name in runtimes if kind == "scratch" else name in {each.rstrip("0123456789") for each in runtimes}


def _digest(stack: str, package: str) -> str:
    return f"sha256:{hashlib.sha256(f'{stack}/{package}'.encode()).hexdigest()}"
