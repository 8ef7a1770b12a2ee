"""Remove: a preview's service and what was built for it alone; each part may be gone already."""

from __future__ import annotations

from app.acts.images import origin_of, place_of
from app.model import Target
from app.scene import InLane
from gcp import artifact_registry, cloud_run, cloud_run_images
from gcp.conflicts import decided_anew
from gcp.errors import GoogleError


def remove(scene: InLane, target: Target, merged: bool) -> None:
    """Take the service away. What was merged keeps its image: the default branch deploys it without building."""
    scene.insist()
    google, project, region = scene.world.google, target.project, target.region

    def decide(_again: bool) -> None:
        state = cloud_run.service(google, project, region, target.name)
        scene.insist_on_ours(target, state)
        if state is not None:
            cloud_run.delete_service(google, project, region, target.name, etag=state.etag)

    decided_anew(google, decide, service="Services")
    scene.note(f"removed the Cloud Run service {target.name}")
    if not merged:
        _remove_images(scene, target)


def _remove_images(scene: InLane, target: Target) -> None:
    """Images that only this pull request has built, and that nothing else runs or may go back to."""
    google, images, commit = scene.world.google, scene.world.store.images, scene.run.commit
    own = [
        image
        for image in images.images_of(commit.repository.id, origin_of(commit, target))
        if image.name.rpartition("/")[2] == target.source_name
    ]
    running = _running(scene, target) if own else frozenset()
    removed = 0
    for image in own:
        if not images.shared(image) and not (running is None or image.digest in running):
            repository, package = place_of(image)
            artifact_registry.delete_version(
                google, image.project, image.region, repository, package, image.digest
            )
            removed += 1
        # Forgotten last: whoever was killed between the two would find no image to remove.
        images.forget_image(image.project, image.region, image.key)
    if removed:
        scene.note(f"removed {removed} image{'s' * (removed != 1)}")


def _running(scene: InLane, target: Target) -> frozenset[str] | None:
    """The digests that any other revision of the project has; None where we may not see them, and nothing goes."""
    try:
        return cloud_run_images.digests(scene.world.google, target.project, target.region, but_of=target.name)
    except GoogleError as refused:
        if refused.code != "PERMISSION_DENIED":
            raise
        scene.note(f"kept its images: ServerGem may not see what else runs them ({refused.permission})")
        return None
