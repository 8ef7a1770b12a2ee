"""Fly.io's fly.toml: https://fly.io/docs/reference/configuration/"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.config.draft import Block, Keys, Said
from app.importing.around import Around
from app.importing.foreign import CommandLine, Foreign, Variables
from app.importing.measures import cpus, mebibytes, memory, region
from app.importing.telling import SHELL, WORKER, dockerfile, instances, said, start, variables
from app.importing.told import WORKERS, Left, Named, Told

# MiB and CPUs of a machine by its size: https://fly.io/docs/about/pricing/#started-fly-machines
SIZES = {
    "shared-cpu-1x": (256, 1),
    "shared-cpu-2x": (512, 2),
    "shared-cpu-4x": (1024, 4),
    "shared-cpu-8x": (2048, 8),
}
PERFORMANCE = "performance-"
SERVING = ("web", "app")
VOLUME = "Name a bucket as a volume (`volumes:`), or keep the data in Cloud SQL: an instance has no disk."


class Build(Foreign):
    dockerfile: str = Field(default="", description="`build.dockerfile`")
    target: str = Field(default="", alias="build-target", description="`build.target`")
    args: Variables = Field(default={}, description="`build.args`")
    builder: str = Field(default="", description="`build`: buildpacks")


class Limits(Foreign):
    hard: int | None = Field(default=None, alias="hard_limit", description="`concurrency`")
    soft: int | None = Field(
        default=None, alias="soft_limit", description="`concurrency` without a hard limit"
    )


class Check(Foreign):
    path: str = Field(default="", description="`health`")


class Serving(Foreign):
    port: int | None = Field(default=None, alias="internal_port", description="`port`")
    least: int | None = Field(default=None, alias="min_machines_running", description="`instances.min`")
    concurrency: Limits = Field(default=Limits(), description="`concurrency`")
    checks: list[Check] = Field(default=[], description="`health`")
    http_checks: list[Check] = Field(default=[], description="`health`")
    protocol: str = Field(default="", description="left, but for tcp with HTTP")


class Machine(Foreign):
    size: str = Field(default="", description="`memory`, `cpu`")
    memory: str = Field(default="", description="`memory`")
    memory_mb: str = Field(default="", description="`memory`")
    cpus: str = Field(default="", description="`cpu`")


class Deploy(Foreign):
    release: CommandLine = Field(default="", alias="release_command", description="`release`")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class Fly(Foreign):
    """`fly.toml`: one application, with a Dockerfile where nothing else is said."""

    app: str = Field(default="", description="the service's name")
    region: str = Field(default="", alias="primary_region", description="`region`, the nearest")
    build: Build = Field(default=Build(), description="`build`")
    env: Variables = Field(default={}, description="`env`, `secrets`")
    http: Serving = Field(
        default=Serving(), alias="http_service", description="`port`, `instances`, `concurrency`"
    )
    services: Annotated[list[Serving], BeforeValidator(_listed)] = Field(
        default=[], description="`port`, `concurrency`, `health` of the first"
    )
    processes: Annotated[dict[str, CommandLine], BeforeValidator(lambda each: each or {})] = Field(
        default={}, description="`command` of `web` or `app`"
    )
    deploy: Deploy = Field(default=Deploy(), description="`release`")
    machines: Annotated[list[Machine], BeforeValidator(_listed)] = Field(
        default=[], alias="vm", description="`memory`, `cpu` of the first"
    )
    checks: dict[str, Check] = Field(default={}, description="`health`")


ONE_PORT = "A service of Cloud Run has one port: make it a service of its own."
ASKED = "Nothing is needed: `health:` is asked before traffic moves; write `probes:` for more."
LEFT: Mapping[str, str] = {
    "mounts": VOLUME,
    "mounts.*": VOLUME,
    "statics": "Let the application serve its files itself.",
    "build.image": "ServerGem builds from source: give the service its `path:`.",
    "build.buildpacks": "Google's buildpacks choose by the files of the source.",
    "build.settings": "Write a Dockerfile.",
    "build.builtin": "Write a Dockerfile.",
    "build.ignorefile": "Call it .dockerignore.",
    "kill_signal": "Cloud Run sends SIGTERM.",
    "kill_timeout": "Cloud Run gives ten seconds after SIGTERM.",
    "http_service.force_https": "Nothing is needed: Cloud Run leads http to https.",
    "http_service.auto_stop_machines": "Nothing is needed: instances come and go with requests.",
    "http_service.auto_start_machines": "Nothing is needed: instances come and go with requests.",
    "http_service.processes": "Nothing is needed: the process that serves is the service.",
    "http_service.http_options": "Write `http2: true` for HTTP/2 to the container.",
    "http_service.tls_options": "Nothing is needed: Cloud Run ends TLS.",
    "http_service.*.*": "Nothing is needed: Cloud Run limits requests.",
    "http_service.checks.*.*": ASKED,
    "services.*.ports": "Nothing is needed: Cloud Run listens on 80 and 443.",
    "services.*.processes": "Nothing is needed: the process that serves is the service.",
    "services.*.script_checks": "Write `probes:`.",
    "services.*.tcp_checks": "Nothing is needed: the open port is asked for as an instance starts.",
    "services.*.auto_stop_machines": "Nothing is needed: instances come and go with requests.",
    "services.*.auto_start_machines": "Nothing is needed: instances come and go with requests.",
    "services.*.force_https": "Nothing is needed: Cloud Run leads http to https.",
    "services.*.*.*": "Nothing is needed: Cloud Run limits requests.",
    "services.*.http_checks.*.*": ASKED,
    "services.*.checks.*.*": ASKED,
    "checks.*.*": ASKED,
    "metrics": "Cloud Run has metrics of its own; a collector as a sidecar is not carried over.",
    "deploy.strategy": "Write `rollout: [10, 50, 100]`.",
    "deploy.*": "Nothing is needed.",
    "vm.*.*": "Write `memory:`, `cpu:` and `gpu:` as Cloud Run has them.",
    "experimental": "Nothing is needed, unless it has a command: write it as `command:`.",
    "restart": "Nothing is needed: an instance that ends is started anew.",
    "swap_size_mb": "Write more `memory:`: an instance has no swap.",
    "console_command": "Nothing is needed.",
    "files": "Copy the files in the Dockerfile, or name a secret as a volume.",
}


def is_fly(value: Mapping[str, Any]) -> bool:
    own = {
        "primary_region",
        "http_service",
        "vm",
        "kill_signal",
        "mounts",
        "statics",
        "services",
        "env",
        "build",
    }
    return isinstance(value.get("app"), str) and bool(own & value.keys())


def tell(fly: Fly, around: Around) -> Iterator[Named | Left]:
    yield Named(fly.app or around.name, tuple(_told(fly)))
    for name, command in fly.processes.items():
        if name != _serving_process(fly) and not fly.build.builder:
            yield Named(name, (said("command", (*SHELL, command), "processes", name),), WORKERS)


def _told(fly: Fly) -> Iterator[Told]:
    if fly.region and (near := region(fly.region)):
        yield said("region", near, "primary_region", note=f"nearest to {fly.region}")
    elif fly.region:
        yield Left(("primary_region",), "Write `region:` with a region of Cloud Run, such as europe-west1.")
    yield from _built(fly.build)
    yield from _serving(fly)
    yield from _machine(fly)
    if fly.deploy.release:
        yield said("release", fly.deploy.release, "deploy", "release_command")
    yield from _processes(fly)
    yield from variables(fly.env, "env")


def _built(build: Build) -> Iterator[Told]:
    parts: list[Said] = []
    if named := dockerfile(build.dockerfile, "."):
        parts.append(said("dockerfile", named, "build", "dockerfile"))
    if build.target:
        parts.append(said("target", build.target, "build", "build-target"))
    if build.args:
        given = tuple(Said(name, value or "") for name, value in build.args.items())
        parts.append(said("args", Block(given), "build", "args"))
    if parts:
        yield said("build", Block(tuple(parts)), "build")
    elif build.builder:
        yield said("build", "buildpacks", "build", "builder", note="Google's instead")


def _serving(fly: Fly) -> Iterator[Told]:
    """`http_service`, else the first of `services`; what has no HTTP has no place on Cloud Run."""
    at: Keys = ("http_service",)
    serving = fly.http
    if serving.port is None and fly.services:
        at, serving = ("services", "0"), fly.services[0]
    if serving.port is not None:
        yield said("port", serving.port, *at, "internal_port")
    if limit := serving.concurrency.hard or serving.concurrency.soft:
        yield said("concurrency", min(limit, 1000), *at, "concurrency")
    if serving.least:
        yield from instances(serving.least, None, *at, "min_machines_running")
    checks = [*serving.checks, *serving.http_checks, *fly.checks.values()]
    if path := next((each.path for each in checks if each.path), ""):
        yield said("health", path, *at, "checks")
    first = 1 if at[0] == "services" else 0
    for number, _ in enumerate(fly.services[first:], first):
        yield Left(("services", str(number)), ONE_PORT, whole=True)
    if serving.protocol == "udp":
        yield Left((*at, "protocol"), "Cloud Run takes HTTP, gRPC and WebSockets alone.")


def _machine(fly: Fly) -> Iterator[Told]:
    """Less than 512Mi has no second generation of Cloud Run, so that the default stays then."""
    if not fly.machines:
        return
    machine = fly.machines[0]
    mib, count = SIZES.get(machine.size, (0, 0))
    if machine.size.startswith(PERFORMANCE):
        named = re.search("[0-9]{1,3}", machine.size)
        count = int(named[0]) if named else 1
        mib = 2048 * count
    written = machine.memory or machine.memory_mb
    mib = mebibytes(f"{written}m" if written.isdecimal() else written) or mib
    if mib > 512:
        yield said("memory", memory(mib), "vm", "0", note=written or machine.size)
    if (cpu := cpus(machine.cpus or str(count))) and float(cpu) > 1:
        yield said("cpu", cpu, "vm", "0", note=machine.cpus or machine.size)
    for number, _ in enumerate(fly.machines[1:], 1):
        yield Left(("vm", str(number)), "Give the service that it is for its own `memory:` and `cpu:`.")


def _processes(fly: Fly) -> Iterator[Told]:
    for name, command in fly.processes.items():
        at = ("processes", name)
        if name == _serving_process(fly):
            yield from start(command, *at, with_docker=not fly.build.builder)
        elif fly.build.builder:
            yield Left(at, WORKER)


def _serving_process(fly: Fly) -> str:
    return next((name for name in SERVING if name in fly.processes), next(iter(fly.processes), ""))
