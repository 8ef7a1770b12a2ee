"""Cloud Build: builds that wait their turn, really run, can be cancelled, and print what Cloud Build prints."""

from __future__ import annotations

import base64
import logging
import re
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from google.cloud.devtools import cloudbuild_v1 as cloudbuild

from sandbox.google import log_filter
from sandbox.google.artifact_registry import ArtifactRegistry
from sandbox.google.build_log import Envelope
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.errors import Code, Refusal, invalid, not_found
from sandbox.google.operations import Operation, Operations
from sandbox.google.ports import Builder, BuildOutcome, Step
from sandbox.google.state import Project, Projects, account_of, now, segments
from sandbox.google.storage import Storage

API = "cloudbuild.googleapis.com"
_LOG = logging.getLogger(__name__)
# Their enums have no types that mypy can read.
Status: Any = cloudbuild.Build.Status
Failure: Any = cloudbuild.Build.FailureInfo.FailureType
_TAG = re.compile(r"[\w][\w.-]{0,127}\Z")
_LIVE = (Status.PENDING, Status.QUEUED, Status.WORKING)
_NO_LOGS_CHOICE = (
    "if 'build.service_account' is specified, the build must either (a) specify 'build.logs_bucket', "
    "(b) use the REGIONAL_USER_OWNED_BUCKET build.options.default_logs_bucket_behavior option, or "
    "(c) use either CLOUD_LOGGING_ONLY / NONE logging options"
)


@dataclass
class _Run:
    """One build under way."""

    build: cloudbuild.Build
    project: Project
    location: str
    operation: Operation
    cancelled: threading.Event = field(default_factory=threading.Event)


class CloudBuild:
    """Every build of every project; at most `parallel` of them run at the same time."""

    def __init__(
        self,
        projects: Projects,
        operations: Operations,
        logging: CloudLogging,
        storage: Storage,
        registry: ArtifactRegistry,
        builder: Builder,
        parallel: int,
    ) -> None:
        self._projects = projects
        self._operations = operations
        self._logging = logging
        self._storage = storage
        self._registry = registry
        self._builder = builder
        self._lock = threading.RLock()
        self._runs: dict[str, _Run] = {}
        self._pool = ThreadPoolExecutor(parallel, "build")

    def ids(self) -> list[str]:
        """Every build that was ever begun, for who looks on from outside."""
        with self._lock:
            return list(self._runs)

    def newest(self) -> cloudbuild.Build:
        """The build that was begun last."""
        with self._lock:
            return next(reversed(self._runs.values())).build

    def methods(self) -> dict[str, Any]:
        return {
            "CloudBuild.CreateBuild": self.create_build,
            "CloudBuild.GetBuild": self.get_build,
            "CloudBuild.ListBuilds": self.list_builds,
            "CloudBuild.CancelBuild": self.cancel_build,
            "CloudBuild.GetDefaultServiceAccount": self.default_account,
        }

    def stop(self) -> None:
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.cancelled.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    # -- calls

    def create_build(self, request: Any) -> Any:
        location = segments(request.parent).get("locations", "global")
        name = segments(request.parent).get("projects", request.project_id)
        project = self._projects.admit(name, API, "cloudbuild.builds.create", f"projects/{name}")
        self._check(project, location, request.build)
        build = cloudbuild.Build(request.build)
        build.id, build.project_id, build.status = str(uuid.uuid4()), project.id, Status.QUEUED
        build.name = f"projects/{project.number}/locations/{location}/builds/{build.id}"
        build.create_time = now()
        build.log_url = f"https://console.cloud.google.com/cloud-build/builds;region={location}/{build.id}?project={project.number}"
        if not build.timeout:
            build.timeout = {"seconds": 3600}
        metadata = cloudbuild.BuildOperationMetadata(build=build)
        run = _Run(
            build, project, location, self._operations.of_build(project.id, location, build.id, metadata)
        )
        self._operations.on_cancel[run.operation.name] = lambda: self._cancel(run)
        with self._lock:
            self._runs[build.id] = run
            answer = run.operation.message()
        self._pool.submit(self._work, run)
        return answer

    def _check(self, project: Project, location: str, build: cloudbuild.Build) -> None:
        if location in project.barred_regions:
            raise Refusal(
                Code.FAILED_PRECONDITION,
                "failed precondition: due to quota restrictions, cannot run builds in this region. "
                "Please contact support",
            )
        if not build.steps:
            raise invalid("invalid build: must specify at least one build step")
        if any(not step.name for step in build.steps):
            raise invalid("invalid build: invalid build step name: ''")
        if bad := [tag for tag in build.tags if not _TAG.match(tag)]:
            raise invalid(
                f'invalid build: invalid build tag {bad[0]!r}: must match format "^[\\\\w][\\\\w.-]{{0,127}}$"'
            )
        if build.service_account:
            self._check_account(project, build)
        self._check_source(project, build.source.storage_source)

    def _check_account(self, project: Project, build: cloudbuild.Build) -> None:
        options = build.options
        chosen = options.logging in (
            cloudbuild.BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY,
            cloudbuild.BuildOptions.LoggingMode.NONE,
        )
        if not (chosen or build.logs_bucket or options.default_logs_bucket_behavior):
            raise invalid(_NO_LOGS_CHOICE)
        self._projects.admit_act_as(project, account_of(build.service_account), API)

    def _check_source(self, project: Project, source: cloudbuild.StorageSource) -> None:
        if not source.bucket:
            return
        if not project.holds("storage.objects.get", "build"):
            account = project.compute_account
            raise invalid(
                f"Invalid build request. could not resolve source: googleapi: Error 403: {account} does not "
                "have storage.objects.get access to the Google Cloud Storage object. Permission "
                "'storage.objects.get' denied on resource (or it may not exist)., forbidden"
            )
        if self._storage.file(source.bucket, source.object_, source.generation) is None:
            raise invalid(
                "Invalid build request. could not resolve source: googleapi: Error 404: No such object: "
                f"{source.bucket}/{source.object_}, notFound"
            )

    def _run(self, request: Any, permission: str) -> _Run:
        name = segments(request.name).get("projects", request.project_id)
        self._projects.admit(name, API, permission, f"projects/{name}")
        build_id = segments(request.name).get("builds", request.id)
        with self._lock:
            run = self._runs.get(build_id)
        if run is None:
            raise not_found()
        return run

    def get_build(self, request: Any) -> cloudbuild.Build:
        run = self._run(request, "cloudbuild.builds.get")
        with self._lock:
            return cloudbuild.Build(run.build)

    def cancel_build(self, request: Any) -> cloudbuild.Build:
        run = self._run(request, "cloudbuild.builds.update")
        with self._lock:
            if run.build.status not in _LIVE:
                raise Refusal(Code.FAILED_PRECONDITION, "cannot cancel a build that has already finished")
            self._cancel(run)
            return cloudbuild.Build(run.build)

    def _cancel(self, run: _Run) -> None:
        run.cancelled.set()
        with self._lock:
            if run.build.status in _LIVE:
                self._log(run, "CANCELLED")
                self._end(run, Status.CANCELLED)

    def list_builds(self, request: Any) -> cloudbuild.ListBuildsResponse:
        parts = segments(request.parent)
        name = parts.get("projects", request.project_id)
        project = self._projects.admit(name, API, "cloudbuild.builds.list", f"projects/{name}")
        location = parts.get("locations", "global")
        test = log_filter.parse(request.filter)
        with self._lock:
            found = [
                run.build
                for run in reversed(self._runs.values())
                if run.project is project and run.location == location and test(_fields(run.build))
            ]
            size = min(request.page_size or 100, 1000)
            start = int(base64.b64decode(request.page_token)) if request.page_token else 0
            more = start + size < len(found)
            return cloudbuild.ListBuildsResponse(
                builds=found[start : start + size],
                next_page_token=base64.b64encode(str(start + size).encode()).decode() if more else "",
            )

    def default_account(self, request: Any) -> cloudbuild.DefaultServiceAccount:
        name = segments(request.name).get("projects", "")
        project = self._projects.admit(name, API, "cloudbuild.builds.get", request.name)
        return cloudbuild.DefaultServiceAccount(
            name=request.name,
            service_account_email=f"projects/{project.id}/serviceAccounts/{project.compute_account}",
        )

    # -- work

    def _work(self, run: _Run) -> None:
        if run.cancelled.wait(self._projects.behaviour.queue_time):
            return
        with self._lock:
            if run.build.status is not Status.QUEUED:
                return
            run.build.status, run.build.start_time = Status.WORKING, now()
            self._describe(run)
            lost = self._projects.behaviour.lost_builds > 0
            self._projects.behaviour.lost_builds -= lost
        if lost:
            self._end(run, Status.INTERNAL_ERROR, detail="Build failed; check build logs for details")
            return
        try:
            self._build(run)
        except Exception as error:  # noqa: BLE001 - a fault of the sandbox itself ends the operation and is logged
            self._log(run, f"ERROR\nERROR: internal error: {error}")
            self._end(run, Status.INTERNAL_ERROR, detail=str(error))
            _LOG.exception("the sandbox broke")

    def _build(self, run: _Run) -> None:
        source = run.build.source.storage_source
        address = f"gs://{source.bucket}/{source.object_}#{source.generation}"
        for line in (
            f'starting build "{run.build.id}"',
            "",
            "FETCHSOURCE",
            f"Fetching storage object: {address}",
        ):
            self._log(run, line)
        archive = self._storage.file(source.bucket, source.object_, source.generation)
        if archive is None:
            self._fail(run, Failure.FETCH_SOURCE_FAILED, f"could not fetch source: {address} is gone")
            return
        self._log(run, "BUILD")
        envelope = Envelope(lambda line: self._log(run, line), [step.id for step in run.build.steps])
        outcome = self._builder.build(
            archive=archive,
            steps=[_step(step) for step in run.build.steps],
            images=list(run.build.images),
            log=envelope.line,
            cancelled=run.cancelled.is_set,
            timeout=run.build.timeout.total_seconds(),
        )
        if outcome.status == "SUCCESS":
            envelope.finish()
        self._conclude(run, outcome)

    def _conclude(self, run: _Run, outcome: BuildOutcome) -> None:
        self._mark_steps(run, outcome)
        match outcome.status:
            case "SUCCESS":
                self._push(run, outcome)
            case "CANCELLED":
                self._end(run, Status.CANCELLED)
            case "TIMEOUT":
                self._log(run, "TIMEOUT\nERROR: context deadline exceeded")
                self._end(run, Status.TIMEOUT, detail="Build timed out")
            case _:
                self._fail_step(run, outcome)

    def _mark_steps(self, run: _Run, outcome: BuildOutcome) -> None:
        with self._lock:
            for number, step in enumerate(run.build.steps):
                if outcome.failed_step is None:
                    step.status = Status.SUCCESS if outcome.status == "SUCCESS" else Status.CANCELLED
                elif number == outcome.failed_step:
                    step.status, step.exit_code = Status.FAILURE, outcome.exit_code or 1
                else:
                    step.status = Status.SUCCESS if number < outcome.failed_step else Status.QUEUED

    def _fail_step(self, run: _Run, outcome: BuildOutcome) -> None:
        number = outcome.failed_step or 0
        text = (
            f'build step {number} "{run.build.steps[number].name}" failed: '
            f"step exited with non-zero status: {outcome.exit_code or 1}"
        )
        kind = Failure[outcome.failure_type] if outcome.failure_type else Failure.USER_BUILD_STEP
        if kind is Failure.USER_BUILD_STEP:
            self._fail(run, kind, f"Build step failure: {text}", f"ERROR: {text}")
        else:
            self._fail(run, kind, outcome.detail or text)

    def _push(self, run: _Run, outcome: BuildOutcome) -> None:
        for image, published in outcome.published.items():
            if problem := self._publish(run, image, published):
                self._fail(run, *problem)
                return
        if run.build.images:
            self._log(run, "PUSH")
        pushed = []
        for image in run.build.images:
            self._log(run, f"Pushing {image}")
            digest = outcome.digests.get(image)
            if digest is None:
                self._fail(
                    run,
                    Failure.PUSH_IMAGE_NOT_FOUND,
                    f'failed to find one or more images after execution of build steps: ["{image}"]',
                )
                return
            problem = self._publish(run, image, digest)
            if problem is not None:
                self._fail(run, *problem)
                return
            self._log(run, f"{image.rpartition(':')[2]}: digest: {digest} size: 1573")
            pushed.append(cloudbuild.BuiltImage(name=image, digest=digest))
        with self._lock:
            run.build.results = cloudbuild.Results(images=pushed)
        self._log(run, "DONE")
        self._end(run, Status.SUCCESS)

    def _publish(self, run: _Run, image: str, digest: str) -> tuple[int, str] | None:
        permission = "artifactregistry.repositories.uploadArtifacts"
        if not run.project.holds(permission, "build"):
            resource = "/".join(image.split("/")[1:3])
            return Failure.PUSH_NOT_AUTHORIZED, (
                f'denied: Permission "{permission}" denied on resource "{resource}" (or it may not exist)'
            )
        try:
            self._registry.push(image, digest)
        except Refusal as refusal:
            return Failure.PUSH_FAILED, refusal.message
        return None

    def _fail(self, run: _Run, kind: int, detail: str, line: str = "") -> None:
        self._log(run, "ERROR")
        self._log(run, line or f"ERROR: {detail}")
        self._end(run, Status.FAILURE, kind, detail)

    def _end(self, run: _Run, status: int, kind: int | None = None, detail: str = "") -> None:
        with self._lock:
            if run.build.status not in _LIVE:
                return
            run.build.status = Status(status)
            run.build.finish_time, run.build.status_detail = now(), detail
            if kind is not None:
                run.build.failure_info = cloudbuild.Build.FailureInfo(type_=kind, detail=detail)
            self._describe(run)
            answer = cloudbuild.Build(run.build)
        if status is Status.SUCCESS:
            run.operation.succeed(answer)
        else:
            run.operation.fail(_refusal(status, detail))

    def _describe(self, run: _Run) -> None:
        run.operation.describe(cloudbuild.BuildOperationMetadata(build=run.build))

    def _log(self, run: _Run, text: str) -> None:
        for line in text.split("\n"):
            step = re.match(r"(?:Starting |Finished )?(Step #\d+)", line)
            self._logging.write(
                run.project.id,
                "cloudbuild",
                "build",
                {"build_id": run.build.id, "project_id": run.project.id, "build_trigger_id": ""},
                line,
                severity="INFO",
                labels={"build_step": step[1] if step else "MAIN"},
            )


def _step(step: cloudbuild.BuildStep) -> Step:
    return Step(
        name=step.name,
        id=step.id,
        entrypoint=step.entrypoint,
        args=tuple(step.args),
        env=tuple(step.env),
        dir=step.dir_,
        script=step.script,
        timeout=step.timeout.total_seconds() if step.timeout else None,
    )


def _fields(build: cloudbuild.Build) -> Callable[[str], list[str]]:
    def values(path: str) -> list[str]:
        match path:
            case "tags":
                return list(build.tags)
            case "status":
                return [build.status.name]
            case "id" | "build_id":
                return [build.id]
            case "create_time" | "createTime":
                return [build.create_time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
            case "images":
                return list(build.images)
            case "source.storage_source.bucket":
                return [build.source.storage_source.bucket]
        raise invalid(f"invalid list builds filter: unknown field {path!r}")

    return values


def _refusal(status: int, detail: str) -> Refusal:
    codes = {Status.CANCELLED: Code.CANCELLED, Status.TIMEOUT: Code.DEADLINE_EXCEEDED}
    texts = {Status.CANCELLED: "Build cancelled", Status.TIMEOUT: "Build timed out"}
    return Refusal(codes.get(status, Code.FAILED_PRECONDITION), detail or texts.get(status, "Build failed"))
