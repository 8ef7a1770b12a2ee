"""What Cloud Run accepts of a revision's parts: network, volumes, probes, generation, GPU; refused before it starts."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

from google.cloud import run_v2

from sandbox.google.errors import Code, Refusal, invalid
from sandbox.google.run_sizes import cpus, size
from sandbox.google.source_code import check_source

_GEN1 = 1
# https://cloud.google.com/run/docs/configuring/services/cloud-storage-volume-mounts
_TAKEN = re.compile(r"/(?:dev|proc|sys)(?:/.*)?\Z")
_GPUS = {"nvidia-l4": (4.0, 16 * 2**30), "nvidia-rtx-pro-6000": (20.0, 80 * 2**30)}
# The most that a startup probe may take, and any other number of a probe:
# https://cloud.google.com/run/docs/reference/rest/v2/Container#Probe
_STARTUP, _LONGEST = 240, 3600

# Names that an organisation may enforce, and Cloud Run's word where it does; met in
# https://github.com/GoogleCloudPlatform/cloud-run-mcp/issues/171, see also .../issues/5
INVOKERS = "constraints/run.managed.requireInvokerIam"


def check_invokers(constraints: Set[str], wanted: run_v2.Service) -> None:
    """Whether the organisation lets a service answer callers whom nobody has checked."""
    if wanted.invoker_iam_disabled and INVOKERS in constraints:
        raise Refusal(
            Code.FAILED_PRECONDITION, "invoker_iam_disabled is not currently available for your organization."
        )


def check_parts(template: run_v2.RevisionTemplate, call: str) -> None:
    """What a template says beside its container's image, variables and size."""
    field = f"{call}.service.template"
    check_source(template, call)
    _check_network(template.vpc_access, field)
    _check_volumes(template, field)
    for number, container in enumerate(template.containers):
        _check_probes(container, f"{field}.containers[{number}]")
    _check_gpu(template)


def _check_network(access: run_v2.VpcAccess, field: str) -> None:
    if not access:
        return
    if bool(access.connector) == bool(access.network_interfaces):
        raise invalid(
            f"Violation in {field}.vpc_access.connector: one and only one of connector and network_interfaces "
            "must be set."
        )
    if len(access.network_interfaces) > 1:
        raise invalid(f"Violation in {field}.vpc_access.network_interfaces: at most one is supported.")
    for each in access.network_interfaces:
        if not (each.network or each.subnetwork):
            raise invalid(
                f"Violation in {field}.vpc_access.network_interfaces: network or subnetwork is required."
            )


def _check_volumes(template: run_v2.RevisionTemplate, field: str) -> None:
    names = [volume.name for volume in template.volumes]
    if len(set(names)) != len(names):
        raise invalid(f"Violation in {field}.volumes: volume names must be unique.")
    for volume in template.volumes:
        if template.execution_environment == _GEN1 and ("gcs" in volume or "nfs" in volume):
            raise invalid(
                f"Violation in {field}.execution_environment: volume '{volume.name}' requires the second generation "
                "execution environment."
            )
    for container in template.containers:
        paths = [mount.mount_path for mount in container.volume_mounts]
        if len(set(paths)) != len(paths):
            raise invalid(f"Violation in {field}.containers[0].volume_mounts: mount paths must be unique.")
        for mount in container.volume_mounts:
            _check_mount(mount, template, f"{field}.containers[0].volume_mounts")


def _check_mount(mount: run_v2.VolumeMount, template: run_v2.RevisionTemplate, field: str) -> None:
    volume = next((each for each in template.volumes if each.name == mount.name), None)
    if volume is None:
        raise invalid(f"Violation in {field}: volume '{mount.name}' not found.")
    sockets = "cloud_sql_instance" in volume
    if sockets and mount.mount_path not in ("", "/cloudsql"):
        raise invalid(f"Violation in {field}: Cloud SQL volumes must be mounted at /cloudsql.")
    if not sockets and (not mount.mount_path.startswith("/") or ":" in mount.mount_path):
        raise invalid(f"Violation in {field}: mount_path must be absolute and must not contain ':'.")
    if _TAKEN.match(mount.mount_path):
        raise invalid(f"Violation in {field}: mount_path '{mount.mount_path}' is not allowed.")


def _check_probes(container: run_v2.Container, field: str) -> None:
    named = (
        ("startup_probe", container.startup_probe, _STARTUP),
        ("liveness_probe", container.liveness_probe, _LONGEST),
        ("readiness_probe", container.readiness_probe, _LONGEST),
    )
    for name, probe, most in named:
        if probe:
            _check_probe(probe, most, f"{field}.{name}")
    startup = container.startup_probe
    if startup and (startup.period_seconds or 10) * (startup.failure_threshold or 3) > _STARTUP:
        raise invalid(
            f"Violation in {field}.startup_probe: failure_threshold * period_seconds must be at most {_STARTUP}."
        )
    for name, probe, _ in named[1:]:
        if "tcp_socket" in probe:
            raise invalid(f"Violation in {field}.{name}: tcp_socket is not supported.")


def _check_probe(probe: run_v2.Probe, most: int, field: str) -> None:
    if not any(kind in probe for kind in ("http_get", "tcp_socket", "grpc")):
        raise invalid(
            f"Violation in {field}: exactly one of http_get, tcp_socket, or grpc must be specified."
        )
    period, timeout = probe.period_seconds or 10, probe.timeout_seconds or 1
    if not 0 <= probe.initial_delay_seconds <= most:
        raise invalid(f"Violation in {field}.initial_delay_seconds: must be between 0 and {most}.")
    if not 1 <= period <= most:
        raise invalid(f"Violation in {field}.period_seconds: must be between 1 and {most}.")
    if timeout > period:
        raise invalid(f"Violation in {field}.timeout_seconds: must be less than or equal to period_seconds.")


def _check_gpu(template: run_v2.RevisionTemplate) -> None:
    """https://cloud.google.com/run/docs/configuring/services/gpu"""
    kind = template.node_selector.accelerator
    limits: dict[str, Any] = dict(template.containers[0].resources.limits)
    if bool(kind) != ("nvidia.com/gpu" in limits):
        raise invalid(
            "template.node_selector.accelerator: must be set if and only if nvidia.com/gpu is a limit."
        )
    if not kind:
        return
    if kind not in _GPUS:
        raise invalid(f"template.node_selector.accelerator: GPU type '{kind}' is not supported.")
    cpu, memory = _GPUS[kind]
    if (cpus(limits.get("cpu", "1")) or 0) < cpu or (size(limits.get("memory", "512Mi")) or 0) < memory:
        raise invalid(
            f"template.containers[0].resources.limits: {kind} requires at least {cpu:g} CPU and "
            f"{memory // 2**30}Gi of memory."
        )
    if template.containers[0].resources.cpu_idle:
        raise invalid("template.containers[0].resources.cpu_idle: GPU requires cpu always allocated.")
    if template.execution_environment == _GEN1:
        raise invalid("template.execution_environment: GPU is not supported in the first generation.")
