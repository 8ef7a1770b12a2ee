"""What servergem.yml asks for one service. Made of its shape by `python -m app.config.reference`."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.service import BuildPlan, Instances, Probes, SecretRef, Sidecar, Volume, Vpc


@dataclass(frozen=True)
class ServiceConfig:
    """What servergem.yml asks for one service, defaults filled in. Durations are seconds."""

    name: str
    path: str = "."
    watch: tuple[str, ...] = ()
    build: BuildPlan = BuildPlan()
    automatic_updates: bool = True
    image: str = ""
    region: str = ""
    regions: tuple[str, ...] = ()
    port: int = 8080
    cpu: str = "1"
    memory: str = "512Mi"
    concurrency: int = 80
    timeout: int = 300
    instances: Instances = Instances()
    public: bool = True
    domain: str = ""
    service_account: str = ""
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, SecretRef], ...] = ()
    health: str = "/"
    release: str = ""
    rollout: tuple[int, ...] = (100,)
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    containers: tuple[Sidecar, ...] = ()
    after: tuple[str, ...] = ()
    cloudsql: tuple[str, ...] = ()
    vpc: Vpc = Vpc()
    volumes: tuple[Volume, ...] = ()
    probes: Probes = Probes()
    execution: str = ""
    cpu_always: bool = False
    startup_boost: bool = True
    gpu: str = ""
    ingress: str = "all"
    http2: bool = False
    session_affinity: bool = False
    manual_instances: int = 0
    labels: tuple[tuple[str, str], ...] = ()
    iap: bool = False
    binary_authorization: str = ""
    encryption_key: str = ""
