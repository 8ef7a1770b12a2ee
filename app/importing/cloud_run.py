"""A Knative service as `gcloud run services describe --format=export` prints it, and as `services replace` reads it.

https://cloud.google.com/run/docs/reference/yaml/v1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from app.config.draft import Block, Said, Value
from app.importing.around import Around
from app.importing.cloud_run_annotations import SERVICE, TEMPLATE, told_by
from app.importing.foreign import Foreign
from app.importing.measures import cpus, mebibytes, memory, seconds
from app.importing.telling import said
from app.importing.told import Held, Left, Named, Told, Variable


class SecretKey(Foreign):
    name: str = Field(default="", description="the secret's name")
    key: str = Field(default="latest", description="the secret's version")


class ValueFrom(Foreign):
    secret: SecretKey = Field(default=SecretKey(), alias="secretKeyRef", description="`secrets`")


class EnvVar(Foreign):
    name: str = Field(default="", description="a name of `env` or `secrets`")
    value: str | None = Field(default=None, description="`env`, or `secrets` and the command that makes one")
    held: ValueFrom = Field(default=ValueFrom(), alias="valueFrom", description="`secrets`")


class Port(Foreign):
    name: str = Field(default="", description="`http2` of h2c")
    number: int | None = Field(default=None, alias="containerPort", description="`port`")
    protocol: str = Field(default="", description="nothing")


class HttpGet(Foreign):
    path: str = Field(default="/", description="`http`")
    port: int = Field(default=0, description="`port`")


class Grpc(Foreign):
    service: str = Field(default="", description="`grpc_service`")
    port: int = Field(default=0, description="`port`")


class Tcp(Foreign):
    port: int = Field(default=0, description="`port`")


class ProbePart(Foreign):
    http: HttpGet | None = Field(default=None, alias="httpGet", description="`http`")
    grpc: Grpc | None = Field(default=None, description="`grpc`")
    tcp: Tcp | None = Field(default=None, alias="tcpSocket", description="`tcp`")
    initial_delay: int | None = Field(
        default=None, alias="initialDelaySeconds", description="`initial_delay`"
    )
    period: int | None = Field(default=None, alias="periodSeconds", description="`period`")
    timeout: int | None = Field(default=None, alias="timeoutSeconds", description="`timeout`")
    failures: int | None = Field(default=None, alias="failureThreshold", description="`failure_threshold`")


class Resources(Foreign):
    limits: dict[str, str] = Field(default={}, description="`cpu`, `memory`")


class Container(Foreign):
    name: str = Field(default="", description="nothing")
    image: str = Field(default="", description="left: ServerGem builds from source")
    ports: list[Port] = Field(default=[], description="`port`, `http2`")
    command: list[str] = Field(default=[], description="`command`")
    args: list[str] = Field(default=[], description="`args`")
    env: list[EnvVar] = Field(default=[], description="`env`, `secrets`")
    resources: Resources = Field(default=Resources(), description="`cpu`, `memory`")
    startup: ProbePart | None = Field(default=None, alias="startupProbe", description="`probes.startup`")
    liveness: ProbePart | None = Field(default=None, alias="livenessProbe", description="`probes.liveness`")
    readiness: ProbePart | None = Field(
        default=None, alias="readinessProbe", description="`probes.readiness`"
    )


class Metadata(Foreign):
    name: str = Field(default="", description="the service's name")
    labels: dict[str, str] = Field(default={}, description="`labels`, but for Google's own")
    annotations: dict[str, str] = Field(default={}, description="one by one, below")


class Spec(Foreign):
    concurrency: int | None = Field(default=None, alias="containerConcurrency", description="`concurrency`")
    timeout: str = Field(default="", alias="timeoutSeconds", description="`timeout`")
    account: str = Field(default="", alias="serviceAccountName", description="`service_account`")
    containers: list[Container] = Field(default=[], description="the first; sidecars are left")
    node: dict[str, str] = Field(default={}, alias="nodeSelector", description="`gpu`")


class Template(Foreign):
    metadata: Metadata = Field(default=Metadata(), description="one by one, below")
    spec: Spec = Field(default=Spec(), description="the service's keys")


class Outer(Foreign):
    template: Template = Field(default=Template(), description="the service's keys")


class CloudRun(Foreign):
    """`service.yaml` of Cloud Run, and what `gcloud run services describe` prints."""

    api: str = Field(default="", alias="apiVersion", description="nothing")
    kind: str = Field(default="", description="nothing")
    metadata: Metadata = Field(default=Metadata(), description="the service's name, `labels`, annotations")
    spec: Outer = Field(default=Outer(), description="the service's keys")


ACCELERATOR = "run.googleapis.com/accelerator"
ITS_OWN = "Nothing is needed: Cloud Run writes it itself."
LEFT: Mapping[str, str] = {
    "status": ITS_OWN,
    "metadata.*": ITS_OWN,
    "spec.traffic": "Nothing is needed: ServerGem moves traffic; write `rollout:` for steps.",
    "spec.template.metadata.*": ITS_OWN,
    "spec.template.spec.volumes": "Name each as `volumes: {NAME: {path: …, secret: NAME:VERSION}}`, or a bucket.",
    "spec.template.spec.containers.*.volumeMounts": "Write its path as `path:` of the volume.",
    "spec.template.spec.containers.*.workingDir": "Write WORKDIR in the Dockerfile.",
    "spec.template.spec.containers.*.resources.*": "Nothing is needed: an instance has what `memory:` and `cpu:` say.",
    "spec.template.spec.containers.*.env.*.valueFrom.*": "Write the value as `env:`.",
}
# Labels that Cloud Run and gcloud write for themselves.
GOOGLES = ("cloud.googleapis.com/", "run.googleapis.com/", "serving.knative.dev/", "client.knative.dev/")
FROM_SOURCE = "ServerGem builds from source: write `path:` where the service is not at the repository's root."
SIDECAR = "Write it as `containers: {NAME: {image: …}}`; what waits for it says so with `after:`."


def is_cloud_run(value: Mapping[str, Any]) -> bool:
    return (
        str(value.get("apiVersion", "")).startswith("serving.knative.dev/") and value.get("kind") == "Service"
    )


def tell(service: CloudRun, around: Around) -> Iterator[Named | Left]:
    yield Named(service.metadata.name or around.name, tuple(_told(service)))


def _told(service: CloudRun) -> Iterator[Told]:
    inner, at = service.spec.template, ("spec", "template")
    first = next((n for n, each in enumerate(inner.spec.containers) if each.ports), 0)
    for number, container in enumerate(inner.spec.containers):
        where = (*at, "spec", "containers", str(number))
        if number == first:
            yield from _container(container, where)
        else:
            yield Left(where, SIDECAR, whole=True)
    yield from _spec(inner.spec, (*at, "spec"))
    yield from told_by(service.metadata.annotations, ("metadata", "annotations"), SERVICE)
    yield from told_by(inner.metadata.annotations, (*at, "metadata", "annotations"), TEMPLATE)
    labels = service.metadata.labels | inner.metadata.labels
    own = {name: value for name, value in labels.items() if not name.startswith(GOOGLES)}
    if own:
        yield said("labels", Block(tuple(Said(*each) for each in own.items())), "metadata", "labels")


def _spec(spec: Spec, at: tuple[str, ...]) -> Iterator[Told]:
    if spec.concurrency:
        yield said("concurrency", spec.concurrency, *at, "containerConcurrency")
    if limit := seconds(spec.timeout):
        yield said("timeout", limit, *at, "timeoutSeconds")
    if "@" in spec.account:
        yield said("service_account", spec.account, *at, "serviceAccountName")
    elif spec.account:
        yield Left((*at, "serviceAccountName"), "Write its whole address as `service_account:`.")
    for name, value in spec.node.items():
        if name == ACCELERATOR:
            yield said("gpu", value, *at, "nodeSelector")
        else:
            yield Left((*at, "nodeSelector", name), "Cloud Run places instances by `region:` alone.")


def _container(container: Container, at: tuple[str, ...]) -> Iterator[Told]:
    yield Left((*at, "image"), FROM_SOURCE)
    for port in container.ports[:1]:
        if port.number:
            yield said("port", port.number, *at, "ports")
        if port.name == "h2c":
            yield said("http2", True, *at, "ports", note="h2c")
    if container.command:
        yield said("command", tuple(container.command), *at, "command")
    if container.args:
        yield said("args", tuple(container.args), *at, "args")
    yield from _limits(container.resources.limits, (*at, "resources", "limits"))
    asked = {"startup": container.startup, "liveness": container.liveness, "readiness": container.readiness}
    probes = [
        Said(name, Block(tuple(_probe(each)))) for name, each in asked.items() if each and _is_said(each)
    ]
    if probes:
        yield said("probes", Block(tuple(probes)), *at)
    for number, each in enumerate(container.env):
        yield _variable(each, (*at, "env", str(number)))


def _limits(limits: Mapping[str, str], at: tuple[str, ...]) -> Iterator[Told]:
    if cpu := cpus(limits.get("cpu", "")):
        yield said("cpu", cpu, *at, "cpu")
    if mib := mebibytes(limits.get("memory", "")):
        yield said("memory", memory(mib), *at, "memory")
    for name in limits.keys() - {"cpu", "memory", "nvidia.com/gpu"}:
        yield Left((*at, name), "Cloud Run has `cpu:`, `memory:` and `gpu:`.")


def _variable(each: EnvVar, at: tuple[str, ...]) -> Told:
    if not each.held.secret.name:
        return Variable(each.name, each.value or "", at)
    if "/" in each.held.secret.name or ":" in each.held.secret.name:
        return Left(at, "A secret of another project: make one of this project, and name it as `secrets:`.")
    return Held(each.name, f"{each.held.secret.name}:{each.held.secret.key}")


def _is_said(probe: ProbePart) -> bool:
    """Whether it is more than the open port that Cloud Run asks for anyway."""
    return bool(probe.http or probe.grpc)


def _probe(probe: ProbePart) -> Iterator[Said]:
    port = (probe.http.port if probe.http else 0) or (probe.grpc.port if probe.grpc else 0)
    if probe.http:
        yield Said("http", probe.http.path)
    elif probe.grpc:
        yield Said("grpc", True)
        if probe.grpc.service:
            yield Said("grpc_service", probe.grpc.service)
    given: dict[str, Value] = {
        "port": port or None,
        "initial_delay": probe.initial_delay,
        "period": probe.period,
        "timeout": probe.timeout,
        "failure_threshold": probe.failures,
    }
    yield from (Said(key, value) for key, value in given.items() if value is not None)
