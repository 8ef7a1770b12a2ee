"""What Cloud Run is asked for: a Target, an image and a commit as the service that is to be, and as its jobs."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from app.model import (
    Bundle,
    Commit,
    Image,
    JobConfig,
    ServiceConfig,
    Target,
    TargetJob,
    TargetWorker,
    WorkerConfig,
)
from app.scene import Scene
from app.settings import Settings
from app.trust.accounts import accounts
from app.trust.ownership import COMMIT, INSTALLATION, OF_SERVICE, SCHEDULED, YES, claim
from gcp.cloud_run import OWN_TAG
from gcp.cloud_run_jobs import WantedJob
from gcp.wanted_service import WantedService
from gcp.worker_pools import WantedWorker

# Cloud Run: tag and service name together at most 46 characters, a revision name at most 63.
# https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
TAG_AND_SERVICE = 46
REVISION_NAME = 63
# A first look at the specification needs some image; Cloud Run does not pull it when it only validates.
PLACEHOLDER = "us-docker.pkg.dev/cloudrun/container/hello"


def specification(
    scene: Scene, commit: Commit, target: Target, image: Image | Bundle | None, project_number: int = 0
) -> WantedService:
    """The whole specification; `image` is None, and the project's number unknown, while it is only validated."""
    settings = scene.world.settings
    return WantedService(
        project=target.project,
        region=target.region,
        name=target.name,
        image=image.reference if isinstance(image, Image) else PLACEHOLDER,
        revision_name=revision_name(target.name, commit.sha, scene.run.id),
        tag=tag(target.name, commit.sha),
        config=target.service,
        service_account=accounts(settings, target).runtime_account,
        labels=labels(settings, commit, target),
        env=(("SERVERGEM_COMMIT", commit.sha), *_of_preview(settings, target, project_number)),
        bundle=image if isinstance(image, Bundle) else None,
        named=target.named,
        base=image.base if isinstance(image, Image) else "",
    )


def job_specification(
    scene: Scene,
    commit: Commit,
    target: Target,
    image: Image | Bundle | None,
    job: TargetJob,
    project_number: int = 0,
) -> WantedJob:
    """A job with the service's image, variables, secrets, network and files, and its own over them."""
    config = job.config
    its = replace(target, service=_beside(target, config))
    service = specification(scene, commit, its, image, project_number)
    marks = {OF_SERVICE: target.name} | ({SCHEDULED: YES} if config.schedule else {})
    return WantedJob(
        replace(service, labels=(*service.labels, *marks.items())),
        job.id,
        config.command,
        config.timeout,
        config.args,
        config.tasks,
        config.parallelism,
        config.retries,
    )


def worker_specification(
    scene: Scene,
    commit: Commit,
    target: Target,
    image: Image | Bundle | None,
    worker: TargetWorker,
    project_number: int = 0,
) -> WantedWorker:
    """A worker with the service's image, variables, secrets, network and files, and its own over them."""
    config = worker.config
    its = replace(target, service=_beside(target, config))
    service = specification(scene, commit, its, image, project_number)
    return WantedWorker(
        replace(service, labels=(*service.labels, (OF_SERVICE, target.name))),
        worker.id,
        config.command,
        config.args,
        config.instances,
    )


def _beside(target: Target, job: JobConfig | WorkerConfig) -> ServiceConfig:
    """The service's configuration as its job, or worker, gets it: where both name a variable, the job's counts.

    In a preview a job gets none of the service's variables: one may name the queue that production's worker reads.
    """
    service = replace(target.service, env=()) if target.preview else target.service
    secrets = {name: each for name, each in service.secrets if name not in dict(job.env)} | dict(job.secrets)
    env = {name: text for name, text in (dict(service.env) | dict(job.env)).items() if name not in secrets}
    return replace(
        service,
        env=tuple(env.items()),
        secrets=tuple(secrets.items()),
        cpu=job.cpu,
        memory=job.memory,
        service_account=job.service_account or service.service_account,
    )


def labels(settings: Settings, commit: Commit, target: Target) -> tuple[tuple[str, str], ...]:
    """What marks a service and its revisions as ours; by these the sweep knows whose a preview is."""
    repository = commit.repository
    number = target.preview.number if target.preview else 0
    found = claim(settings.github_app_id, repository.id, number) | {COMMIT: commit.sha}
    if number:
        found[INSTALLATION] = str(repository.installation_id)
    return tuple(found.items())


def _of_preview(settings: Settings, target: Target, number: int) -> tuple[tuple[str, str], ...]:
    """What a preview is told of itself and of its siblings, so that a front end finds its own API."""
    if target.preview is None:
        return ()
    siblings = [
        (
            f"SERVERGEM_URL_{_as_variable(sibling.service)}",
            _address(settings, sibling.name, sibling.region, number),
        )
        for sibling in target.preview.siblings
    ]
    return (
        ("SERVERGEM_PULL_REQUEST", str(target.preview.number)),
        ("SERVERGEM_URL", _address(settings, target.name, target.region, number)),
        *siblings,
    )


def _address(settings: Settings, service: str, region: str, number: int) -> str:
    """Where Cloud Run puts a service: https://cloud.google.com/run/docs/triggering/https-request#deterministic"""
    return settings.service_url.format(service=service, number=number, region=region)


def _as_variable(name: str) -> str:
    return name.upper().replace("-", "_")


def revision_name(service: str, sha: str, deployment_id: str) -> str:
    """A name of our own, so that nothing has to be read first: unique for each run, the same when it is repeated."""
    ending = f"-{sha[:7]}-{_letters(deployment_id)}"
    return service[: REVISION_NAME - len(ending)].rstrip("-") + ending


def tag(service: str, sha: str) -> str:
    """The address a revision has before it serves; at least three characters."""
    return f"{OWN_TAG}{sha[:7]}"[: max(3, TAG_AND_SERVICE - len(service))]


def _letters(deployment_id: str) -> str:
    """Five letters and digits that stand for the run."""
    return hashlib.sha256(deployment_id.encode()).hexdigest()[:5]
