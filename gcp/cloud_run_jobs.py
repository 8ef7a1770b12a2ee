"""Cloud Run jobs: what a job is to be, and one that is run once to its end and goes when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.retry import heard
from gcp import cloud_logging, service_parts
from gcp.cloud import TIMEOUT, Google
from gcp.cloud_logging import QUIET, Log, LogLine
from gcp.errors import GoogleError
from gcp.later import later
from gcp.operations import finished
from gcp.run_writes import place_of
from gcp.service_specification import running
from gcp.wanted_service import WantedService

if TYPE_CHECKING:
    from google.cloud import run_v2
    from google.protobuf import duration_pb2
else:
    run_v2 = later("google.cloud.run_v2")
    duration_pb2 = later("google.protobuf.duration_pb2")

# https://cloud.google.com/run/docs/create-jobs: a job's name
LONGEST_NAME = 63
# https://cloud.google.com/run/docs/configuring/jobs/cpu and https://cloud.google.com/run/docs/configuring/jobs/memory-limits
LEAST_CPU, LEAST_MEBIBYTES = 1, 512
# The command is looked at often, its log at every so many looks: reads of logs are few.
LOG_LOOKS = 5


@dataclass(frozen=True)
class WantedJob:
    """A command to run with a service's image, variables, secrets and account; without one, the image's own.

    `timeout` is in seconds, for one try of a task. `parallelism` 0: as many at a time as Cloud Run can.
    """

    service: WantedService
    name: str
    command: tuple[str, ...]
    timeout: int
    args: tuple[str, ...] = ()
    tasks: int = 1
    parallelism: int = 0
    retries: int = 0


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
    wanted: WantedJob,
    *,
    interval: float,
    patience: float,
    on_log: Callable[[str], None],
    stop: Callable[[], bool],
) -> Execution:
    """Run what was made once, whatever is lost on the way, and give its end; cancelled when `stop` says so.

    The job stays, so that whoever asks again finds how it went; `delete` takes it away once that is written down.
    `interval` is between two looks, `patience` how long its last lines are waited for; both in seconds.
    """
    service = wanted.service
    name = _begin(google, service, wanted.name)
    log = Log(google, service.project, cloud_logging.of_execution(name.rpartition("/")[2]))
    looks, cancelled = 0, False
    while not (found := _look(google, name)).ended:
        if looks % LOG_LOOKS == 0:
            _tell(log.next_lines(), on_log)
        if not cancelled and stop():
            _cancel(google, name)
            cancelled = True
        looks += 1
        time.sleep(interval)
    _tell(_rest(log, found, interval, patience), on_log)
    if log.trouble:
        heard.get()(log.trouble)
    return found


def delete(google: Google, project: str, region: str, job: str) -> None:
    """Take a job and its executions away; it may be gone already."""
    name = full_name(project, region, job)
    operation: Any = google.unless_missing("Jobs.DeleteJob", lambda: google.jobs.delete_job, name=name)
    if operation is not None:
        finished(google, "Jobs.DeleteJob", operation)


def _tell(lines: Iterable[LogLine], on_log: Callable[[str], None]) -> None:
    for line in lines:
        on_log(line.text)


def _rest(log: Log, found: Execution, interval: float, patience: float) -> Iterator[LogLine]:
    """After a failure the end of the log is the reason, and is waited for; after success it is only shown."""
    quiet = patience * QUIET
    if found.succeeded:
        return log.to_the_end(patience=quiet, quiet=2 * interval, interval=interval)
    return log.to_the_end(patience=patience, quiet=quiet, interval=interval)


def make(google: Google, wanted: WantedJob) -> None:
    """Make the job; GoogleError ALREADY_EXISTS when there is one."""
    service = wanted.service
    request = run_v2.CreateJobRequest(
        parent=f"projects/{service.project}/locations/{service.region}",
        job_id=wanted.name,
        job=specification(wanted),
    )
    operation: Any = google.call("Jobs.CreateJob", lambda: google.jobs.create_job, request=request)
    finished(google, "Jobs.CreateJob", operation)


def specification(wanted: WantedJob) -> run_v2.Job:
    """The job without its name."""
    return run_v2.Job(
        labels=dict(wanted.service.labels),
        template=run_v2.ExecutionTemplate(
            task_count=wanted.tasks,
            parallelism=wanted.parallelism,
            template=_template(wanted),
        ),
    )


def _template(wanted: WantedJob) -> run_v2.TaskTemplate:
    """With the service's own network and files: a command such as a migration is there for their sake."""
    service = wanted.service
    return run_v2.TaskTemplate(
        containers=[_task(wanted)],
        max_retries=wanted.retries,
        timeout=duration_pb2.Duration(seconds=wanted.timeout),
        service_account=service.service_account,
        volumes=service_parts.volumes(service.config),
        vpc_access=service_parts.vpc_access(service.config.vpc),
        encryption_key=service.config.encryption_key,
    )


def _task(wanted: WantedJob) -> run_v2.Container:
    """The service's own container with another command, and never less than a job must have."""
    made = running(wanted.service, wanted.command, wanted.args)
    limits = dict(made.resources.limits)
    if float(limits["cpu"]) < LEAST_CPU:
        made.resources.limits["cpu"] = str(LEAST_CPU)
    if _mebibytes(limits["memory"]) < LEAST_MEBIBYTES:
        made.resources.limits["memory"] = f"{LEAST_MEBIBYTES}Mi"
    return made


def _mebibytes(memory: str) -> int:
    """servergem.yml has whole Mi and Gi."""
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def _begin(google: Google, service: WantedService, job: str) -> str:
    """The job's one execution: the one that an earlier attempt began, or a new one."""
    name = full_name(service.project, service.region, job)

    def attempt() -> str:
        if found := _newest(google, name):
            return found
        operation: Any = google.jobs.run_job(name=name, retry=None, timeout=TIMEOUT)
        return str(operation.metadata.name)

    google.run_writes.wait(place_of({"name": name}))
    return google.ask("Jobs.RunJob", attempt)


def _newest(google: Google, job: str) -> str:
    found: Any = google.executions.list_executions(parent=job, retry=None, timeout=TIMEOUT)
    return next((execution.name for execution in found), "")


def _look(google: Google, name: str) -> Execution:
    found = google.call("Executions.GetExecution", lambda: google.executions.get_execution, name=name)
    completed = next((each for each in found.conditions if each.type_ == "Completed"), run_v2.Condition())
    return Execution(
        name.rpartition("/")[2],
        ended=bool(found.completion_time),
        succeeded=completed.state == run_v2.Condition.State.CONDITION_SUCCEEDED,
        message=completed.message,
        log_url=found.log_uri,
    )


def _cancel(google: Google, name: str) -> None:
    """Ask for its end; one that has ended meanwhile is left as it is."""
    try:
        google.call("Executions.CancelExecution", lambda: google.executions.cancel_execution, name=name)
    except GoogleError as error:
        if error.code not in ("FAILED_PRECONDITION", "NOT_FOUND"):
            raise


def full_name(project: str, region: str, job: str) -> str:
    """The job as Cloud Run names it."""
    return f"projects/{project}/locations/{region}/jobs/{job}"
