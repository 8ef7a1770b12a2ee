"""Cloud Run jobs: one container, run once to its end, as a job of its own that goes when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.cloud import run_v2
from google.protobuf import duration_pb2

from gcp import cloud_logging
from gcp.cloud import TIMEOUT, Google
from gcp.cloud_run import WantedService, container
from gcp.errors import GoogleError
from gcp.operations import finished

# https://cloud.google.com/run/docs/create-jobs: a job's name
LONGEST_NAME = 63


@dataclass(frozen=True)
class WantedTask:
    """A command to run with a service's image, variables, secrets and account. `name` is this run's own; seconds."""

    service: WantedService
    name: str
    command: tuple[str, ...]
    timeout: int


@dataclass(frozen=True)
class Execution:
    """How it went: `ended` or still running; Cloud Run's own words when it failed."""

    name: str
    ended: bool
    succeeded: bool
    message: str
    log_url: str


def run(
    google: Google,
    wanted: WantedTask,
    *,
    interval: float,
    patience: float,
    on_log: Callable[[str], None],
    stop: Callable[[], bool],
) -> Execution:
    """Run it once, whatever is lost on the way, and give its end; cancelled when `stop` says so.

    `interval` is between two looks, `patience` how long its last lines are waited for; both in seconds.
    """
    service = wanted.service
    _make(google, wanted)
    name = _begin(google, service, wanted.name)
    told = 0
    while True:
        found = _look(google, name)
        told = _tell(google, service, found, told, on_log)
        if found.ended:
            break
        if stop():
            _cancel(google, name)
        time.sleep(interval)
    _tell_the_rest(google, service, found, told, on_log, interval, patience)
    _delete(google, service, wanted.name)
    return found


def _make(google: Google, wanted: WantedTask) -> None:
    service = wanted.service
    request = run_v2.CreateJobRequest(
        parent=f"projects/{service.project}/locations/{service.region}", job_id=wanted.name, job=_job(wanted)
    )
    try:
        operation: Any = google.ask(
            "Jobs.CreateJob",
            lambda: google.jobs.create_job(request=request, retry=None, timeout=TIMEOUT),
        )
    except GoogleError as error:
        if error.code != "ALREADY_EXISTS":
            raise
        return
    finished(google, "Jobs.CreateJob", operation)


def _job(wanted: WantedTask) -> run_v2.Job:
    service = wanted.service
    return run_v2.Job(
        labels=dict(service.labels),
        template=run_v2.ExecutionTemplate(
            task_count=1,
            template=run_v2.TaskTemplate(
                containers=[container(service, command=wanted.command)],
                max_retries=0,
                timeout=duration_pb2.Duration(seconds=wanted.timeout),
                service_account=service.service_account,
            ),
        ),
    )


def _begin(google: Google, service: WantedService, job: str) -> str:
    """The job's one execution: the one that an earlier attempt began, or a new one."""
    name = _name(service, job)

    def attempt() -> str:
        if found := _newest(google, name):
            return found
        operation: Any = google.jobs.run_job(name=name, retry=None, timeout=TIMEOUT)
        return str(operation.metadata.name)

    return google.ask("Jobs.RunJob", attempt)


def _newest(google: Google, job: str) -> str:
    found: Any = google.executions.list_executions(parent=job, retry=None, timeout=TIMEOUT)
    return next((execution.name for execution in found), "")


def _look(google: Google, name: str) -> Execution:
    found = google.ask(
        "Executions.GetExecution",
        lambda: google.executions.get_execution(name=name, retry=None, timeout=TIMEOUT),
    )
    completed = next((each for each in found.conditions if each.type_ == "Completed"), run_v2.Condition())
    return Execution(
        name.rpartition("/")[2],
        ended=bool(found.completion_time),
        succeeded=completed.state == run_v2.Condition.State.CONDITION_SUCCEEDED,
        message=completed.message,
        log_url=found.log_uri,
    )


def _cancel(google: Google, name: str) -> None:
    google.ask(
        "Executions.CancelExecution",
        lambda: google.executions.cancel_execution(name=name, retry=None, timeout=TIMEOUT),
    )


def _delete(google: Google, service: WantedService, job: str) -> None:
    try:
        operation: Any = google.ask(
            "Jobs.DeleteJob",
            lambda: google.jobs.delete_job(name=_name(service, job), retry=None, timeout=TIMEOUT),
        )
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise
        return
    finished(google, "Jobs.DeleteJob", operation)


def _tell(
    google: Google, service: WantedService, found: Execution, told: int, on_log: Callable[[str], None]
) -> int:
    """Pass on the lines that came since; how many there were."""
    lines = cloud_logging.execution_lines(google, service.project, found.name)
    for line in lines[told:]:
        on_log(line.text)
    return len(lines)


def _tell_the_rest(
    google: Google,
    service: WantedService,
    found: Execution,
    told: int,
    on_log: Callable[[str], None],
    interval: float,
    patience: float,
) -> None:
    """Entries lag: until two looks in a row bring nothing new, or the patience is over."""
    until, quiet = time.monotonic() + patience, 0
    while quiet < 2 and time.monotonic() < until:
        time.sleep(interval)
        now = _tell(google, service, found, told, on_log)
        quiet, told = (quiet + 1 if now == told and told else 0), now


def _name(service: WantedService, job: str) -> str:
    return f"projects/{service.project}/locations/{service.region}/jobs/{job}"
