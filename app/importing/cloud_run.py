"""A Knative service as `gcloud run services describe --format=export` prints it, and as `services replace` reads it.

https://cloud.google.com/run/docs/reference/yaml/v1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from app.config.draft import Block, Said
from app.importing.around import Around
from app.importing.cloud_run_annotations import ORDER, SERVICE, TEMPLATE, order_in, told_by
from app.importing.cloud_run_containers import told_of_containers
from app.importing.cloud_run_parts import Container, VolumePart
from app.importing.foreign import Foreign
from app.importing.measures import seconds
from app.importing.telling import said
from app.importing.told import Left, Named, Told


class Metadata(Foreign):
    name: str = Field(default="", description="the service's name")
    labels: dict[str, str] = Field(default={}, description="`labels`, but for Google's own")
    annotations: dict[str, str] = Field(default={}, description="one by one, below")


class Spec(Foreign):
    concurrency: int | None = Field(default=None, alias="containerConcurrency", description="`concurrency`")
    timeout: str = Field(default="", alias="timeoutSeconds", description="`timeout`")
    account: str = Field(default="", alias="serviceAccountName", description="`service_account`")
    containers: list[Container] = Field(
        default=[], description="the one with a port; the others are `containers`"
    )
    volumes: list[VolumePart] = Field(default=[], description="`volumes`")
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
    "spec.template.spec.volumes.*.*": "Write it as `volumes:`: a secret, a bucket, memory or NFS.",
    "spec.template.spec.containers.*.volumeMounts.*.*": "ServerGem mounts a volume whole.",
    "spec.template.spec.containers.*.workingDir": "Write WORKDIR in the Dockerfile.",
    "spec.template.spec.containers.*.resources.*": "Nothing is needed: an instance has what `memory:` and `cpu:` say.",
    "spec.template.spec.containers.*.env.*.valueFrom.*": "Write the value as `env:`.",
}
# Labels that Cloud Run and gcloud write for themselves.
GOOGLES = ("cloud.googleapis.com/", "run.googleapis.com/", "serving.knative.dev/", "client.knative.dev/")


def is_cloud_run(value: Mapping[str, Any]) -> bool:
    return (
        str(value.get("apiVersion", "")).startswith("serving.knative.dev/") and value.get("kind") == "Service"
    )


def tell(service: CloudRun, around: Around) -> Iterator[Named | Left]:
    yield Named(service.metadata.name or around.name, tuple(_told(service)))


def _told(service: CloudRun) -> Iterator[Told]:
    inner, at = service.spec.template, ("spec", "template")
    order = order_in(inner.metadata.annotations)
    yield from told_of_containers(inner.spec.containers, inner.spec.volumes, order, (*at, "spec"))
    if order is None:
        yield Left((*at, "metadata", "annotations", ORDER), "Write `after:` of the container that waits.")
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
