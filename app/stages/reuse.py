"""Reuse: an image is named by the content that it was built from, and what was built once is not built again."""

from __future__ import annotations

import hashlib

from app.deployment import Scene
from app.model import Build, Commit, Image, Target
from app.stages.trust import means
from app.store.traffic import KnownImage
from gcp import artifact_registry

# Another way of building makes other images of the same content.
RECIPE = "1"


def built_before(scene: Scene, commit: Commit, target: Target) -> Image | None:
    """The image of this very content, when it was built from something trusted and is still there."""
    key = key_of(scene, commit, target)
    if not key:
        return None
    traffic, google = scene.world.store.traffic, scene.world.google
    known = traffic.image(target.project, target.region, key)
    if known is None:
        return None
    repository = means(scene.world.settings, target).repository
    digest = artifact_registry.image_digest(
        google, target.project, target.region, repository, target.source_name, known.tag
    )
    if digest != known.digest:
        traffic.forget_image(target.project, target.region, key)
        return None
    return Image(known.name, known.digest, reused=f"reused from {known.origin}")


def remember(scene: Scene, commit: Commit, target: Target, image: Image, tag: str) -> None:
    """What this content became; nothing of a fork is ever remembered."""
    if key := key_of(scene, commit, target):
        scene.world.store.traffic.built(
            KnownImage(
                target.project,
                target.region,
                key,
                image.name,
                tag,
                image.digest,
                origin_of(commit),
                commit.repository.id,
            )
        )


def origin_of(commit: Commit) -> str:
    """Where an image comes from, in words."""
    number = commit.pull_request
    return f"pull request {number}" if number else f"{commit.short} on {commit.branch}"


def key_of(scene: Scene, commit: Commit, target: Target) -> str:
    """Everything that decides what an image is; empty when it cannot be told, or must not be shared."""
    use, plan = means(scene.world.settings, target), target.service.build
    if not target.content or not use.reusable or plan.kind is Build.AUTO:
        return ""
    parts = [
        RECIPE,
        str(commit.repository.id),
        use.repository,
        target.source_name,
        target.content,
        plan.kind.value,
    ]
    if plan.kind is Build.DOCKERFILE:
        parts += [plan.dockerfile, plan.target, *(f"{name}={value}" for name, value in plan.args)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
