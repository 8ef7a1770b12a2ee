"""Cloud Run jobs: made, changed with their etags, opened by policies, run and removed."""

from __future__ import annotations

import uuid
from typing import Any

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google import run_rules
from sandbox.google.access import asked_version
from sandbox.google.conditions import good
from sandbox.google.errors import Code, Refusal
from sandbox.google.executions import Executions, Home
from sandbox.google.state import now, segments


class Jobs(Executions):
    """The jobs of every project and region."""

    def methods(self) -> dict[str, Any]:
        return {
            "Jobs.CreateJob": self.create_job,
            "Jobs.GetJob": self.get_job,
            "Jobs.ListJobs": self.list_jobs,
            "Jobs.UpdateJob": self.update_job,
            "Jobs.GetIamPolicy": self.get_policy,
            "Jobs.SetIamPolicy": self.set_policy,
            "Jobs.DeleteJob": self.delete_job,
            "Jobs.RunJob": self.run_job,
            "Executions.GetExecution": self.get_execution,
            "Executions.ListExecutions": self.list_executions,
            "Executions.CancelExecution": self.cancel_execution,
        }

    def names(self) -> list[str]:
        """The jobs that are there, for who looks on from outside."""
        with self._projects.lock:
            return sorted(self._homes)

    def create_job(self, request: Any) -> Any:
        project = self._admit(request.parent, "run.jobs.create")
        run_rules.check_job(request.job)
        task = request.job.template.template
        self._revisions.admit_container(project, task)
        name = f"{request.parent}/jobs/{request.job_id}"
        with self._projects.lock:
            if name in self._homes:
                raise Refusal(Code.ALREADY_EXISTS, f"Resource '{request.job_id}' already exists.")
            job = run_v2.Job(request.job)
            job.name, job.uid, job.generation = name, str(uuid.uuid4()), 1
            job.creator, job.create_time, job.etag = (
                self._projects.caller_address,
                now(),
                f'"{uuid.uuid4().hex}"',
            )
            job.terminal_condition = good("Ready")
            self._homes[name] = Home(job, project, segments(request.parent)["locations"])
        return self._done(self._homes[name], job)

    def get_job(self, request: Any) -> run_v2.Job:
        self._admit(request.name, "run.jobs.get")
        with self._projects.lock:
            return run_v2.Job(self._home(request.name).job)

    def list_jobs(self, request: Any) -> run_v2.ListJobsResponse:
        self._admit(request.parent, "run.jobs.list")
        with self._projects.lock:
            found = [
                run_v2.Job(home.job)
                for name, home in self._homes.items()
                if name.startswith(f"{request.parent}/jobs/")
            ]
        return run_v2.ListJobsResponse(jobs=found)

    def update_job(self, request: Any) -> Any:
        """The whole job in place of the one that was read with this etag."""
        name = request.job.name
        project = self._admit(name, "run.jobs.update")
        run_rules.check_job(request.job)
        task = request.job.template.template
        self._revisions.admit_container(project, task)
        with self._projects.lock:
            home = self._home(name)
            before = home.job
            if request.job.etag and request.job.etag != before.etag:
                raise run_rules.conflict(name.rpartition("/")[2], request.job.etag, before.etag)
            home.job = run_v2.Job(request.job)
            home.job.uid, home.job.generation = before.uid, before.generation + 1
            home.job.creator, home.job.create_time = before.creator, before.create_time
            home.job.last_modifier, home.job.update_time = self._projects.caller_address, now()
            home.job.etag, home.job.terminal_condition = f'"{uuid.uuid4().hex}"', good("Ready")
            home.job.latest_created_execution = before.latest_created_execution
            home.job.execution_count = before.execution_count
        return self._done(home, home.job)

    def get_policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        self._admit(request.resource, "run.jobs.getIamPolicy")
        return self._projects.access.policy(self._home(request.resource).job.name, asked_version(request))

    def set_policy(self, request: iam_policy_pb2.SetIamPolicyRequest) -> policy_pb2.Policy:
        self._admit(request.resource, "run.jobs.setIamPolicy")
        lag = self._projects.behaviour.access_lag
        return self._projects.access.replace(self._home(request.resource).job.name, request.policy, lag)

    def delete_job(self, request: Any) -> Any:
        self._admit(request.name, "run.jobs.delete")
        with self._projects.lock:
            home = self._home(request.name)
            self._projects.access.forget(home.job.name)
            for event in home.cancelled.values():
                event.set()
            del self._homes[home.job.name]
        return self._done(home, home.job)

    def run_job(self, request: Any) -> Any:
        self._admit(request.name, "run.jobs.run")
        return self.begin(request.name)
