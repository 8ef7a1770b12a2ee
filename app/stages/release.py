"""Release: a new revision by digest, without traffic, under a tag of its own; what serves stays pinned."""

from __future__ import annotations

from app.deployment import Scene
from app.model import Commit, Image, Revision, Stop, Target
from app.stages.diagnose import of_revision
from app.stages.preflight import Ground
from app.stages.wanted import wanted
from gcp import cloud_run
from gcp.cloud_run import RevisionFailed


def release(scene: Scene, commit: Commit, target: Target, image: Image, ground: Ground) -> Revision:
    """Make the revision, or take the one that an earlier attempt of this run made."""
    scene.insist()
    before = ground.service
    wish = wanted(scene, commit, target, image, ground.project_number)
    try:
        made = cloud_run.release(scene.world.google, wish, before=before)
    except RevisionFailed as failed:
        raise Stop(of_revision(scene, commit, target, failed)) from failed
    return Revision(
        name=made.name,
        url=made.url,
        tag_url=made.tag_url,
        before=before.traffic if before else (),
        etag=made.state.etag,
        first=before is None,
    )
