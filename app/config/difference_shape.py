"""What servergem.yml may hold of a service, a job or a worker in one environment: its keys, and names that go."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from app.config.google_names import LabelName, LabelValue
from app.config.job_shape import JobFile
from app.config.kinds import EnvName, Secret, Text
from app.config.part import Part
from app.config.shape import ServiceFile
from app.config.values import nothing
from app.config.worker_shape import WorkerFile


class DifferenceFile(Part):
    """In one environment what is said replaces what is usual; names without a value go."""

    env: Annotated[dict[EnvName, Text | None], BeforeValidator(nothing)] = Field(
        default={}, description="Variables over its own; nothing behind a name takes it away."
    )
    secrets: Annotated[dict[EnvName, Secret | None], BeforeValidator(nothing)] = Field(
        default={}, description="Secrets over its own; nothing behind a name takes it away."
    )


class ServiceDifferenceFile(DifferenceFile, ServiceFile):  # type: ignore[misc] # wider: a name may have no value
    """A service in one environment."""

    labels: Annotated[dict[LabelName, LabelValue | None], BeforeValidator(nothing)] = Field(  # type: ignore[assignment]
        default={}, description="Labels over the service's own; nothing behind a name takes it away."
    )


class JobDifferenceFile(DifferenceFile, JobFile):  # type: ignore[misc] # as above
    """A job in one environment."""


class WorkerDifferenceFile(DifferenceFile, WorkerFile):  # type: ignore[misc] # as above
    """A worker in one environment."""


DIFFERENCES = (ServiceDifferenceFile, JobDifferenceFile, WorkerDifferenceFile)
