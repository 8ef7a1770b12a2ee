"""Preflight: ask Google everything at once, make what we may make, and name the rest before a build is paid for."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from app.deployment import Scene
from app.model import Blame, Commit, Finding, Stop, Target
from app.stages.order import insist_on_newest, nobody
from app.stages.validate import validate
from gcp import artifact_registry, cloud_run, resource_manager, service_usage, storage
from gcp.cloud_run import ServiceState
from gcp.errors import GoogleError

T = TypeVar("T")

# Their names in Google's own words: https://cloud.google.com/apis/docs/cloud-apis
APIS = {
    "cloudbuild.googleapis.com": "Cloud Build API",
    "run.googleapis.com": "Cloud Run API",
    "artifactregistry.googleapis.com": "Artifact Registry API",
    "storage.googleapis.com": "Cloud Storage API",
    "logging.googleapis.com": "Cloud Logging API",
}
# A project's answers hold for this long, until a denial says otherwise.
REMEMBER_SECONDS = 600.0
# Between two looks at whether Google agrees with what we have just switched on, in seconds.
FIRST_LOOK, LONGEST_LOOK = 0.25, 8.0


@dataclass(frozen=True)
class Ground:
    """What preflight found or made: where sources and images go."""

    project_number: int
    bucket: str
    service: ServiceState | None = None


class Memory:
    """What does not change between deploys, remembered per project and region for a short time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, Ground]] = {}

    def recall(self, target: Target) -> Ground | None:
        until, ground = self._known.get((target.project, target.region), (0.0, None))
        return ground if time.monotonic() < until else None

    def keep(self, target: Target, ground: Ground) -> None:
        self._known[(target.project, target.region)] = (time.monotonic() + REMEMBER_SECONDS, ground)

    def forget(self, target: Target) -> None:
        self._known.pop((target.project, target.region), None)


memory = Memory()


def preflight(scene: Scene, commit: Commit, target: Target, bucket_ready: Future[str]) -> Ground:
    """Order, project, APIs, repository, bucket, and the service's specification before a build is paid for.

    `bucket_ready` lets the upload beside us start as soon as it can.
    """
    try:
        if known := memory.recall(target):
            bucket_ready.set_result(known.bucket)
            return _look_again(scene, commit, target, known)
        ground = _ask(scene, commit, target, bucket_ready)
    except BaseException as error:
        if not bucket_ready.done():
            bucket_ready.set_exception(error)
        raise
    memory.keep(target, ground)
    return ground


def _look_again(scene: Scene, commit: Commit, target: Target, known: Ground) -> Ground:
    """What may have changed since the last deployment: the branch, the specification, the service itself."""
    with ThreadPoolExecutor(3, thread_name_prefix="preflight") as threads:
        newest = _begin(threads, lambda: insist_on_newest(scene.world.github, commit, nobody))
        valid = _begin(threads, lambda: validate(scene, commit, target))
        service = _begin(threads, lambda: _service(scene, target))
    newest.result()
    if faults := _faults(scene, valid, service):
        memory.forget(target)
        raise Stop(faults)
    return replace(known, service=service.result())


def bucket_name(project_number: int, region: str) -> str:
    """Not to be guessed or squatted from the project's id alone: it holds the project's number."""
    return f"servergem-{project_number}-{region}"[:63].rstrip("-")


def _ask(scene: Scene, commit: Commit, target: Target, bucket_ready: Future[str]) -> Ground:
    """Every question at once, each followed by its own repair; all faults are collected, then reported."""
    with ThreadPoolExecutor(7, thread_name_prefix="preflight") as threads:
        newest = _begin(threads, lambda: insist_on_newest(scene.world.github, commit, nobody))
        project = _begin(threads, lambda: _project(scene, target))
        enabled = _begin(threads, lambda: _apis(scene, target))
        bucket = _begin(threads, lambda: _bucket(scene, target, project, enabled))
        repository = _begin(threads, lambda: _repository(scene, target, enabled))
        valid = _begin(threads, lambda: _patiently(scene, enabled, lambda: validate(scene, commit, target)))
        service = _begin(threads, lambda: _patiently(scene, enabled, lambda: _service(scene, target)))
        if bucket.exception() is None:
            bucket_ready.set_result(bucket.result())
    newest.result()
    faults = _faults(scene, project, enabled, bucket, repository, valid, service)
    if faults:
        raise Stop(faults)
    return Ground(project.result(), bucket.result(), service.result())


def _begin(threads: ThreadPoolExecutor, work: Callable[[], T]) -> Future[T]:
    return threads.submit(contextvars.copy_context().run, work)


def _faults(
    scene: Scene,
    *answers: Future[int]
    | Future[str]
    | Future[tuple[str, ...]]
    | Future[None]
    | Future[ServiceState | None],
) -> tuple[Finding, ...]:
    """The findings of all answers, each cause once; a fault of our own is raised as it is."""
    found: dict[tuple[str, str], Finding] = {}
    for answer in answers:
        error = answer.exception()
        if error is None:
            continue
        if not isinstance(error, Stop | GoogleError):
            raise error
        for finding in error.findings if isinstance(error, Stop) else (scene.explain(error),):
            found.setdefault((finding.code, finding.title), finding)
    return tuple(found.values())


def _project(scene: Scene, target: Target) -> int:
    """The project's number; Stop when it cannot be used."""
    project = resource_manager.get_project(scene.world.google, target.project)
    if project.state != "ACTIVE":
        raise Stop((_project_is(target, project.state),))
    return int(project.number)


def _apis(scene: Scene, target: Target) -> tuple[str, ...]:
    """Switch on what is off, in one batch; the APIs that were off."""
    states = service_usage.states(scene.world.google, target.project, tuple(APIS))
    off = tuple(api for api in APIS if not states.get(api))
    if not off:
        return ()
    if not scene.world.settings.enable_apis:
        raise Stop(tuple(_api_is_off(target, api) for api in off))
    service_usage.enable(scene.world.google, target.project, off)
    for api in off:
        scene.made(f"enabled the {APIS[api]} ({api})")
    return off


def _bucket(scene: Scene, target: Target, project: Future[int], enabled: Future[tuple[str, ...]]) -> str:
    """The bucket for sources, made when missing; Stop when somebody else owns its name."""
    google, name = scene.world.google, bucket_name(project.result(), target.region)
    found = _patiently(scene, enabled, lambda: storage.bucket(google, name))
    if found is None:
        _patiently(scene, enabled, lambda: storage.create_bucket(google, target.project, name, target.region))
        scene.made(f"created source bucket {name} in {target.region}")
    elif int(found.project_number) != project.result():
        raise Stop((_bucket_is_foreign(target, name),))
    return name


def _repository(scene: Scene, target: Target, enabled: Future[tuple[str, ...]]) -> None:
    """The Docker repository for images, made when missing."""
    google, name = scene.world.google, scene.world.settings.repository
    project, region = target.project, target.region
    if (
        _patiently(scene, enabled, lambda: artifact_registry.repository(google, project, region, name))
        is None
    ):
        _patiently(scene, enabled, lambda: artifact_registry.create_repository(google, project, region, name))
        scene.made(f"created Artifact Registry repository {name} in {region}")


def _service(scene: Scene, target: Target) -> ServiceState | None:
    """The service as it stands before this deployment."""
    return cloud_run.service(scene.world.google, target.project, target.region, target.name)


def _patiently(scene: Scene, enabled: Future[tuple[str, ...]], work: Callable[[], T]) -> T:
    """Wait out the minutes in which Google still denies an API that we have just switched on.

    A denial is final when we changed nothing: https://cloud.google.com/service-usage/docs/enable-disable
    """
    until = time.monotonic() + scene.world.settings.propagation_deadline
    pause = FIRST_LOOK
    while True:
        try:
            return work()
        except GoogleError as denied:
            if denied.code != "PERMISSION_DENIED" or not enabled.result() or time.monotonic() > until:
                raise
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_LOOK)


def _project_is(target: Target, state: str) -> Finding:
    return Finding(
        code="project-not-active",
        title=f"The Google Cloud project {target.project} is {state}",
        message="Nothing can be deployed into a project that is being deleted.",
        fix=f"Restore it: `gcloud projects undelete {target.project}`, then re-run this check.",
        link="https://cloud.google.com/resource-manager/docs/creating-managing-projects",
    )


def _api_is_off(target: Target, api: str) -> Finding:
    return Finding(
        code="api-disabled",
        title=f"The {APIS[api]} is off in project {target.project}",
        message="This ServerGem is not allowed to switch APIs on (SERVERGEM_ENABLE_APIS).",
        fix=f"`gcloud services enable {' '.join(APIS)} --project {target.project}`, then re-run this check.",
        link=f"https://console.cloud.google.com/apis/library/{api}?project={target.project}",
    )


def _bucket_is_foreign(target: Target, name: str) -> Finding:
    return Finding(
        code="bucket-in-another-project",
        title=f"The bucket {name} belongs to another project",
        message="Sources are never uploaded to a bucket that somebody else owns.",
        fix=f"Find out who owns gs://{name}; ServerGem needs that name in project {target.project}.",
        blame=Blame.UNKNOWN,
    )
