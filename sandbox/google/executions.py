"""Executions of Cloud Run jobs: containers that run to their end, really, and what Cloud Run says of how they ended."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from google.cloud import run_v2

from sandbox.google import run_rules
from sandbox.google.address import Address
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.conditions import good, pending
from sandbox.google.errors import Code, Refusal, not_found
from sandbox.google.operations import Operation, Operations
from sandbox.google.ports import Runner
from sandbox.google.revisions import Revisions
from sandbox.google.state import Project, Projects, now, segments

API = "run.googleapis.com"
EXECUTION_NAME = "run.googleapis.com/execution_name"
_LOGS = {"stdout": "run.googleapis.com%2Fstdout", "stderr": "run.googleapis.com%2Fstderr"}
_SYSTEM_LOG = "run.googleapis.com%2Fvarlog%2Fsystem"
# Their enums have no types that mypy can read.
_Reason: Any = run_v2.Condition.ExecutionReason
_State: Any = run_v2.Condition.State
_Status: Any = run_v2.ExecutionReference.CompletionStatus


@dataclass
class Home:
    """A job and its executions by short name, oldest first."""

    job: run_v2.Job
    project: Project
    region: str
    executions: dict[str, run_v2.Execution] = field(default_factory=dict)
    cancelled: dict[str, threading.Event] = field(default_factory=dict)


class Executions:
    """The executions of the jobs of every project and region."""

    def __init__(
        self,
        projects: Projects,
        operations: Operations,
        logging: CloudLogging,
        revisions: Revisions,
        runner: Runner,
    ) -> None:
        self._projects, self._operations, self._logging = projects, operations, logging
        self._revisions, self._runner = revisions, runner
        self._homes: dict[str, Home] = {}
        self._pool = ThreadPoolExecutor(8, "jobs")

    def stop(self) -> None:
        for home in list(self._homes.values()):
            for event in home.cancelled.values():
                event.set()
        # A container that ends only after its sandbox is reaped by nobody.
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _admit(self, name: str, permission: str) -> Project:
        return self._projects.admit(segments(name).get("projects", ""), API, permission, name)

    def _home(self, name: str) -> Home:
        parts = segments(name)
        home = self._homes.get("projects/{projects}/locations/{locations}/jobs/{jobs}".format_map(parts))
        if home is None:
            raise not_found(f"Resource '{parts['jobs']}' of kind 'JOB' does not exist.")
        return home

    def begin(self, name: str) -> Any:
        """One execution of a job, by whoever may; the operation that ends with it. Refusal when there is no job."""
        with self._projects.lock:
            home = self._home(name)
            short = f"{home.job.name.rpartition('/')[2]}-{uuid.uuid4().hex[:5]}"
            task = home.job.template.template
            execution = run_v2.Execution(
                name=f"{home.job.name}/executions/{short}",
                uid=str(uuid.uuid4()),
                job=home.job.name.rpartition("/")[2],
                create_time=now(),
                start_time=now(),
                template=task,
                task_count=home.job.template.task_count or 1,
                parallelism=home.job.template.parallelism,
                running_count=1,
                reconciling=True,
                conditions=[pending("Completed"), good("Started")],
                log_uri=f"https://console.cloud.google.com/run/jobs/executions/details/{home.region}/{short}",
            )
            home.executions[short] = execution
            home.job.execution_count += 1
            self._note(home, execution, _Status.EXECUTION_RUNNING)
            home.cancelled[short] = threading.Event()
        operation = self._operations.of_run(home.project, home.region, execution)
        self._pool.submit(self._run, home, execution, operation)
        return operation.message()

    def _note(self, home: Home, execution: run_v2.Execution, status: Any) -> None:
        """What a job tells of its newest execution."""
        short = execution.name.rpartition("/")[2]
        if next(reversed(home.executions)) == short:
            home.job.latest_created_execution = run_v2.ExecutionReference(
                name=short,
                create_time=execution.create_time,
                completion_time=execution.completion_time,
                completion_status=status,
            )

    def _homes_at(self, job: str) -> list[Home]:
        """The job, or with `jobs/-` all that there are: AIP-159."""
        parent, _, short = job.rpartition("/")
        if short != "-":
            return [self._home(job)]
        return [home for name, home in self._homes.items() if name.startswith(f"{parent}/")]

    def get_execution(self, request: Any) -> run_v2.Execution:
        self._admit(request.name, "run.executions.get")
        with self._projects.lock:
            return run_v2.Execution(self._execution(request.name)[1])

    def list_executions(self, request: Any) -> run_v2.ListExecutionsResponse:
        self._admit(request.parent, "run.executions.list")
        with self._projects.lock:
            found = [
                execution
                for home in self._homes_at(request.parent)
                for execution in reversed(home.executions.values())
            ]
        return run_v2.ListExecutionsResponse(executions=found)

    def cancel_execution(self, request: Any) -> Any:
        self._admit(request.name, "run.executions.cancel")
        with self._projects.lock:
            home, execution = self._execution(request.name)
            if home.cancelled[execution.name.rpartition("/")[2]].is_set():
                raise Refusal(Code.FAILED_PRECONDITION, f"Execution '{execution.name}' is cancelled already.")
        home.cancelled[execution.name.rpartition("/")[2]].set()
        return self._done(home, execution)

    def _execution(self, name: str) -> tuple[Home, run_v2.Execution]:
        home, short = self._home(name), name.rpartition("/")[2]
        if short not in home.executions:
            raise not_found(f"Resource '{short}' of kind 'EXECUTION' does not exist.")
        return home, home.executions[short]

    def _done(self, home: Home, answer: Any) -> Any:
        operation = self._operations.of_run(home.project, home.region, answer)
        operation.succeed(answer)
        return operation.message()

    def _run(self, home: Home, execution: run_v2.Execution, operation: Operation) -> None:
        """The one task of an execution, to its end."""
        short = execution.name.rpartition("/")[2]
        cancelled, container = home.cancelled[short], execution.template.containers[0]
        address = Address(home.project, home.region, execution.job)
        code: int | None = None
        message = ""
        env, digest = self._revisions.environment_of(address, short, execution.template)
        if isinstance(env, str):
            message = env
        elif digest is None:
            message = f"Image '{container.image}' not found."
        else:
            words = (*container.command, *container.args)
            seconds = execution.template.timeout.total_seconds() if execution.template.timeout else 600.0
            code = self._runner.run_to_the_end(
                image_digest=digest,
                command=words,
                env=env | {"CLOUD_RUN_JOB": execution.job, "CLOUD_RUN_EXECUTION": short},
                timeout=seconds,
                cancelled=cancelled.is_set,
                log=self._log(address, short),
            )
            message = run_rules.why_ended(short, code, cancelled.is_set())
        self._end(home, execution, code, message, cancelled.is_set())
        if code == 0:
            operation.succeed(execution)
        else:
            operation.fail(Refusal(Code.UNKNOWN, message))

    def _end(
        self, home: Home, execution: run_v2.Execution, code: int | None, message: str, cancelled: bool
    ) -> None:
        with self._projects.lock:
            execution.running_count, execution.reconciling = 0, False
            execution.completion_time = execution.update_time = now()
            if code == 0:
                execution.succeeded_count = 1
                execution.conditions = [good("Completed"), good("Started")]
                self._note(home, execution, _Status.EXECUTION_SUCCEEDED)
                return
            condition: Any = run_v2.Condition(
                type_="Completed", state=_State.CONDITION_FAILED, message=message, last_transition_time=now()
            )
            condition.execution_reason = _Reason.CANCELLED if cancelled else _Reason.NON_ZERO_EXIT_CODE
            execution.cancelled_count, execution.failed_count = int(cancelled), int(not cancelled)
            execution.conditions = [condition, good("Started")]
            failed = _Status.EXECUTION_CANCELLED if cancelled else _Status.EXECUTION_FAILED
            self._note(home, execution, failed)

    def _log(self, address: Address, execution: str) -> Callable[[str, str], None]:
        labels = {
            "project_id": address.project.id,
            "location": address.region,
            "job_name": address.service,
        }

        def write(stream: str, text: str) -> None:
            self._logging.write(
                address.project.id,
                _LOGS.get(stream, _SYSTEM_LOG),
                "cloud_run_job",
                labels,
                text,
                severity="DEFAULT" if stream in _LOGS else "ERROR",
                labels={EXECUTION_NAME: execution},
            )

        return write
