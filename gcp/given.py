"""What a job or a worker is given, by the key of servergem.yml: read alike of what is wanted and of what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model import told
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")


@dataclass(frozen=True)
class Given:
    """Names of variables, `secret:version` of those that are secrets, and the rest by key; no value of a variable."""

    env: tuple[str, ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    shape: tuple[tuple[str, str], ...] = ()


def given_to_job(job: run_v2.Job) -> Given:
    """A Cloud Run job; its schedule is Cloud Scheduler's to tell."""
    execution, task = job.template, job.template.template
    return _given(
        next(iter(task.containers), run_v2.Container()),
        {
            "service_account": task.service_account,
            "tasks": execution.task_count or 1,
            "parallelism": execution.parallelism,
            "retries": task.max_retries,
            "timeout": f"{int(task.timeout.total_seconds()) if task.timeout else 600}s",
        },
    )


def given_to_worker(pool: run_v2.WorkerPool) -> Given:
    """A worker pool."""
    made = pool.template
    return _given(
        next(iter(made.containers), run_v2.Container()),
        {
            "service_account": made.service_account,
            "instances": pool.scaling.manual_instance_count or 0,
        },
    )


def _given(container: run_v2.Container, beside: Mapping[str, object]) -> Given:
    """Cloud Run's defaults where nothing is said."""
    limits = dict(container.resources.limits)
    values: dict[str, object] = {
        "command": tuple(container.command),
        "args": tuple(container.args),
        "cpu": limits.get("cpu", "1"),
        "memory": limits.get("memory", "512Mi"),
        **beside,
    }
    return Given(
        tuple(sorted(variable.name for variable in container.env)),
        secrets_of(container),
        tuple((key, told(value)) for key, value in values.items()),
    )


def secrets_of(container: run_v2.Container) -> tuple[tuple[str, str], ...]:
    """`NAME` and `secret:version` for each variable that is one."""
    found = [
        (variable.name, variable.value_source.secret_key_ref)
        for variable in container.env
        if variable.value_source.secret_key_ref.secret
    ]
    return tuple(sorted((name, f"{ref.secret.rpartition('/')[2]}:{ref.version}") for name, ref in found))
