"""Remove: a preview's service, its jobs and workers, and what was built for it alone; each may be gone already."""

from __future__ import annotations

from collections.abc import Callable

from app.acts.images import origin_of, place_of
from app.acts.prepared import has_jobs, has_workers
from app.model import Target
from app.scene import InLane
from gcp import (
    artifact_registry,
    cloud_run,
    cloud_run_images,
    cloud_run_jobs,
    named_jobs,
    worker_pools,
)
from gcp.cloud import Google
from gcp.cloud_run import ServiceState
from gcp.conflicts import decided_anew
from gcp.errors import GoogleError
from gcp.named_jobs import JobState
from gcp.worker_pools import WorkerState


def remove(scene: InLane, target: Target, merged: bool) -> None:
    """Take the service away. What was merged keeps its image: the default branch deploys it without building."""
    scene.insist()
    google, project, region = scene.world.google, target.project, target.region

    def decide(_again: bool) -> None:
        state = cloud_run.service(google, project, region, target.name)
        scene.insist_on_ours(target, state)
        # First, while the service's labels say that there are any: whoever comes again is to look for them too.
        _remove_beside(scene, target, state)
        if state is not None:
            cloud_run.delete_service(google, project, region, target.name, etag=state.etag)

    decided_anew(google, decide, service="Services")
    scene.note(f"removed the Cloud Run service {target.name}")
    if not merged:
        _remove_images(scene, target)


def _remove_beside(scene: InLane, target: Target, state: ServiceState | None) -> None:
    """Remove jobs and workers, if there may be any; when the service is gone, its labels cannot tell, so we look."""
    google, project, region = scene.world.google, target.project, target.region
    jobs, workers = has_jobs(target, state), has_workers(target, state)
    if jobs or state is None:
        for name in _of(scene, target, "jobs", named_jobs.jobs, sure=jobs):
            cloud_run_jobs.delete(google, project, region, name)
            scene.note(f"removed the job {name}")
    if workers or state is None:
        for name in _of(scene, target, "workers", worker_pools.workers, sure=workers):
            worker_pools.delete(google, project, region, name)
            scene.note(f"removed the worker {name}")


def _of(
    scene: InLane,
    target: Target,
    what: str,
    every: Callable[[Google, str, str], tuple[JobState | WorkerState, ...]],
    *,
    sure: bool,
) -> tuple[str, ...]:
    """The names of this preview's own. A refusal to look is an error only when we are `sure` that there are some."""
    try:
        found = every(scene.world.google, target.project, target.region)
    except GoogleError as refused:
        if sure or refused.code != "PERMISSION_DENIED":
            raise
        scene.note(f"could not look for its {what}: ServerGem may not see them ({refused.permission})")
        return ()
    return tuple(each.name for each in found if scene.owns_beside(target, each.labels))


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
