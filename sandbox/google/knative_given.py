"""Services of Cloud Run's first version as the second one's messages.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

from typing import Any

from google.cloud import run_v2
from google.protobuf import json_format

from sandbox.google import knative_annotations as noted
from sandbox.google import knative_parts as parts
from sandbox.google.errors import invalid
from sandbox.google.knative_shapes import Metadata, RevisionTemplate, Service, Target

ALLOCATION = "TRAFFIC_TARGET_ALLOCATION_TYPE_"
GPU = "run.googleapis.com/accelerator"
# What v1 tells, and passes over when it is written back.
LOCATION = "cloud.googleapis.com/location"
_TOLD = frozenset(
    {
        "serving.knative.dev/creator",
        "serving.knative.dev/lastModifier",
        "run.googleapis.com/ingress-status",
        "run.googleapis.com/operation-id",
        "run.googleapis.com/urls",
    }
)
# A template has no client of its own in v2; the service's is the same one.
_OF_TEMPLATES = parts.PARTS | {"run.googleapis.com/client-name", "run.googleapis.com/client-version"}


def service_of_v1(given: Service, name: str) -> run_v2.Service:
    """The service of this full name as v2 is to have it. Raises Refusal for what v2 has no place for."""
    service = run_v2.Service()
    plain = run_v2.Service.pb(service)
    _labels(given.metadata, plain)
    noted.taken(given.metadata.annotations, noted.SERVICE, _TOLD, plain)
    plain.name, plain.etag = name, given.metadata.resource_version or ""
    plain.template.CopyFrom(run_v2.RevisionTemplate.pb(template_of_v1(given.spec.template)))
    traffic = [_target(each) for each in given.spec.traffic or []]
    json_format.ParseDict({"traffic": traffic}, plain)
    return service


def _labels(metadata: Metadata, plain: Any) -> None:
    plain.labels.update({name: text for name, text in metadata.labels.items() if name != LOCATION})


def template_of_v1(given: RevisionTemplate) -> run_v2.RevisionTemplate:
    template = run_v2.RevisionTemplate()
    plain = run_v2.RevisionTemplate.pb(template)
    spec, annotations = given.spec, given.metadata.annotations
    if bool(annotations.get(parts.BASES)) != (spec.runtime_class_name == parts.UPDATED):
        raise invalid(
            f"spec.template.spec.runtimeClassName: must be '{parts.UPDATED}' with {parts.BASES} alone."
        )
    json_format.ParseDict(
        {
            "containers": parts.containers_of_v1(spec.containers, annotations),
            "volumes": parts.volumes_of_v1(spec.volumes or [], annotations),
        },
        plain,
    )
    _labels(given.metadata, plain)
    noted.taken(annotations, noted.TEMPLATE, _OF_TEMPLATES, plain)
    plain.revision = given.metadata.name or ""
    plain.service_account = spec.service_account_name or ""
    plain.max_instance_request_concurrency = spec.container_concurrency or 0
    if spec.timeout_seconds:
        plain.timeout.seconds = spec.timeout_seconds
    if selector := dict(spec.node_selector or {}):
        plain.node_selector.accelerator = selector.pop(GPU, "")
        if selector:
            raise invalid(f"spec.template.spec.nodeSelector[{min(selector)}]: is no selector of Cloud Run.")
    return template


def _target(target: Target) -> dict[str, Any]:
    if bool(target.latest_revision) == bool(target.revision_name):
        raise invalid("spec.traffic: one and only one of revisionName and latestRevision must be set.")
    kind = f"{ALLOCATION}LATEST" if target.latest_revision else f"{ALLOCATION}REVISION"
    revision = target.revision_name or ""
    return {"type": kind, "revision": revision, "percent": target.percent or 0, "tag": target.tag or ""}
