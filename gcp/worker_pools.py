"""Cloud Run worker pools: what a worker is to be; found, made or changed, and removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gcp import service_parts
from gcp.cloud import Google
from gcp.given import Given, given_to_worker
from gcp.later import later
from gcp.operations import finished
from gcp.service_specification import running
from gcp.wanted_service import WantedService

if TYPE_CHECKING:
    from google.api import launch_stage_pb2  # type: ignore[import-untyped]  # it ships no types
    from google.cloud import run_v2
else:
    launch_stage_pb2 = later("google.api.launch_stage_pb2")
    run_v2 = later("google.cloud.run_v2")


@dataclass(frozen=True)
class WantedWorker:
    """Instances with a service's image, variables, secrets and account; without a command, with the image's own."""

    service: WantedService
    name: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    instances: int = 1


@dataclass(frozen=True)
class WorkerState:
    """A worker pool as it stands."""

    name: str
    labels: tuple[tuple[str, str], ...]
    etag: str
    given: Given = Given()


def worker(google: Google, project: str, region: str, name: str) -> WorkerState | None:
    """The worker pool, None when there is none."""
    found = google.unless_missing(
        "WorkerPools.GetWorkerPool",
        lambda: google.worker_pools.get_worker_pool,
        name=full_name(project, region, name),
    )
    return _state(found) if found is not None else None


def workers(google: Google, project: str, region: str) -> tuple[WorkerState, ...]:
    """Every worker pool of a project in a region."""
    request = run_v2.ListWorkerPoolsRequest(parent=f"projects/{project}/locations/{region}", page_size=100)
    found = google.every(
        "WorkerPools.ListWorkerPools", lambda: google.worker_pools.list_worker_pools, request=request
    )
    return tuple(map(_state, found))


def make(google: Google, wanted: WantedWorker) -> None:
    """Make it and wait until it runs; GoogleError ALREADY_EXISTS when there is one, or why it does not run."""
    service = wanted.service
    request = run_v2.CreateWorkerPoolRequest(
        parent=f"projects/{service.project}/locations/{service.region}",
        worker_pool_id=wanted.name,
        worker_pool=specification(wanted),
    )
    method = "WorkerPools.CreateWorkerPool"
    operation: Any = google.call(method, lambda: google.worker_pools.create_worker_pool, request=request)
    finished(google, method, operation)


def change(google: Google, wanted: WantedWorker, found: WorkerState) -> None:
    """Make it what is wanted, whole; GoogleError ABORTED when it has changed since it was `found`."""
    service, wish = wanted.service, specification(wanted)
    wish.name, wish.etag = full_name(service.project, service.region, wanted.name), found.etag
    request, method = run_v2.UpdateWorkerPoolRequest(worker_pool=wish), "WorkerPools.UpdateWorkerPool"
    operation: Any = google.call(method, lambda: google.worker_pools.update_worker_pool, request=request)
    finished(google, method, operation)


def delete(google: Google, project: str, region: str, name: str) -> None:
    """Take it away; it may be gone already."""
    operation: Any = google.unless_missing(
        "WorkerPools.DeleteWorkerPool",
        lambda: google.worker_pools.delete_worker_pool,
        name=full_name(project, region, name),
    )
    if operation is not None:
        finished(google, "WorkerPools.DeleteWorkerPool", operation)


def specification(wanted: WantedWorker) -> run_v2.WorkerPool:
    """The worker pool without its name, with the service's own network and files."""
    service, config = wanted.service, wanted.service.config
    return run_v2.WorkerPool(
        labels=dict(service.labels),
        # What is newer than general has to be asked for by this, and what is general takes it too:
        # https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.workerPools
        launch_stage=launch_stage_pb2.LaunchStage.BETA,
        scaling=run_v2.WorkerPoolScaling(manual_instance_count=wanted.instances),
        template=run_v2.WorkerPoolRevisionTemplate(
            service_account=service.service_account,
            containers=[running(service, wanted.command, wanted.args)],
            volumes=service_parts.volumes(config),
            vpc_access=service_parts.vpc_access(config.vpc),
            encryption_key=config.encryption_key,
        ),
    )


def full_name(project: str, region: str, name: str) -> str:
    """The worker pool as Cloud Run names it."""
    return f"projects/{project}/locations/{region}/workerPools/{name}"


def _state(found: run_v2.WorkerPool) -> WorkerState:
    name, labels = found.name.rpartition("/")[2], tuple(sorted(found.labels.items()))
    return WorkerState(name, labels, found.etag, given_to_worker(found))
