"""A release command's job: never less than Cloud Run demands of a job, whatever the service makes do with."""

from __future__ import annotations

import pytest

from app.model import ServiceConfig
from gcp.cloud_run_jobs import WantedJob, specification
from gcp.wanted_service import WantedService


@pytest.mark.parametrize(
    ("cpu", "memory", "gets"),
    [
        ("0.5", "256Mi", {"cpu": "1", "memory": "512Mi"}),
        ("0.08", "128Mi", {"cpu": "1", "memory": "512Mi"}),
        ("1", "512Mi", {"cpu": "1", "memory": "512Mi"}),
        ("2", "1Gi", {"cpu": "2", "memory": "1Gi"}),
    ],
)
def test_a_job_has_one_cpu_and_half_a_gibibyte(cpu: str, memory: str, gets: dict[str, str]) -> None:
    """Small services are raised to the least that a job may have; others keep theirs."""
    config = ServiceConfig(name="hello", cpu=cpu, memory=memory)
    service = WantedService("p", "europe-west1", "hello", "image", "hello-1", "v-1", config)
    job = specification(WantedJob(service, "hello-1", ("true",), 60))
    assert dict(job.template.template.containers[0].resources.limits) == gets
