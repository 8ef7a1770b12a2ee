"""Cloud Run jobs that stay: found, made or changed, opened to an account, and run now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gcp.bindings import bind
from gcp.cloud import TIMEOUT, Google
from gcp.cloud_run_jobs import WantedJob, full_name, specification
from gcp.given import Given, given_to_job
from gcp.later import later
from gcp.operations import finished
from gcp.run_writes import place_of

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")

# What runs a job, and no more: https://cloud.google.com/run/docs/reference/iam/roles#run.invoker
INVOKER = "roles/run.invoker"
# Of an execution's CompletionStatus.
_SAID = {
    "EXECUTION_SUCCEEDED": "succeeded",
    "EXECUTION_FAILED": "failed",
    "EXECUTION_RUNNING": "runs",
    "EXECUTION_PENDING": "waits to run",
    "EXECUTION_CANCELLED": "was cancelled",
}


@dataclass(frozen=True)
class LastRun:
    """A job's newest execution: how it went in a word, and when it was made, in epoch seconds."""

    said: str
    made: float


@dataclass(frozen=True)
class JobState:
    """A job as it stands; `last` is None while it has never run."""

    name: str
    labels: tuple[tuple[str, str], ...]
    etag: str
    last: LastRun | None = None
    given: Given = Given()


def job(google: Google, project: str, region: str, name: str) -> JobState | None:
    """The job, None when there is none."""
    found = google.unless_missing(
        "Jobs.GetJob", lambda: google.jobs.get_job, name=full_name(project, region, name)
    )
    return _state(found) if found is not None else None


def jobs(google: Google, project: str, region: str) -> tuple[JobState, ...]:
    """Every job of a project in a region."""
    request = run_v2.ListJobsRequest(parent=f"projects/{project}/locations/{region}", page_size=100)
    return tuple(
        _state(each) for each in google.every("Jobs.ListJobs", lambda: google.jobs.list_jobs, request=request)
    )


def change(google: Google, wanted: WantedJob, found: JobState) -> None:
    """Make the job what is wanted, whole; GoogleError ABORTED when it has changed since it was `found`."""
    service, wish = wanted.service, specification(wanted)
    wish.name, wish.etag = full_name(service.project, service.region, wanted.name), found.etag
    request = run_v2.UpdateJobRequest(job=wish)
    operation: Any = google.call("Jobs.UpdateJob", lambda: google.jobs.update_job, request=request)
    finished(google, "Jobs.UpdateJob", operation)


def let_run(google: Google, project: str, region: str, name: str, account: str) -> None:
    """Give an account the right to run this one job, whatever else is in its policy."""
    resource, member = full_name(project, region, name), f"serviceAccount:{account}"
    bind(google, "Jobs", lambda: google.jobs, resource, member=member, role=INVOKER)


def run_now(google: Google, project: str, region: str, name: str, *, since: float) -> str:
    """Run the job, unless it was run after `since` already, in epoch seconds; the page of that execution.

    Running is no call to repeat: after a lost answer the execution that began is looked for.
    """
    resource = full_name(project, region, name)

    def attempt() -> str:
        found = google.executions.list_executions(parent=resource, retry=None, timeout=TIMEOUT)
        newest: Any = next(iter(found), None)
        if newest is not None and newest.create_time.timestamp() >= since:
            return str(newest.log_uri)
        operation: Any = google.jobs.run_job(name=resource, retry=None, timeout=TIMEOUT)
        return str(operation.metadata.log_uri)

    google.run_writes.wait(place_of({"name": resource}))
    return google.ask("Jobs.RunJob", attempt)


def _state(found: run_v2.Job) -> JobState:
    last = found.latest_created_execution
    return JobState(
        found.name.rpartition("/")[2],
        tuple(sorted(found.labels.items())),
        found.etag,
        LastRun(_SAID.get(getattr(last.completion_status, "name", ""), "ended"), last.create_time.timestamp())
        if last.name
        else None,
        given_to_job(found),
    )
