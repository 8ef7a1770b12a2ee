"""Migrate: the release command runs once with the new image, as a Cloud Run job, before any traffic moves."""

from __future__ import annotations

from app.deployment import Scene
from app.model import Commit, Image, Target


def migrate(scene: Scene, commit: Commit, target: Target, image: Image) -> None:
    """Run the command and wait for its end; its failure ends the deployment while the old revision serves."""
    raise NotImplementedError
