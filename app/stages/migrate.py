"""Migrate: the release command runs once with the new image, as a Cloud Run job, before any traffic moves."""

from __future__ import annotations

from dataclasses import replace

from app.deployment import Scene
from app.diagnosis import diagnose
from app.model import Blame, Commit, Finding, Image, Stop, Superseded, Target
from app.stages.diagnose import files_of
from app.stages.preflight import Ground
from app.stages.wanted import wanted
from gcp import cloud_run_jobs
from gcp.cloud_run_jobs import Execution, WantedTask

SHELL = ("/bin/sh", "-c")


def migrate(scene: Scene, commit: Commit, target: Target, image: Image, ground: Ground) -> None:
    """Run the command and wait for its end; its failure ends the deployment while the old revision serves."""
    scene.insist()
    settings = scene.world.settings
    service = wanted(scene, commit, target, image, ground.project_number)
    # A revision's name is this run's own, and so is the job's.
    task = WantedTask(
        service, service.revision_name, (*SHELL, target.service.release), settings.release_timeout
    )
    ended = cloud_run_jobs.run(
        scene.world.google,
        task,
        interval=settings.build_poll,
        patience=settings.log_patience,
        on_log=scene.log_line,
        stop=scene.overtaken,
    )
    scene.log_url = ended.log_url
    if successor := scene.successor():
        raise Superseded(successor)
    if not ended.succeeded:
        raise Stop(_failed(scene, commit, target, ended))
    scene.note(f"{target.service.release} ended well")


def _failed(scene: Scene, commit: Commit, target: Target, ended: Execution) -> tuple[Finding, ...]:
    """What the command printed says more than that it failed; the command itself is always named."""
    own = Finding(
        code="release-command-failed",
        title=f"The release command of {target.source_name} failed: {target.service.release}"[:80],
        message=f"{ended.message} No traffic was moved: what served before serves on.",
        fix="Read its log below, mend what it names, and push; it runs again with every deployment.",
        blame=Blame.YOU,
        place=target.place("release"),
        excerpt="\n".join(scene.tail),
        link=ended.log_url,
    )
    found = diagnose("\n".join([*scene.tail, ended.message]), files_of(scene, commit))
    if not found.known:
        return (own,)
    return (replace(own, excerpt=""), *found.findings)
