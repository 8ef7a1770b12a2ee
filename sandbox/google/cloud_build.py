"""Cloud Build: builds that wait their turn, really run, can be cancelled, and print what Cloud Build prints."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable
from typing import Any

from google.cloud.devtools import cloudbuild_v1 as cloudbuild

from sandbox.google import log_filter
from sandbox.google.build_words import LIVE, Status
from sandbox.google.build_work import Run, Work
from sandbox.google.errors import Code, Refusal, act_as_denied, invalid, not_found
from sandbox.google.state import Project, account_of, now, segments
from sandbox.google.substitutions import substituted

API = "cloudbuild.googleapis.com"


_TAG = re.compile(r"[\w][\w.-]{0,127}\Z")


# https://github.com/acteng/atip/issues/638
_NOBODY_BUILDS = (
    "build.service_account must be specified due to the evaluation of the following org policies:\n"
    '"constraints/cloudbuild.disableCreateDefaultServiceAccount"\n'
    '"constraints/cloudbuild.useBuildServiceAccount"\n"constraints/cloudbuild.useComputeServiceAccount"\n'
    "Please check the value of these constraints and visit "
    "https://cloud.google.com/build/docs/cloud-build-service-account-updates for information on setting"
)
_NO_LOGS_CHOICE = (
    "if 'build.service_account' is specified, the build must either (a) specify 'build.logs_bucket', "
    "(b) use the REGIONAL_USER_OWNED_BUCKET build.options.default_logs_bucket_behavior option, or "
    "(c) use either CLOUD_LOGGING_ONLY / NONE logging options"
)


class CloudBuild(Work):
    """Every build of every project; at most `parallel` of them run at the same time."""

    def ids(self) -> list[str]:
        """Every build that was ever begun, for who looks on from outside."""
        with self._lock:
            return list(self._runs)

    def all(self) -> list[cloudbuild.Build]:
        """Every build in the order in which they began."""
        with self._lock:
            return [run.build for run in self._runs.values()]

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

    def create_build(self, request: Any) -> Any:
        location = segments(request.parent).get("locations", "global")
        name = segments(request.parent).get("projects", request.project_id)
        project = self._projects.admit(name, API, "cloudbuild.builds.create", f"projects/{name}")
        self._check(project, location, request.build)
        build = cloudbuild.Build(request.build)
        build.id, build.project_id, build.status = str(uuid.uuid4()), project.id, Status.QUEUED
        build.name = f"projects/{project.number}/locations/{location}/builds/{build.id}"
        substituted(build, project.number, location)
        build.create_time = now()
        build.log_url = f"https://console.cloud.google.com/cloud-build/builds;region={location}/{build.id}?project={project.number}"
        if not build.timeout:
            build.timeout = {"seconds": 3600}
        metadata = cloudbuild.BuildOperationMetadata(build=build)
        run = Run(build, project, location, self._operations.of_build(project, location, build.id, metadata))
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
        elif not project.builds_as():
            raise invalid(_NOBODY_BUILDS)
        self._check_source(project, build)

    def _check_account(self, project: Project, build: cloudbuild.Build) -> None:
        options = build.options
        chosen = options.logging in (
            cloudbuild.BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY,
            cloudbuild.BuildOptions.LoggingMode.NONE,
        )
        if not (chosen or build.logs_bucket or options.default_logs_bucket_behavior):
            raise invalid(_NO_LOGS_CHOICE)
        account, named = (
            account_of(build.service_account),
            segments(build.service_account).get("projects", "-"),
        )
        # "projects/{PROJECT_ID}/serviceAccounts/{ACCOUNT}", of the account's own project: cloudbuild.proto, Build
        home = self._projects.home_of(account)
        if named != "-" and home is not None and self._projects.find(named) is not home:
            raise act_as_denied(account, API)
        self._projects.admit_act_as(project, account, API)

    def _check_source(self, project: Project, build: cloudbuild.Build) -> None:
        source, account = build.source.storage_source, project.builds_as(build.service_account)
        if not source.bucket:
            return
        if not self._storage.readable(source.bucket, source.object_, account):
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

    def _run(self, request: Any, permission: str) -> Run:
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
            if run.build.status not in LIVE:
                raise Refusal(Code.FAILED_PRECONDITION, "cannot cancel a build that has already finished")
            self._cancel(run)
            return cloudbuild.Build(run.build)

    def _cancel(self, run: Run) -> None:
        run.cancelled.set()
        with self._lock:
            if run.build.status in LIVE:
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
        builder = project.builds_as()
        return cloudbuild.DefaultServiceAccount(
            name=request.name,
            service_account_email=f"projects/{project.id}/serviceAccounts/{builder}" if builder else "",
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
