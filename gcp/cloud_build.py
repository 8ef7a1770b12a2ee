"""Cloud Build: a source becomes an image; submit once, look, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.cloud.devtools import cloudbuild_v1 as cb
from google.protobuf import duration_pb2

from app.model import Source
from gcp.cloud import TIMEOUT, Google
from gcp.errors import GoogleError

MANAGED = "servergem"
UNDER_WAY = ("PENDING", "QUEUED", "WORKING")
PAGE = 1000
DOCKER = "gcr.io/cloud-builders/docker"
PACK = "gcr.io/k8s-skaffold/pack"
BUILDER = "gcr.io/buildpacks/builder:latest"
ENDED = {"SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"}


@dataclass(frozen=True)
class BuildRequest:
    """What is to be built: from which source, how, and under which names. `tags[-1]` is this build's own."""

    project: str
    region: str
    source: Source
    directory: str
    image_name: str
    tag: str
    kind: str
    dockerfile: str = "Dockerfile"
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    cache_reference: str = ""
    service_account: str = ""
    timeout: int = 1800
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildState:
    """A build as it stands; `digest` of its image once it has succeeded."""

    id: str
    status: str
    digest: str = ""
    log_url: str = ""
    failure_type: str = ""
    failure_detail: str = ""

    @property
    def ended(self) -> bool:
        return self.status in ENDED


def submit(google: Google, request: BuildRequest) -> str:
    """Begin a build and give its id. After a lost answer the build is looked for before another is begun."""
    wish = cb.CreateBuildRequest(
        parent=_location(request.project, request.region), project_id=request.project, build=_build(request)
    )
    doubtful = False

    def begin() -> str:
        nonlocal doubtful
        if doubtful and (found := _newest(google, request.project, request.region, request.tags[-1])):
            return found.id
        doubtful = True
        operation: Any = google.builds.create_build(request=wish, retry=None, timeout=TIMEOUT)
        return str(operation.metadata.build.id)

    return google.ask("CloudBuild.CreateBuild", begin)


def find(google: Google, project: str, region: str, tag: str) -> BuildState | None:
    """The newest build with this tag."""
    return google.ask("CloudBuild.ListBuilds", lambda: _newest(google, project, region, tag))


def running(google: Google, project: str, region: str) -> dict[str, BuildState]:
    """Our builds under way in a project and region by id; what is not among them has ended."""
    under_way = " OR ".join(f'status="{status}"' for status in UNDER_WAY)
    wanted = f'tags="{MANAGED}" AND ({under_way})'
    return {
        state.id: state
        for state in google.ask("CloudBuild.ListBuilds", lambda: _list(google, project, region, wanted))
    }


def get(google: Google, project: str, region: str, build_id: str) -> BuildState:
    """One build."""
    request = cb.GetBuildRequest(
        name=f"{_location(project, region)}/builds/{build_id}", project_id=project, id=build_id
    )
    return _state(
        google.ask(
            "CloudBuild.GetBuild",
            lambda: google.builds.get_build(request=request, retry=None, timeout=TIMEOUT),
        )
    )


def cancel(google: Google, project: str, region: str, build_id: str) -> None:
    """Stop a build; one that has ended already is left as it is."""
    request = cb.CancelBuildRequest(
        name=f"{_location(project, region)}/builds/{build_id}", project_id=project, id=build_id
    )
    try:
        google.ask(
            "CloudBuild.CancelBuild",
            lambda: google.builds.cancel_build(request=request, retry=None, timeout=TIMEOUT),
        )
    except GoogleError as error:
        if error.code not in ("FAILED_PRECONDITION", "NOT_FOUND"):
            raise


def _newest(google: Google, project: str, region: str, tag: str) -> BuildState | None:
    return next(iter(_list(google, project, region, f'tags="{tag}"')), None)


def _list(google: Google, project: str, region: str, wanted: str) -> list[BuildState]:
    request = cb.ListBuildsRequest(
        parent=_location(project, region), project_id=project, filter=wanted, page_size=PAGE
    )
    found: Any = google.builds.list_builds(request=request, retry=None, timeout=TIMEOUT)
    return [_state(build) for build in found]


def _state(build: cb.Build) -> BuildState:
    image = next(iter(build.results.images), None)
    return BuildState(
        id=build.id,
        status=build.status.name,
        digest=image.digest if image else "",
        log_url=build.log_url,
        failure_type=build.failure_info.type_.name if build.failure_info.detail else "",
        failure_detail=build.failure_info.detail or build.status_detail,
    )


def _build(request: BuildRequest) -> cb.Build:
    source = request.source
    account = request.service_account
    return cb.Build(
        source=cb.Source(
            storage_source=cb.StorageSource(
                bucket=source.bucket, object_=source.object, generation=source.generation
            )
        ),
        steps=_docker(request) if request.kind == "dockerfile" else _pack(request),
        # pack publishes its image itself, and what is not in the daemon cannot be pushed from it.
        images=[f"{request.image_name}:{request.tag}"] if request.kind == "dockerfile" else [],
        tags=list(request.tags),
        timeout=duration_pb2.Duration(seconds=request.timeout),
        service_account=f"projects/{request.project}/serviceAccounts/{account}" if account else "",
        # A build account of one's own must not rely on the default log bucket.
        options=cb.BuildOptions(logging=cb.BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY),
    )


def _docker(request: BuildRequest) -> list[cb.BuildStep]:
    """BuildKit, with layers kept in the registry; the image is loaded so that Cloud Build pushes and digests it."""
    cache = request.cache_reference
    arguments = ["buildx", "build", "--load", "--progress=plain", "-f", request.dockerfile]
    arguments += ["-t", f"{request.image_name}:{request.tag}"]
    if cache:
        arguments += [f"--cache-from=type=registry,ref={cache}"]
        arguments += [f"--cache-to=type=registry,ref={cache},mode=max"]
    if request.target:
        arguments += ["--target", request.target]
    for name, value in request.args:
        arguments += ["--build-arg", f"{name}={value}"]
    create = ["buildx", "create", "--name", "servergem", "--driver", "docker-container", "--use"]
    return [
        cb.BuildStep(name=DOCKER, id="prepare", args=create),
        cb.BuildStep(
            name=DOCKER,
            id="build",
            args=[*arguments, "."],
            dir_=request.directory,
            env=["DOCKER_BUILDKIT=1"],
        ),
    ]


def _pack(request: BuildRequest) -> list[cb.BuildStep]:
    """Google's buildpacks, with the layers of the last build from a cache image."""
    image = f"{request.image_name}:{request.tag}"
    arguments = ["build", image, "--builder", BUILDER, "--network", "cloudbuild", "--publish"]
    if request.cache_reference:
        arguments += ["--cache-image", request.cache_reference]
    for name, value in request.env:
        arguments += ["--env", f"{name}={value}"]
    return [cb.BuildStep(name=PACK, id="build", entrypoint="pack", args=arguments, dir_=request.directory)]


def _location(project: str, region: str) -> str:
    return f"projects/{project}/locations/{region}"
