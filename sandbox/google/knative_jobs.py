"""Jobs and executions of Cloud Run as its first version tells of them; nothing makes or changes a job here by v1.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.jobs
"""

from __future__ import annotations

from typing import Any

from google.cloud import run_v2
from google.protobuf import json_format

from sandbox.google import knative_annotations as noted
from sandbox.google import knative_parts as parts
from sandbox.google.knative_shapes import RUN, Named
from sandbox.google.knative_told import conditions_of, metadata_of

_COUNTS = ("runningCount", "succeededCount", "failedCount", "cancelledCount", "retriedCount")


def v1_of_job(job: run_v2.Job) -> Named:
    """A job, and of its newest execution a reference."""
    plain = run_v2.Job.pb(job)
    told = json_format.MessageToDict(plain)
    template = job.template
    status = {
        "observedGeneration": job.generation,
        "conditions": conditions_of(job.conditions, job.terminal_condition),
        "executionCount": job.execution_count,
    }
    if latest := told.get("latestCreatedExecution"):
        status["latestCreatedExecution"] = _reference(latest)
    return Named(
        api_version=RUN,
        kind="Job",
        metadata=metadata_of(plain, {"run.googleapis.com/creator": job.creator, **dict(job.annotations)}),
        spec={
            "template": {
                "metadata": {"annotations": _noted(template.template)},
                "spec": _spec(template.template, template.task_count, template.parallelism),
            }
        },
        status=status,
    )


def v1_of_execution(execution: run_v2.Execution) -> Named:
    """An execution, and in a label the job whose it is."""
    plain = run_v2.Execution.pb(execution)
    told = json_format.MessageToDict(plain)
    metadata = metadata_of(plain, _noted(execution.template) | dict(execution.annotations))
    labels = metadata.labels | {"run.googleapis.com/job": execution.job}
    status = {
        "observedGeneration": execution.observed_generation,
        "conditions": conditions_of(execution.conditions),
        "startTime": told.get("startTime"),
        "logUri": execution.log_uri,
        **{name: told[name] for name in ("completionTime", *_COUNTS) if name in told},
    }
    return Named(
        api_version=RUN,
        kind="Execution",
        metadata=metadata.model_copy(update={"labels": labels}),
        spec=_spec(execution.template, execution.task_count, execution.parallelism),
        status=status,
    )


def _reference(latest: dict[str, Any]) -> dict[str, Any]:
    times = {
        "creationTimestamp": latest.get("createTime"),
        "completionTimestamp": latest.get("completionTime"),
    }
    return {
        "name": latest["name"].rpartition("/")[2],
        "completionStatus": latest.get("completionStatus", "COMPLETION_STATUS_UNSPECIFIED"),
        **{name: time for name, time in times.items() if time},
    }


def _noted(task: run_v2.TaskTemplate) -> dict[str, str]:
    plain = run_v2.TaskTemplate.pb(task)
    told = json_format.MessageToDict(plain)
    found = parts.annotations_of(told.get("containers", []), told.get("volumes", []))
    # A task always has its CPU, and has no such annotation.
    found.pop(parts.THROTTLING, None)
    return noted.told(plain, noted.TASK) | found


def _spec(task: run_v2.TaskTemplate, count: int, parallelism: int) -> dict[str, Any]:
    told = json_format.MessageToDict(run_v2.TaskTemplate.pb(task))
    inner = {
        "containers": [parts.container_of_v2(each).json_form() for each in told.get("containers", [])],
        "volumes": [each.json_form() for each in parts.volumes_of_v2(told.get("volumes", []))],
        "maxRetries": task.max_retries,
        "serviceAccountName": task.service_account,
        "timeoutSeconds": str(int(task.timeout.total_seconds())) if task.timeout else None,
    }
    kept = {name: value for name, value in inner.items() if value is not None}
    return {"parallelism": parallelism or 1, "taskCount": count or 1, "template": {"spec": kept}}
