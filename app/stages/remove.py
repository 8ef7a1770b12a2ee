"""Remove: a preview's service and what was built for it alone; each part may be gone already."""

from __future__ import annotations

from app.deployment import Scene
from app.model import Target
from app.stages.reuse import origin_of
from app.stages.trust import means
from gcp import artifact_registry, cloud_run


def remove(scene: Scene, target: Target, *, merged: bool) -> None:
    """Take the service away. What was merged keeps its image: the default branch deploys it without building."""
    scene.insist()
    cloud_run.delete_service(scene.world.google, target.project, target.region, target.name)
    scene.note(f"removed the Cloud Run service {target.name}")
    if not merged:
        _remove_images(scene, target)


def _remove_images(scene: Scene, target: Target) -> None:
    """Images that only this pull request has built."""
    google, traffic = scene.world.google, scene.world.store.traffic
    repository = means(scene.world.settings, target).repository
    removed = 0
    commit = scene.run.commit
    for image in traffic.images_of(commit.repository.id, origin_of(commit)):
        if image.name.rpartition("/")[2] != target.source_name:
            continue
        traffic.forget_image(image.project, image.region, image.key)
        artifact_registry.delete_version(
            google, target.project, target.region, repository, target.source_name, image.digest
        )
        removed += 1
    if removed:
        scene.note(f"removed {removed} image{'s' * (removed != 1)}")
