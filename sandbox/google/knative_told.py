"""Services and revisions of Cloud Run's second version in the words of the first.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

from typing import Any

from google.cloud import run_v2
from google.protobuf import json_format

from sandbox.google import knative_annotations as noted
from sandbox.google import knative_parts as parts
from sandbox.google.errors import Code, Refusal
from sandbox.google.knative_given import ALLOCATION, GPU, LOCATION, service_of_v1, template_of_v1
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

# Of a service's fields those that somebody writes.
_WRITTEN = frozenset(
    {
        *("description", "labels", "annotations", "client", "clientVersion", "ingress", "launchStage"),
        *("binaryAuthorization", "template", "traffic", "scaling", "invokerIamDisabled", "buildConfig"),
        *(
            "defaultUriDisabled",
            "iapEnabled",
            "customAudiences",
            "multiRegionSettings",
            "threatDetectionEnabled",
        ),
    }
)


def v1_of_service(service: run_v2.Service) -> Service:
    """As v1 has it. Raises Refusal where the service has what v1 has no words for."""
    plain = run_v2.Service.pb(service)
    told = json_format.MessageToDict(plain)
    made = Service(
        metadata=metadata_of(plain, _told_of_service(service)),
        spec=ServiceSpec(
            template=v1_of_template(service.template),
            traffic=[_told(each) for each in told.get("traffic", [])],
        ),
        status=_status(told, conditions_of(service.conditions, service.terminal_condition)),
    )
    _insist("", set(_lost(service, service_of_v1(made, service.name))) & _WRITTEN)
    return made


def _insist(place: str, lost: set[str]) -> None:
    """Who wrote it back would else take away what v1 has no words for."""
    if lost:
        words = ", ".join(f"{place}{name}" for name in sorted(lost))
        raise Refusal(Code.FAILED_PRECONDITION, f"The sandbox cannot tell of this in v1: {words}")


def _told_of_service(service: run_v2.Service) -> dict[str, str]:
    """Its fields that are annotations in v1, and what is only told."""
    found = noted.told(run_v2.Service.pb(service), noted.SERVICE)
    return found | {
        "serving.knative.dev/creator": service.creator,
        "serving.knative.dev/lastModifier": service.last_modifier,
        "run.googleapis.com/ingress-status": found.get("run.googleapis.com/ingress", ""),
    }


def metadata_of(plain: Any, annotations: dict[str, str]) -> Metadata:
    """Of anything that v2 names `projects/P/locations/R/…/NAME`."""
    _, project, _, region, *_, name = plain.name.split("/")
    return Metadata(
        name=name,
        namespace=project,
        labels=dict(plain.labels) | {LOCATION: region},
        annotations=annotations,
        resource_version=plain.etag,
        generation=plain.generation,
        uid=plain.uid,
        creation_timestamp=json_format.MessageToDict(plain).get("createTime"),
    )


def v1_of_template(template: run_v2.RevisionTemplate) -> RevisionTemplate:
    """Raises Refusal where it has what v1 has no words for."""
    told = RevisionTemplate(
        metadata=Metadata(
            name=template.revision or None,
            labels=dict(template.labels),
            annotations=_noted(run_v2.RevisionTemplate.pb(template)),
        ),
        spec=_spec(run_v2.RevisionTemplate.pb(template)),
    )
    _insist("template.", set(_lost(template, template_of_v1(told))))
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
        node_selector={GPU: accelerator} if accelerator else None,
        runtime_class_name=parts.UPDATED if any(each.base_image_uri for each in plain.containers) else None,
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
    latest = target["type"] == f"{ALLOCATION}LATEST"
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
    metadata = metadata_of(plain, _noted(plain) | {"serving.knative.dev/creator": revision.creator})
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
    whole = v1_of_service(service)
    names = ("latestReadyRevisionName", "latestCreatedRevisionName")
    return Named(
        kind="Configuration",
        metadata=whole.metadata,
        spec={"template": whole.spec.template.json_form()},
        status=_half(whole.status or {}, "ConfigurationsReady", names),
    )


def v1_of_route(service: run_v2.Service) -> Named:
    """The half of a service that says where the traffic goes; v2 has no such thing of its own."""
    whole = v1_of_service(service)
    return Named(
        kind="Route",
        metadata=whole.metadata,
        spec={"traffic": [each.json_form() for each in whole.spec.traffic or []]},
        status=_half(whole.status or {}, "RoutesReady", ("address", "url", "traffic")),
    )


def _half(status: dict[str, Any], condition: str, fields: tuple[str, ...]) -> dict[str, Any]:
    conditions = {each["type"]: each for each in status["conditions"]}
    ready = (conditions.get(condition) or conditions["Ready"]) | {"type": "Ready"}
    return {name: status[name] for name in ("observedGeneration", *fields)} | {"conditions": [ready]}
