"""What Cloud Run is asked for: a Target, an image and a commit as the service that is to be."""

from __future__ import annotations

import hashlib

from app.deployment import Scene
from app.model import Commit, Image, Target
from gcp.cloud_run import WantedService

# Cloud Run: tag and service name together at most 46 characters, a revision name at most 63.
# https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
TAG_AND_SERVICE = 46
REVISION_NAME = 63
# A first look at the specification needs some image; Cloud Run does not pull it when it only validates.
PLACEHOLDER = "us-docker.pkg.dev/cloudrun/container/hello"


def wanted(scene: Scene, commit: Commit, target: Target, image: Image | None) -> WantedService:
    """The whole specification; `image` is None while it is only validated."""
    settings = scene.world.settings
    return WantedService(
        project=target.project,
        region=target.region,
        name=target.name,
        image=image.reference if image else PLACEHOLDER,
        revision_name=revision_name(target.name, commit.sha, scene.run.id),
        tag=tag(target.name, commit.sha),
        config=target.service,
        service_account=target.service.service_account or settings.runtime_service_account,
        labels=(
            ("managed-by", "servergem"),
            ("commit", commit.sha),
            ("repository-id", str(commit.repository.id)),
        ),
        env=(("SERVERGEM_COMMIT", commit.sha),),
    )


def revision_name(service: str, sha: str, run_id: str) -> str:
    """Own, so that nothing has to be read first; unique per run, the same when a run is repeated."""
    ending = f"-{sha[:7]}-{_letters(run_id)}"
    return service[: REVISION_NAME - len(ending)].rstrip("-") + ending


def tag(service: str, sha: str) -> str:
    """The address a revision has before it serves; at least three characters."""
    return f"v-{sha[:7]}"[: max(3, TAG_AND_SERVICE - len(service))]


def _letters(run_id: str) -> str:
    """Five letters and digits that stand for the run."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:5]
