"""Services and revisions of Cloud Run's first version as the second one's messages, and back.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

from typing import Any

from google.cloud import run_v2
from google.protobuf import json_format

from sandbox.google import knative_annotations as noted
from sandbox.google import knative_parts as parts
from sandbox.google.errors import Code, Refusal, invalid
from sandbox.google.knative_shapes import (
    Condition,
    Metadata,
    Named,
    RevisionSpec,
    RevisionTemplate,
    Service,
    ServiceSpec,
    Target,
)

_ALL = "TRAFFIC_TARGET_ALLOCATION_TYPE_"
_GPU = "run.googleapis.com/accelerator"
# What v1 tells, and passes over when it is written back.
_LOCATION = "cloud.googleapis.com/location"
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
    plain.labels.update({name: text for name, text in metadata.labels.items() if name != _LOCATION})


def template_of_v1(given: RevisionTemplate) -> run_v2.RevisionTemplate:
    template = run_v2.RevisionTemplate()
    plain = run_v2.RevisionTemplate.pb(template)
    spec, annotations = given.spec, given.metadata.annotations
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
        plain.node_selector.accelerator = selector.pop(_GPU, "")
        if selector:
            raise invalid(f"spec.template.spec.nodeSelector[{min(selector)}]: is no selector of Cloud Run.")
    return template


def _target(target: Target) -> dict[str, Any]:
    if bool(target.latest_revision) == bool(target.revision_name):
        raise invalid("spec.traffic: one and only one of revisionName and latestRevision must be set.")
    kind = f"{_ALL}LATEST" if target.latest_revision else f"{_ALL}REVISION"
    revision = target.revision_name or ""
    return {"type": kind, "revision": revision, "percent": target.percent or 0, "tag": target.tag or ""}


def v1_of_service(service: run_v2.Service) -> Service:
    """As v1 has it. Raises Refusal where the service has what v1 has no words for."""
    plain = run_v2.Service.pb(service)
    told = json_format.MessageToDict(plain)
    return Service(
        metadata=metadata_of(plain, noted.told(plain, noted.SERVICE) | _only_told(told)),
        spec=ServiceSpec(
            template=v1_of_template(service.template),
            traffic=[_told(each) for each in told.get("traffic", [])],
        ),
        status=_status(told, conditions_of(service.conditions, service.terminal_condition)),
    )


def _only_told(told: dict[str, Any]) -> dict[str, str]:
    ingress = told.get("ingress", "").removeprefix("INGRESS_TRAFFIC_").lower()
    return {
        "serving.knative.dev/creator": told.get("creator", ""),
        "serving.knative.dev/lastModifier": told.get("lastModifier", ""),
        "run.googleapis.com/ingress-status": {"internal_only": "internal"}.get(ingress, ingress),
    }


def metadata_of(plain: Any, annotations: dict[str, str]) -> Metadata:
    """Of anything that v2 names `projects/P/locations/R/…/NAME`."""
    _, project, _, region, *_, name = plain.name.split("/")
    return Metadata(
        name=name,
        namespace=project,
        labels=dict(plain.labels) | {_LOCATION: region},
        annotations=annotations,
        resource_version=plain.etag,
        generation=plain.generation,
        uid=plain.uid,
        creation_timestamp=json_format.MessageToDict(plain).get("createTime"),
    )


def v1_of_template(template: run_v2.RevisionTemplate) -> RevisionTemplate:
    """Raises Refusal where it has what v1 has no words for: who wrote it back would else take it away."""
    told = RevisionTemplate(
        metadata=Metadata(
            name=template.revision or None,
            labels=dict(template.labels),
            annotations=_noted(run_v2.RevisionTemplate.pb(template)),
        ),
        spec=_spec(run_v2.RevisionTemplate.pb(template)),
    )
    if lost := _lost(template, template_of_v1(told)):
        raise Refusal(
            Code.UNIMPLEMENTED, f"The sandbox cannot tell of this in v1: template.{', '.join(lost)}"
        )
    return told


def _noted(plain: Any) -> dict[str, str]:
    told = json_format.MessageToDict(plain)
    containers, volumes = told.get("containers", []), told.get("volumes", [])
    return noted.told(plain, noted.TEMPLATE) | parts.annotations_of(containers, volumes)


def _spec(plain: Any) -> RevisionSpec:
    """Of a template or of a revision, which spell these fields alike."""
    told = json_format.MessageToDict(plain)
    accelerator = plain.node_selector.accelerator
    return RevisionSpec(
        containers=[parts.container_of_v2(each) for each in told.get("containers", [])],
        volumes=parts.volumes_of_v2(told.get("volumes", [])) or None,
        container_concurrency=plain.max_instance_request_concurrency or None,
        timeout_seconds=plain.timeout.seconds or None,
        service_account_name=plain.service_account or None,
        node_selector={_GPU: accelerator} if accelerator else None,
    )


def _lost(first: Any, second: Any) -> list[str]:
    """The fields in which two templates differ, but for what is empty."""
    one, other = (_bare(json_format.MessageToDict(type(each).pb(each))) for each in (first, second))
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if not isinstance(value, dict):
        return value
    bare = {name: _bare(each) for name, each in value.items()}
    return {name: each for name, each in bare.items() if each not in ({}, [], "", None)}


def _told(target: dict[str, Any]) -> Target:
    latest = target["type"] == f"{_ALL}LATEST"
    return Target(
        revision_name=target.get("revision") if not latest else None,
        latest_revision=latest or None,
        percent=target.get("percent"),
        tag=target.get("tag"),
        url=target.get("uri"),
    )


def _status(told: dict[str, Any], conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """`traffic` names the revision also where it is the latest one."""
    traffic = [
        _told(each).json_form() | {"revisionName": each["revision"]}
        for each in told.get("trafficStatuses", [])
    ]
    return {
        "observedGeneration": int(told.get("observedGeneration", 0)),
        "conditions": conditions,
        "latestReadyRevisionName": told.get("latestReadyRevision", "").rpartition("/")[2],
        "latestCreatedRevisionName": told.get("latestCreatedRevision", "").rpartition("/")[2],
        "url": told.get("uri"),
        "address": {"url": told.get("uri")},
        "traffic": traffic,
    }


def conditions_of(conditions: Any, terminal: Any = None) -> list[dict[str, Any]]:
    """The one that counts in the end stands first."""
    found = [*([terminal] if terminal else []), *conditions]
    return [_condition(json_format.MessageToDict(run_v2.Condition.pb(each))).json_form() for each in found]


def _condition(told: dict[str, Any]) -> Condition:
    """Reasons are in capitals in v2, and one word in v1."""
    reason = told.get("revisionReason") or told.get("executionReason") or told.get("reason") or ""
    statuses = {"CONDITION_SUCCEEDED": "True", "CONDITION_FAILED": "False"}
    return Condition(
        type=told["type"],
        status=statuses.get(told.get("state", ""), "Unknown"),
        reason=reason.title().replace("_", "") or None,
        message=told.get("message"),
        severity=told.get("severity", "").capitalize() or None,
        last_transition_time=told.get("lastTransitionTime"),
    )


def v1_of_revision(revision: run_v2.Revision) -> Named:
    """A revision, and in a label the service whose it is."""
    plain = run_v2.Revision.pb(revision)
    metadata = metadata_of(plain, _noted(plain))
    labels = metadata.labels | {
        f"serving.knative.dev/{kind}": revision.service for kind in ("service", "configuration", "route")
    }
    image = revision.containers[0].image
    status = {
        "observedGeneration": revision.observed_generation,
        "conditions": conditions_of(revision.conditions),
        "serviceName": revision.service,
        "logUrl": revision.log_uri,
    }
    return Named(
        kind="Revision",
        metadata=metadata.model_copy(update={"labels": labels}),
        spec=_spec(plain).json_form(),
        status=status | ({"imageDigest": image} if "@" in image else {}),
    )


def v1_of_configuration(service: run_v2.Service) -> Named:
    """The half of a service that says what runs; v2 has no such thing of its own."""
    return _half(service, "Configuration", "ConfigurationsReady", ("template",))


def v1_of_route(service: run_v2.Service) -> Named:
    """The half of a service that says where the traffic goes; v2 has no such thing of its own."""
    return _half(service, "Route", "RoutesReady", ("traffic",))


def _half(service: run_v2.Service, kind: str, condition: str, fields: tuple[str, ...]) -> Named:
    whole = v1_of_service(service).json_form()
    own = {"Ready", condition}
    status = whole["status"] | {
        "conditions": [
            each | {"type": "Ready"} for each in whole["status"]["conditions"] if each["type"] in own
        ][-1:]
    }
    told = {"Route": ("address", "url", "traffic")}.get(
        kind, ("latestReadyRevisionName", "latestCreatedRevisionName")
    )
    return Named(
        kind=kind,
        metadata=Metadata(**whole["metadata"]),
        spec={name: whole["spec"][name] for name in fields},
        status={name: status[name] for name in ("observedGeneration", "conditions", *told)},
    )
