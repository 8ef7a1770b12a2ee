"""Cloud Build: a source becomes an image; submit once, look, cancel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gcp import iam
from gcp.build_steps import BuildRequest, steps
from gcp.cloud import TIMEOUT, Google
from gcp.errors import GoogleError
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud.devtools import cloudbuild_v1 as cb
    from google.protobuf import duration_pb2
else:
    cb = later("google.cloud.devtools.cloudbuild_v1")
    duration_pb2 = later("google.protobuf.duration_pb2")

MANAGED = "servergem"
UNDER_WAY = ("PENDING", "QUEUED", "WORKING")
PAGE = 1000
# Where every project may build, and what one is told that may not build elsewhere.
ANYWHERE, BARRED = "global", "run builds in this region"
ENDED = {"SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"}


@dataclass(frozen=True)
class Submitted:
    """A build that has begun, and the region in which it runs."""

    id: str
    region: str


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


def submit(google: Google, request: BuildRequest) -> Submitted:
    """Begin a build: in its region, or in Cloud Build's global one where this project may not build in that one.

    After a lost answer the build is looked for before another is begun.
    https://cloud.google.com/build/docs/locations#restricted_regions_for_some_projects
    """
    try:
        return Submitted(_submit(google, request), request.region)
    except GoogleError as error:
        if BARRED not in str(error) or request.region == ANYWHERE:
            raise
    return Submitted(_submit(google, replace(request, region=ANYWHERE)), ANYWHERE)


def find(google: Google, project: str, region: str, tag: str) -> tuple[BuildState, str] | None:
    """The newest build with this tag, and the region in which it runs."""
    for place in (region, ANYWHERE):
        if found := google.ask("CloudBuild.ListBuilds", partial(_newest, google, project, place, tag)):
            return found, place
    return None


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
    return _state(google.call("CloudBuild.GetBuild", lambda: google.builds.get_build, request=request))


def default_account(google: Google, project: str, region: str) -> str:
    """The account of a build that names none; empty where the project's organisation wants one to be named."""
    request = cb.GetDefaultServiceAccountRequest(name=f"{_location(project, region)}/defaultServiceAccount")
    found = google.call(
        "CloudBuild.GetDefaultServiceAccount",
        lambda: google.builds.get_default_service_account,
        request=request,
    )
    return str(found.service_account_email).rpartition("/")[2]


def cancel(google: Google, project: str, region: str, build_id: str) -> None:
    """Stop a build; one that has ended already is left as it is."""
    request = cb.CancelBuildRequest(
        name=f"{_location(project, region)}/builds/{build_id}", project_id=project, id=build_id
    )
    try:
        google.call("CloudBuild.CancelBuild", lambda: google.builds.cancel_build, request=request)
    except GoogleError as error:
        if error.code not in ("FAILED_PRECONDITION", "NOT_FOUND"):
            raise


def _submit(google: Google, request: BuildRequest) -> str:
    wish = cb.CreateBuildRequest(
        parent=_location(request.project, request.region), project_id=request.project, build=build_of(request)
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


def _newest(google: Google, project: str, region: str, tag: str) -> BuildState | None:
    return next(iter(_list(google, project, region, f'tags="{tag}"')), None)


def _list(google: Google, project: str, region: str, wanted: str) -> list[BuildState]:
    request = cb.ListBuildsRequest(
        parent=_location(project, region), project_id=project, filter=wanted, page_size=PAGE
    )
    found: Any = google.builds.list_builds(request=request, retry=None, timeout=TIMEOUT)
    return [_state(build) for build in found]


def _state(build: cb.Build) -> BuildState:
    """Read from the message itself: what proto-plus wraps costs ten times as much, and a thousand may be listed."""
    of: Any = cb.Build.pb(build)
    image, failure = next(iter(of.results.images), None), of.failure_info
    return BuildState(
        id=of.id,
        status=cb.Build.Status(of.status).name,
        digest=image.digest if image else "",
        log_url=of.log_url,
        failure_type=cb.Build.FailureInfo.FailureType(failure.type_).name if failure.detail else "",
        failure_detail=failure.detail or of.status_detail,
    )


def build_of(request: BuildRequest) -> cb.Build:
    """The build as Cloud Build is asked for it; its account is named in the project that the account lives in."""
    source = request.source
    account = request.service_account
    return cb.Build(
        source=cb.Source(
            storage_source=cb.StorageSource(
                bucket=source.bucket, object_=source.object, generation=source.generation
            )
        ),
        steps=steps(request),
        # pack publishes its image itself, and what is not in the daemon cannot be pushed from it.
        images=[f"{request.image_name}:{request.tag}"] if request.kind == "dockerfile" else [],
        tags=list(request.tags),
        timeout=duration_pb2.Duration(seconds=request.timeout),
        service_account=f"projects/{iam.home(account) or request.project}/serviceAccounts/{account}"
        if account
        else "",
        # A build account of one's own must not rely on the default log bucket.
        options=cb.BuildOptions(
            logging=cb.BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY,
            machine_type=request.machine.upper().replace("-", "_") or "UNSPECIFIED",
        ),
    )


def _location(project: str, region: str) -> str:
    return f"projects/{project}/locations/{region}"
