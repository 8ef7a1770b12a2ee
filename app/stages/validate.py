"""Validate: the final service specification, asked of Cloud Run before a build minute is paid for."""

from __future__ import annotations

from app.deployment import Scene
from app.model import Commit, Target
from app.stages.wanted import wanted
from gcp import cloud_run


def validate(scene: Scene, commit: Commit, target: Target) -> None:
    """Have Cloud Run check everything but the image, which is not built yet; its refusal ends the deployment."""
    cloud_run.validate(scene.world.google, wanted(scene, commit, target, None))
