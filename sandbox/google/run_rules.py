"""What Cloud Run accepts in a service: names, environment, sizes and traffic, refused in its own words."""

from __future__ import annotations

import re
from typing import Any

from google.cloud import run_v2

from sandbox.google.errors import Code, Refusal, invalid
from sandbox.google.run_containers import check_containers, main_of
from sandbox.google.run_part_rules import check_parts
from sandbox.google.run_sizes import cpus, insist_on_lengths, size

_SERVICE = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?\Z")
_REVISION = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_TAG = re.compile(r"[a-z0-9][a-z0-9-]+[a-z0-9]\Z")
_ENV_NAME = re.compile(r"[^=\0]{1,32768}\Z")
# Below this prefix, which is none of the reserved ones, gcloud marks the revision that it makes.
_LABEL_KEY = re.compile(r"(client\.knative\.dev/)?[a-z][a-z0-9_-]{0,62}\Z")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}\Z")
RESERVED_ENV = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
RESERVED_LABELS = (
    "run.googleapis.com",
    "cloud.googleapis.com",
    "serving.knative.dev",
    "autoscaling.knative.dev",
)
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
# Its members have no types that mypy can read.
_INGRESS: Any = run_v2.IngressTraffic
_CPUS = (1.0, 2.0, 4.0, 6.0, 8.0)


def check_service_id(service_id: str) -> None:
    if not _SERVICE.match(service_id):
        raise invalid(
            "Violation in CreateServiceRequest.service_id: only lowercase, digits, and hyphens; must begin with "
            "letter, and cannot end with hyphen; must be less than 50 characters."
        )


def check_service(service_id: str, service: run_v2.Service, call: str) -> None:
    """Everything about a service that can be refused before anything is started."""
    if len(service.description) > 512:
        raise invalid(f"Violation in {call}.service.description: must be at most 512 characters.")
    _check_labels(dict(service.labels), f"{call}.service.labels")
    _check_labels(dict(service.template.labels), f"{call}.service.template.labels")
    _check_template(service_id, service.template, call)
    check_parts(service.template, call)
    check_containers(service.template, call)
    check_traffic(service_id, service, call)


def _check_labels(labels: dict[str, str], field: str) -> None:
    if len(labels) > 64:
        raise invalid(f"Violation in {field}: at most 64 labels are allowed.")
    for key, value in labels.items():
        if key.startswith(RESERVED_LABELS):
            raise invalid(f"Violation in {field}: label {key!r} is in a reserved namespace.")
        if not _LABEL_KEY.match(key) or not _LABEL_VALUE.match(value):
            raise invalid(
                f"Violation in {field}: invalid label {key!r}={value!r}: only lowercase letters, digits, "
                "underscores and dashes; keys must start with a lowercase letter; at most 63 characters."
            )


def _check_template(service_id: str, template: run_v2.RevisionTemplate, call: str) -> None:
    name = template.revision
    if name and (not _REVISION.match(name) or not name.startswith(f"{service_id}-")):
        raise invalid(
            f"Violation in {call}.service.template.revision: only lowercase, digits, and hyphens; must begin with "
            "letter, and may not end with hyphen; must be less than 64 characters; must be prefixed by the "
            f"name of the service, '{service_id}-'."
        )
    if not template.containers:
        raise invalid(f"Violation in {call}.service.template.containers: at least one container is required.")
    if not 0 <= template.max_instance_request_concurrency <= 1000:
        raise invalid(
            f"Violation in {call}.service.template.max_instance_request_concurrency: must be between 0 and 1000."
        )
    if template.timeout and template.timeout.total_seconds() > 3600:
        raise invalid(f"Violation in {call}.service.template.timeout: must be at most 3600 seconds.")
    for container in template.containers:
        _check_container(container, call, alone=len(template.containers) == 1)


def _check_container(container: run_v2.Container, call: str, *, alone: bool) -> None:
    if not container.image:
        raise invalid(f"Violation in {call}.service.template.containers[0].image: image is required.")
    if len(container.ports) > 1:
        raise invalid(
            f"Violation in {call}.service.template.containers[0].ports: ports should contain 0 or 1 port."
        )
    for port in container.ports:
        if not 1 <= port.container_port <= 65535:
            raise invalid(
                f"Violation in {call}.service.template.containers[0].ports[0].container_port: "
                "must be between 1 and 65535."
            )
    names = [variable.name for variable in container.env]
    # A container that is sent no request is told no port, and may have a variable of that name:
    # https://github.com/GoogleCloudPlatform/cloud-run-samples/blob/main/multi-container/hello-nginx-sample/service.yaml
    taken = RESERVED_ENV if alone or container.ports else RESERVED_ENV - {"PORT"}
    if reserved := sorted(taken.intersection(names)):
        raise invalid(
            "template.containers[0].env: The following reserved env names were provided: "
            f"{', '.join(reserved)}. These values are automatically set by the system."
        )
    if any(not _ENV_NAME.match(name) for name in names):
        raise invalid("template.containers[0].env: each variable has a name without '='.")
    insist_on_lengths(container)
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise invalid(f"template.containers[0].env: duplicate env names were provided: {', '.join(doubled)}.")
    _check_size(dict(container.resources.limits))


def _check_size(limits: dict[str, str]) -> None:
    field = "template.containers[0].resources.limits"
    cpu, memory = cpus(limits.get("cpu", "1")), size(limits.get("memory", "512Mi"))
    if cpu is None or not (0.08 <= cpu < 1 or cpu in _CPUS):
        raise invalid(
            f"{field}.cpu: Invalid value specified for cpu. Must be equal to one of [.08-1], 1.0, 2.0, 4.0, 6.0, 8.0"
        )
    if memory is None or not 128 * 2**20 <= memory <= 32 * 2**30:
        raise invalid(f"{field}.memory: Invalid value specified for memory. Must be between 128Mi and 32Gi.")
    least = {4.0: 2, 6.0: 4, 8.0: 4}.get(cpu, 0) * 2**30
    if memory < least:
        raise invalid(
            f"{field}.memory: Invalid value specified for memory. For {cpu:g} CPU, memory must be at least "
            f"{least // 2**30}Gi."
        )


def check_job(job: run_v2.Job) -> None:
    """A job's container has at least one CPU and 512 MiB.

    https://cloud.google.com/run/docs/configuring/jobs/cpu
    https://cloud.google.com/run/docs/configuring/jobs/memory-limits
    """
    field = "template.template.containers[0].resources.limits"
    limits = dict(job.template.template.containers[0].resources.limits)
    _check_size(limits)
    # run_v2.Container: "Only supported for services."
    container = job.template.template.containers[0]
    if container.base_image_uri or container.source_code:
        raise invalid("template.template.containers[0].base_image_uri: is only supported for services.")
    if (cpus(limits.get("cpu", "1")) or 0) < 1:
        raise invalid(f"{field}.cpu: Invalid value specified for cpu. Must be at least 1 for a job.")
    if (size(limits.get("memory", "512Mi")) or 0) < 512 * 2**20:
        raise invalid(
            f"{field}.memory: Invalid value specified for memory. Must be at least 512Mi for a job."
        )


def check_worker_pool(name: str, pool: run_v2.WorkerPool) -> None:
    """Instances without a port, of a whole CPU and 512 MiB at least, as many as are named.

    https://cloud.google.com/run/docs/deploy-worker-pools
    """
    if not _SERVICE.match(name):
        raise invalid("worker_pool_id: only lowercase, digits, and hyphens; must begin with letter.")
    _check_labels(dict(pool.labels), "worker_pool.labels")
    if not pool.template.containers:
        raise invalid("worker_pool.template.containers: at least one container is required.")
    field, container = "worker_pool.template.containers[0]", pool.template.containers[0]
    if container.ports or container.base_image_uri or container.source_code:
        raise invalid(f"{field}: ports, base_image_uri and source_code are only supported for services.")
    limits = dict(container.resources.limits)
    _check_size(limits)
    if (cpus(limits.get("cpu", "1")) or 0) < 1 or (size(limits.get("memory", "512Mi")) or 0) < 512 * 2**20:
        raise invalid(f"{field}.resources.limits: must be at least 1 CPU and 512Mi for a worker pool.")


def check_traffic(service_id: str, service: run_v2.Service, call: str) -> None:
    """Percentages sum to 100, tags are unique and short enough."""
    if not service.traffic:
        return
    total = sum(target.percent for target in service.traffic)
    if total != 100:
        raise invalid(
            f"Violation in {call}.service.traffic: Traffic targets percentages must sum to 100, got {total}."
        )
    tags = [target.tag for target in service.traffic if target.tag]
    if doubled := sorted({tag for tag in tags if tags.count(tag) > 1}):
        raise invalid(f"spec.traffic.tag: traffic tag '{doubled[0]}' is used more than once.")
    for tag in tags:
        if not _TAG.match(tag):
            raise invalid(
                f"spec.traffic.tag: traffic tag '{tag}' is invalid: only lowercase, digits, and hyphens; must be "
                "at least 3 characters."
            )
        if len(tag) + len(service_id) > 46:
            raise invalid(
                f"spec.traffic.tag: traffic tag '{tag}' and service name '{service_id}' together are too long. "
                "Combined traffic tag and service name cannot exceed 46 characters."
            )
    for target in service.traffic:
        if target.type_ == REVISION and not target.revision:
            raise invalid(f"Violation in {call}.service.traffic: a revision is required for type REVISION.")
        if target.type_ == LATEST and target.revision:
            raise invalid(f"Violation in {call}.service.traffic: no revision may be given for type LATEST.")


def conflict(service_id: str, given: str, current: str) -> Refusal:
    """Somebody else changed the service since it was read."""
    return Refusal(
        Code.ABORTED,
        f"Conflict for resource '{service_id}': version '{given}' was specified but current version is "
        f"'{current}'.",
    )


def fill_in(service: run_v2.Service, compute_account: str) -> None:
    """What Cloud Run adds to a service that does not say it."""
    template = service.template
    small = sum(cpus(each.resources.limits.get("cpu", "1")) or 1.0 for each in template.containers) < 1
    if not template.max_instance_request_concurrency:
        template.max_instance_request_concurrency = 1 if small else 80
    if not template.timeout:
        template.timeout = {"seconds": 300}
    template.service_account = template.service_account or compute_account
    container = main_of(template.containers)
    if not container.ports:
        container.ports = [run_v2.ContainerPort(name="http1", container_port=8080)]
    for each in template.containers:
        each.resources.limits = {"cpu": "1000m", "memory": "512Mi"} | dict(each.resources.limits)
    if not container.startup_probe:
        container.startup_probe = run_v2.Probe(
            timeout_seconds=240,
            period_seconds=240,
            failure_threshold=1,
            tcp_socket=run_v2.TCPSocketAction(port=container.ports[0].container_port),
        )
    if not service.traffic:
        service.traffic = [run_v2.TrafficTarget(type_=LATEST, percent=100)]
    if not service.ingress:
        service.ingress = _INGRESS.INGRESS_TRAFFIC_ALL


def why_ended(execution: str, code: int | None, cancelled: bool) -> str:
    """Cloud Run's sentence for the end of a task."""
    if cancelled:
        return f"Execution {execution} was cancelled by user."
    reason = "The configured timeout was reached." if code is None else "The container exited with an error."
    return f"Task {execution}-task0 failed with message: {reason}"
