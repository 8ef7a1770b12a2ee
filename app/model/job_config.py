"""What servergem.yml asks for one job. Made of its shape by `python -m app.config.reference`."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.service import SecretRef


@dataclass(frozen=True)
class JobConfig:
    """What servergem.yml asks for one job, defaults filled in. Durations are seconds."""

    name: str
    service: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, SecretRef], ...] = ()
    cpu: str = "1"
    memory: str = "512Mi"
    service_account: str = ""
    enabled: bool = True
    tasks: int = 1
    parallelism: int = 0
    retries: int = 3
    timeout: int = 600
    schedule: str = ""
    time_zone: str = "Etc/UTC"
