"""Cloud Scheduler: when a Cloud Run job is run, and as whom.

https://cloud.google.com/run/docs/execute/jobs-on-schedule
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gcp.cloud import Google
from gcp.cloud_run_jobs import full_name
from gcp.errors import GoogleError
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import scheduler_v1
else:
    scheduler_v1 = later("google.cloud.scheduler_v1")

API = "cloudscheduler.googleapis.com"
# What Cloud Run's own API asks for; an access token, since it is one of Google's:
# https://cloud.google.com/scheduler/docs/http-target-auth#using-oauth
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True)
class Schedule:
    """When a Cloud Run job is run: five fields of cron on the clock of a time zone, by an account."""

    project: str
    region: str
    job: str
    cron: str
    time_zone: str
    account: str

    @property
    def name(self) -> str:
        """What it is called at Cloud Scheduler: like the job that it runs."""
        return full_name(self.project, self.region, self.job)


def uri(project: str, region: str, job: str) -> str:
    """What is called to run a job."""
    return f"https://run.googleapis.com/v2/{full_name(project, region, job)}:run"


def keep(google: Google, wanted: Schedule) -> bool:
    """Make the schedule, or change it where it differs; False when one of that name runs something else."""
    wish = _specification(wanted)
    found = _read(google, wanted.name)
    if found is None:
        return _make(google, wanted, wish)
    if found.http_target.uri != wish.http_target.uri:
        return False
    if not _same(found, wish):
        request = scheduler_v1.UpdateJobRequest(
            job=wish, update_mask={"paths": ["schedule", "time_zone", "http_target"]}
        )
        google.call("CloudScheduler.UpdateJob", lambda: google.schedules.update_job, request=request)
    return True


def told(google: Google, project: str, region: str, job: str) -> str:
    """When a job is run, as `in_words` has it; empty where nothing of that name runs it."""
    found = _read(google, full_name(project, region, job))
    ours = found is not None and found.http_target.uri == uri(project, region, job)
    return in_words(found.schedule, found.time_zone) if found is not None and ours else ""


def in_words(cron: str, time_zone: str) -> str:
    """Five fields of cron and whose clock they mean; empty without them."""
    return f"{cron} {time_zone}" if cron else ""


def remove(google: Google, project: str, region: str, job: str) -> None:
    """Take the schedule of a job away; one that runs something else stays, and it may be gone already."""
    name = full_name(project, region, job)
    found = _read(google, name)
    if found is not None and found.http_target.uri == uri(project, region, job):
        google.unless_missing("CloudScheduler.DeleteJob", lambda: google.schedules.delete_job, name=name)


def _make(google: Google, wanted: Schedule, wish: scheduler_v1.Job) -> bool:
    """After a lost answer it is there, and ours: nobody else makes one that runs this job."""
    parent = f"projects/{wanted.project}/locations/{wanted.region}"
    request = scheduler_v1.CreateJobRequest(parent=parent, job=wish)
    try:
        google.call("CloudScheduler.CreateJob", lambda: google.schedules.create_job, request=request)
    except GoogleError as error:
        if error.code != "ALREADY_EXISTS":
            raise
        found = _read(google, wanted.name)
        return found is not None and found.http_target.uri == wish.http_target.uri
    return True


def _read(google: Google, name: str) -> scheduler_v1.Job | None:
    return google.unless_missing("CloudScheduler.GetJob", lambda: google.schedules.get_job, name=name)


def _specification(wanted: Schedule) -> scheduler_v1.Job:
    target = scheduler_v1.HttpTarget(
        uri=uri(wanted.project, wanted.region, wanted.job),
        http_method=scheduler_v1.HttpMethod.POST,
        oauth_token=scheduler_v1.OAuthToken(service_account_email=wanted.account, scope=SCOPE),
    )
    return scheduler_v1.Job(
        name=wanted.name, schedule=wanted.cron, time_zone=wanted.time_zone, http_target=target
    )


def _same(found: scheduler_v1.Job, wish: scheduler_v1.Job) -> bool:
    """Also in what is sent: a body of somebody else's would run the job with other words and variables.

    https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run#Overrides
    """

    def said(job: scheduler_v1.Job) -> tuple[Any, ...]:
        target = job.http_target
        return job.schedule, job.time_zone, target.http_method, target.body, target.oauth_token

    return said(found) == said(wish)
