"""Make revision: a new revision by digest, without traffic, under a tag of its own; what serves stays pinned."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from app.acts.prepared import Prepared, has_domain, has_jobs, has_workers
from app.acts.reasons import of_revision
from app.acts.specification import specification
from app.model import Bundle, Commit, Image, Revision, Stop, Target
from app.scene import InLane
from app.trust.ownership import JOBS, MAPPED, WORKERS, YES
from gcp import cloud_run
from gcp.cloud_run import RevisionFailed, ServiceState


def make_revision(
    scene: InLane, commit: Commit, target: Target, image: Image | Bundle, prepared: Prepared
) -> Revision:
    """Make the revision, or take the one that an earlier attempt of this run made."""
    scene.insist()
    before = prepared.service
    wish = specification(scene, commit, target, image, prepared.project_number)
    wish = replace(wish, pinned=prepared.pinned)
    wish = replace(wish, labels=(*wish.labels, *_marks(target, before)))
    try:
        made = cloud_run.make_revision(
            scene.world.google, wish, before=before, insist=partial(_insist, scene, target)
        )
    except RevisionFailed as failed:
        if not (before and before.serving):
            scene.note(f"nothing serves: no revision of {target.name} has become ready yet")
        raise Stop(of_revision(scene, commit, target, failed)) from failed
    return Revision(
        name=made.name,
        url=made.url,
        tag_url=made.tag_url,
        before=before.traffic if before else (),
        etag=made.state.etag,
        first=not (before and before.serving),
    )


def _marks(target: Target, before: ServiceState | None) -> tuple[tuple[str, str], ...]:
    """Labels that say what else there is beside the service, so that it is found when servergem.yml drops it."""
    kept = {JOBS: has_jobs, WORKERS: has_workers, MAPPED: has_domain}
    return tuple((label, YES) for label, has in kept.items() if has(target, before))


def _insist(scene: InLane, target: Target, state: ServiceState | None) -> None:
    """What may have changed since preflight, and what a ServerGem without preflight has not asked."""
    scene.insist_on_ours(target, state)
    scene.insist_on_an_account_of_its_own(target, state)
