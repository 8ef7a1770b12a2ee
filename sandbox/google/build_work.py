"""Cloud Build behind its calls: a build waits its turn, really runs, and prints what Cloud Build prints."""

from __future__ import annotations

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from google.cloud.devtools import cloudbuild_v1 as cloudbuild

from sandbox.google.artifact_registry import ArtifactRegistry
from sandbox.google.build_log import Envelope
from sandbox.google.build_words import LIVE, Failure, Status, refusal_of, step_of
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.errors import Refusal
from sandbox.google.operations import Operation, Operations
from sandbox.google.ports import Builder, BuildOutcome
from sandbox.google.state import Project, Projects, now
from sandbox.google.storage import Storage

_LOG = logging.getLogger(__name__)


@dataclass
class Run:
    """One build under way."""

    build: cloudbuild.Build
    project: Project
    location: str
    operation: Operation
    cancelled: threading.Event = field(default_factory=threading.Event)


class Work:
    """The builds; at most `parallel` of them run at the same time."""

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
        self._runs: dict[str, Run] = {}
        self._pool = ThreadPoolExecutor(parallel, "build")

    def stop(self) -> None:
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.cancelled.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, run: Run) -> None:
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

    def _build(self, run: Run) -> None:
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
            steps=[step_of(step) for step in run.build.steps],
            images=list(run.build.images),
            log=envelope.line,
            cancelled=run.cancelled.is_set,
            timeout=run.build.timeout.total_seconds(),
        )
        if outcome.status == "SUCCESS":
            envelope.finish()
        self._conclude(run, outcome)

    def _conclude(self, run: Run, outcome: BuildOutcome) -> None:
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

    def _mark_steps(self, run: Run, outcome: BuildOutcome) -> None:
        with self._lock:
            for number, step in enumerate(run.build.steps):
                if outcome.failed_step is None:
                    step.status = Status.SUCCESS if outcome.status == "SUCCESS" else Status.CANCELLED
                elif number == outcome.failed_step:
                    step.status, step.exit_code = Status.FAILURE, outcome.exit_code or 1
                else:
                    step.status = Status.SUCCESS if number < outcome.failed_step else Status.QUEUED

    def _fail_step(self, run: Run, outcome: BuildOutcome) -> None:
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

    def _push(self, run: Run, outcome: BuildOutcome) -> None:
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

    def _publish(self, run: Run, image: str, digest: str) -> tuple[int, str] | None:
        permission = "artifactregistry.repositories.uploadArtifacts"
        if not self._registry.open_to(image, permission, run.project.builds_as(run.build.service_account)):
            resource = "/".join(image.split("/")[1:3])
            return Failure.PUSH_NOT_AUTHORIZED, (
                f'denied: Permission "{permission}" denied on resource "{resource}" (or it may not exist)'
            )
        try:
            self._registry.push(image, digest)
        except Refusal as refusal:
            return Failure.PUSH_FAILED, refusal.message
        return None

    def _fail(self, run: Run, kind: int, detail: str, line: str = "") -> None:
        self._log(run, "ERROR")
        self._log(run, line or f"ERROR: {detail}")
        self._end(run, Status.FAILURE, kind, detail)

    def _end(self, run: Run, status: int, kind: int | None = None, detail: str = "") -> None:
        with self._lock:
            if run.build.status not in LIVE:
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
            run.operation.fail(refusal_of(status, detail))

    def _describe(self, run: Run) -> None:
        run.operation.describe(cloudbuild.BuildOperationMetadata(build=run.build))

    def _log(self, run: Run, text: str) -> None:
        """A line of the log, which its account writes; without that right there is none."""
        account = run.project.builds_as(run.build.service_account)
        if not self._projects.account_holds(
            run.project, run.project.name, "logging.logEntries.create", account
        ):
            return
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
