"""What servergem.yml asks for one worker. Made of its shape by `python -m app.config.reference`."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.service import SecretRef


@dataclass(frozen=True)
class WorkerConfig:
    """What servergem.yml asks for one worker, defaults filled in. Durations are seconds."""

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
    instances: int = 1
