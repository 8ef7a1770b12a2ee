"""What has a service's image and is no service: its jobs and its workers."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.job_config import JobConfig
from app.model.worker_config import WorkerConfig

# Their sections of servergem.yml.
BESIDE = ("jobs.", "workers.")


@dataclass(frozen=True)
class TargetJob:
    """A job with a service's image: the Cloud Run job's id there, and what servergem.yml asks for."""

    id: str
    config: JobConfig

    @property
    def key(self) -> str:
        """The section of servergem.yml that asks for it."""
        return f"jobs.{self.config.name}"


@dataclass(frozen=True)
class TargetWorker:
    """A worker with a service's image: the worker pool's id there, and what servergem.yml asks for."""

    id: str
    config: WorkerConfig

    @property
    def key(self) -> str:
        """The section of servergem.yml that asks for it."""
        return f"workers.{self.config.name}"
