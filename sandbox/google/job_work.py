"""Cloud Run jobs behind their calls: a container that runs to its end, really, and what is said of how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from google.cloud import run_v2

from sandbox.google import run_rules
from sandbox.google.address import Address
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.conditions import good
from sandbox.google.errors import Code, Refusal
from sandbox.google.operations import Operation, Operations
from sandbox.google.ports import Runner
from sandbox.google.revisions import Revisions
from sandbox.google.state import Project, Projects, now

_EXECUTION_NAME = "run.googleapis.com/execution_name"
_LOGS = {"stdout": "run.googleapis.com%2Fstdout", "stderr": "run.googleapis.com%2Fstderr"}
_SYSTEM_LOG = "run.googleapis.com%2Fvarlog%2Fsystem"
# Their enums have no types that mypy can read.
_Reason: Any = run_v2.Condition.ExecutionReason
_State: Any = run_v2.Condition.State
_Ending: Any = run_v2.ExecutionReference.CompletionStatus


@dataclass
class JobHome:
    """A job and its executions by short name, oldest first."""

    job: run_v2.Job
    project: Project
    region: str
    executions: dict[str, run_v2.Execution] = field(default_factory=dict)
    cancelled: dict[str, threading.Event] = field(default_factory=dict)


class JobWork:
    """What Cloud Run does once a job is asked to run."""

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
        self._homes: dict[str, JobHome] = {}
        self._pool = ThreadPoolExecutor(8, "jobs")

    def stop(self) -> None:
        for home in list(self._homes.values()):
            for event in home.cancelled.values():
                event.set()
        # A container that ends only after its sandbox is reaped by nobody.
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _done(self, home: JobHome, answer: Any) -> Any:
        operation = self._operations.regional(home.project.id, home.region, answer)
        operation.succeed(answer)
        return operation.message()

    def _run(self, home: JobHome, execution: run_v2.Execution, operation: Operation) -> None:
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
        self._end(execution, code, message, cancelled.is_set())
        self._tell(home, execution)
        if code == 0:
            operation.succeed(execution)
        else:
            operation.fail(Refusal(Code.UNKNOWN, message))

    def _end(self, execution: run_v2.Execution, code: int | None, message: str, cancelled: bool) -> None:
        with self._projects.lock:
            execution.running_count, execution.reconciling = 0, False
            execution.completion_time = execution.update_time = now()
            if code == 0:
                execution.succeeded_count = 1
                execution.conditions = [good("Completed"), good("Started")]
                return
            condition: Any = run_v2.Condition(
                type_="Completed", state=_State.CONDITION_FAILED, message=message, last_transition_time=now()
            )
            condition.execution_reason = _Reason.CANCELLED if cancelled else _Reason.NON_ZERO_EXIT_CODE
            execution.cancelled_count, execution.failed_count = int(cancelled), int(not cancelled)
            execution.conditions = [condition, good("Started")]

    def _tell(self, home: JobHome, execution: run_v2.Execution) -> None:
        """What a job says of the newest of its executions."""
        states: Any = {
            "succeeded_count": _Ending.EXECUTION_SUCCEEDED,
            "failed_count": _Ending.EXECUTION_FAILED,
        }
        states |= {"cancelled_count": _Ending.EXECUTION_CANCELLED, "running_count": _Ending.EXECUTION_RUNNING}
        with self._projects.lock:
            if next(reversed(home.executions.values())) is not execution:
                return
            home.job.execution_count = len(home.executions)
            home.job.latest_created_execution = run_v2.ExecutionReference(
                name=execution.name,
                create_time=execution.create_time,
                completion_time=execution.completion_time,
                completion_status=next(state for name, state in states.items() if getattr(execution, name)),
            )

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
                labels={_EXECUTION_NAME: execution},
            )

        return write
