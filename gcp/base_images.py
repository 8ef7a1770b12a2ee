"""Base images: Google's own, which Cloud Run lays below an image that has none and keeps patching; how one is built.

https://cloud.google.com/run/docs/configuring/services/automatic-base-image-updates
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gcp import artifact_registry

if TYPE_CHECKING:
    from gcp.cloud import Google

# They are in every region of Artifact Registry: https://cloud.google.com/docs/buildpacks/run-images
PROJECT = "serverless-runtimes"
BUILDER_TAG, SCRATCH_TAG = "public-image-current", "latest"


@dataclass(frozen=True)
class Makers:
    """What makes an image without a base, each by its digest: the builder, and the empty image that is built upon."""

    builder: str
    run_image: str


def address(region: str, base: str) -> str:
    """A base image (`google-24-full/python314`) where a service of this region takes it from."""
    stack, _, runtime = base.partition("/")
    return f"{_registry(region)}/{stack}/runtimes/{runtime}"


def makers(google: Google, region: str, base: str, language: str) -> Makers | None:
    """What makes images for a base image, None where Google has none of it in this region."""
    stack, _, runtime = base.partition("/")
    builder = _pinned(google, region, stack, f"builder/{language}", BUILDER_TAG)
    run_image = _pinned(google, region, stack, f"scratch/{runtime}", SCRATCH_TAG)
    return Makers(builder, run_image) if builder and run_image else None


def _pinned(google: Google, region: str, stack: str, package: str, tag: str) -> str:
    digest = artifact_registry.image_digest(google, PROJECT, region, stack, package, tag)
    return f"{_registry(region)}/{stack}/{package}@{digest}" if digest else ""


def _registry(region: str) -> str:
    return f"{region}-docker.pkg.dev/{PROJECT}"
