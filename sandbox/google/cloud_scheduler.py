"""Cloud Scheduler: what calls a Cloud Run job at its time, as an account that has to be let in there.

Nothing runs by the clock here: a schedule's time comes with `due`, or with `RunJob`, as at Google.
https://cloud.google.com/scheduler/docs/reference/rpc/google.cloud.scheduler.v1
"""

from __future__ import annotations

import re
import zoneinfo
from typing import Any

from google.cloud import scheduler_v1
from google.protobuf import empty_pb2
from google.rpc import status_pb2

from sandbox.google.cron_rules import is_cron
from sandbox.google.errors import Code, Refusal, invalid, not_found
from sandbox.google.jobs import Jobs
from sandbox.google.state import Project, Projects, now, segments

API = "cloudscheduler.googleapis.com"
# https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#resource:-job ("name")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,500}")
# What is called to run a job: https://cloud.google.com/run/docs/execute/jobs-on-schedule
_RUN = re.compile(r"https://run\.googleapis\.com/v2/(projects/[^/]+/locations/[^/]+/jobs/[^/]+):run")
_RUN_PERMISSION = "run.jobs.run"
_INVALID = "Schedule or time zone is invalid."
# Its members have no types that mypy can read.
_ENABLED: Any = scheduler_v1.Job.State.ENABLED
# What a change is whole of: UpdateJobRequest, "update_mask".
_CHANGED = ("schedule", "time_zone", "http_target", "description")


class CloudScheduler:
    """The schedules of every project and location. `without`: regions of Cloud Run that Cloud Scheduler is not in.

    https://cloud.google.com/scheduler/docs/locations
    """

    def __init__(self, projects: Projects, jobs: Jobs) -> None:
        self._projects, self._jobs = projects, jobs
        self._schedules: dict[str, scheduler_v1.Job] = {}
        self.without: set[str] = set()

    def methods(self) -> dict[str, Any]:
        return {
            "CloudScheduler.CreateJob": self.create,
            "CloudScheduler.GetJob": self.get,
            "CloudScheduler.UpdateJob": self.update,
            "CloudScheduler.DeleteJob": self.delete,
            "CloudScheduler.RunJob": self.run,
        }

    def names(self) -> list[str]:
        """The schedules that are there, for who looks on from outside."""
        with self._projects.lock:
            return sorted(self._schedules)

    def _admit(self, name: str, permission: str) -> Project:
        parts = segments(name)
        project = self._projects.admit(parts["projects"], API, f"cloudscheduler.jobs.{permission}", name)
        if parts["locations"] in self.without:
            raise invalid(
                f"Location '{parts['locations']}' is not a valid location. Use ListLocations to list valid locations."
            )
        return project

    def _schedule(self, name: str) -> scheduler_v1.Job:
        if name not in self._schedules:
            raise not_found("Job not found.")
        return self._schedules[name]

    def create(self, request: Any) -> scheduler_v1.Job:
        project = self._admit(request.parent, "create")
        wish = scheduler_v1.Job(request.job)
        self._check(project, request.parent, wish)
        with self._projects.lock:
            if wish.name in self._schedules:
                raise Refusal(Code.ALREADY_EXISTS, f"Job {wish.name} already exists.")
            wish.state, wish.user_update_time = _ENABLED, now()
            self._schedules[wish.name] = wish
            return scheduler_v1.Job(wish)

    def get(self, request: Any) -> scheduler_v1.Job:
        self._admit(request.name, "get")
        with self._projects.lock:
            return scheduler_v1.Job(self._schedule(request.name))

    def update(self, request: Any) -> scheduler_v1.Job:
        name = request.job.name
        project = self._admit(name, "update")
        with self._projects.lock:
            changed = scheduler_v1.Job(self._schedule(name))
            for path in request.update_mask.paths or _CHANGED:
                setattr(changed, path, getattr(request.job, path))
            self._check(project, name.rpartition("/jobs/")[0], changed)
            changed.user_update_time = now()
            self._schedules[name] = changed
            return scheduler_v1.Job(changed)

    def delete(self, request: Any) -> empty_pb2.Empty:
        self._admit(request.name, "delete")
        with self._projects.lock:
            del self._schedules[self._schedule(request.name).name]
        return empty_pb2.Empty()

    def run(self, request: Any) -> scheduler_v1.Job:
        self._admit(request.name, "run")
        return self.due(request.name)

    def due(self, name: str) -> scheduler_v1.Job:
        """Its time has come: the target is called; how that ended is in the job's status, and is no error of this."""
        project = self._projects.known(segments(name)["projects"])
        with self._projects.lock:
            found = self._schedule(name)
            found.last_attempt_time = now()
        try:
            self._call(project, found)
        except Refusal as refused:
            found.status = status_pb2.Status(code=refused.code.value[0], message=refused.message)
        else:
            found.status = status_pb2.Status()
        return scheduler_v1.Job(found)

    def _call(self, project: Project, found: scheduler_v1.Job) -> None:
        """What the account of the token may do is asked at this moment, as the receiving service does.

        https://cloud.google.com/scheduler/docs/http-target-auth ("the receiving service verifies the token")
        """
        target = _RUN.fullmatch(found.http_target.uri)
        if target is None:
            raise not_found(f"nothing of the sandbox answers at {found.http_target.uri}")
        account = found.http_target.oauth_token.service_account_email
        if not self._projects.account_holds(project, target[1], _RUN_PERMISSION, account):
            raise Refusal(
                Code.PERMISSION_DENIED, f"Permission '{_RUN_PERMISSION}' denied on resource '{target[1]}'."
            )
        self._jobs.begin(target[1])

    def _check(self, project: Project, parent: str, wish: scheduler_v1.Job) -> None:
        """What is refused before anything is kept."""
        short = wish.name.removeprefix(f"{parent}/jobs/")
        if not _NAME.fullmatch(short):
            raise invalid(f"Job name must be formatted: '{parent}/jobs/<JOB_ID>'.")
        if not is_cron(wish.schedule) or wish.time_zone not in zoneinfo.available_timezones():
            raise invalid(_INVALID)
        if not wish.http_target.uri.startswith(("https://", "http://")):
            raise invalid("HttpTarget.url must start with 'http://' or 'https://'.")
        self._check_account(project, wish.http_target)

    def _check_account(self, project: Project, target: scheduler_v1.HttpTarget) -> None:
        """A token is of an account of this project, as which the caller may act; an access token only for Google.

        https://cloud.google.com/scheduler/docs/http-target-auth
        https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget ("oauthToken")
        """
        account = target.oauth_token.service_account_email
        if not account:
            return
        host = target.uri.partition("://")[2].partition("/")[0]
        if not host.endswith(".googleapis.com"):
            raise invalid("OAuth tokens are only for hosts of *.googleapis.com.")
        if self._projects.home_of(account) is not project:
            raise invalid(f"The service account {account} must be within the same project as the job.")
        self._projects.admit_act_as(project, account, API)
