"""Cloud Run jobs: what may be asked of them, and of their executions."""

from __future__ import annotations

import threading
import uuid
from typing import Any

from google.cloud import run_v2

from sandbox.google import run_rules
from sandbox.google.conditions import good, pending
from sandbox.google.errors import Code, Refusal, not_found
from sandbox.google.job_work import JobHome, JobWork
from sandbox.google.state import Project, now, segments

API = "run.googleapis.com"


class Jobs(JobWork):
    """The jobs of every project and region."""

    def methods(self) -> dict[str, Any]:
        return {
            "Jobs.CreateJob": self.create_job,
            "Jobs.GetJob": self.get_job,
            "Jobs.ListJobs": self.list_jobs,
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

    def _admit(self, name: str, permission: str) -> Project:
        return self._projects.admit(segments(name).get("projects", ""), API, permission, name)

    def _home(self, name: str) -> JobHome:
        parts = segments(name)
        home = self._homes.get("projects/{projects}/locations/{locations}/jobs/{jobs}".format_map(parts))
        if home is None:
            raise not_found(f"Resource '{parts['jobs']}' of kind 'JOB' does not exist.")
        return home

    def create_job(self, request: Any) -> Any:
        project = self._admit(request.parent, "run.jobs.create")
        run_rules.check_job(request.job)
        task = request.job.template.template
        self._revisions.admit_container(project, task.service_account, task.containers[0].image)
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
            self._homes[name] = JobHome(job, project, segments(request.parent)["locations"])
        return self._done(self._homes[name], job)

    def get_job(self, request: Any) -> run_v2.Job:
        self._admit(request.name, "run.jobs.get")
        with self._projects.lock:
            return run_v2.Job(self._home(request.name).job)

    def list_jobs(self, request: Any) -> run_v2.ListJobsResponse:
        self._admit(request.parent, "run.jobs.list")
        with self._projects.lock:
            found = [
                home.job for name, home in self._homes.items() if name.startswith(f"{request.parent}/jobs/")
            ]
        return run_v2.ListJobsResponse(jobs=found)

    def delete_job(self, request: Any) -> Any:
        self._admit(request.name, "run.jobs.delete")
        with self._projects.lock:
            home = self._home(request.name)
            for event in home.cancelled.values():
                event.set()
            del self._homes[home.job.name]
        return self._done(home, home.job)

    def run_job(self, request: Any) -> Any:
        self._admit(request.name, "run.jobs.run")
        with self._projects.lock:
            home = self._home(request.name)
            short = f"{home.job.name.rpartition('/')[2]}-{uuid.uuid4().hex[:5]}"
            task = home.job.template.template
            execution = run_v2.Execution(
                name=f"{home.job.name}/executions/{short}",
                uid=str(uuid.uuid4()),
                job=home.job.name.rpartition("/")[2],
                create_time=now(),
                start_time=now(),
                template=task,
                task_count=1,
                parallelism=1,
                running_count=1,
                reconciling=True,
                conditions=[pending("Completed"), good("Started")],
                log_uri=f"https://console.cloud.google.com/run/jobs/executions/details/{home.region}/{short}",
            )
            home.executions[short] = execution
            home.cancelled[short] = threading.Event()
            self._tell(home, execution)
        operation = self._operations.regional(home.project.id, home.region, execution)
        self._pool.submit(self._run, home, execution, operation)
        return operation.message()

    def _homes_at(self, job: str) -> list[JobHome]:
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

    def _execution(self, name: str) -> tuple[JobHome, run_v2.Execution]:
        home, short = self._home(name), name.rpartition("/")[2]
        if short not in home.executions:
            raise not_found(f"Resource '{short}' of kind 'EXECUTION' does not exist.")
        return home, home.executions[short]
