"""Domain mappings: a domain that leads to a Cloud Run service, in Cloud Run's first version, which alone has them.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.domainmappings
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from gcp.cloud import Google
from gcp.errors import Denial, GoogleError
from gcp.rest import Request, answered

GROUP = "domains.cloudrun.com/v1"
# Where Google maps domains: https://cloud.google.com/run/docs/mapping-custom-domains#limitations
# Anywhere else it answers UNIMPLEMENTED, "Creating domain mappings is not allowed in …".
REGIONS = frozenset({
    "asia-east1", "asia-northeast1", "asia-southeast1", "europe-north1", "europe-west1", "europe-west4",
    "us-central1", "us-east1", "us-east4", "us-west1",
})  # fmt: skip
READY = "Ready"
# What Google says of a domain that the account has not shown to be its own; there is no reason beside it:
# https://github.com/hashicorp/terraform-provider-google/issues/19053
NOT_VERIFIED = "not authorized to administer the domain"
# Of one that is mapped elsewhere, as gcloud knows it: googlecloudsdk/api_lib/run/domain_mapping.py
TAKEN = "MappingAlreadyExists"


@dataclass(frozen=True)
class Place:
    """Where domains are mapped; `endpoint` is a stand-in's."""

    project: str
    region: str
    endpoint: str = ""

    @property
    def host(self) -> str:
        """Cloud Run's first version answers at the region's own: https://cloud.google.com/run/docs/reference/rest"""
        return f"{self.region}-run.googleapis.com"

    @property
    def path(self) -> str:
        return f"/apis/{GROUP}/namespaces/{self.project}/domainmappings"


@dataclass(frozen=True)
class Record:
    """A record of DNS that has to be there: "A", "AAAA" or "CNAME", and what it says."""

    type: str
    data: str


@dataclass(frozen=True)
class Mapping:
    """A mapping as it stands. `status` is True, False or Unknown; with `reason` and `message` where it is not True."""

    domain: str
    service: str
    labels: tuple[tuple[str, str], ...]
    records: tuple[Record, ...]
    status: str = "Unknown"
    reason: str = ""
    message: str = ""

    @property
    def ready(self) -> bool:
        """Whether the domain leads to the service, with a certificate."""
        return self.status == "True"

    @property
    def unverified(self) -> bool:
        """Whether our account has still to be made an owner of the domain."""
        return NOT_VERIFIED in self.message

    @property
    def taken(self) -> bool:
        """Whether the domain is mapped in another project or region."""
        return self.reason == TAKEN


class _Shape(BaseModel):
    """Of what Google tells, what is read here."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class _Metadata(_Shape):
    name: str
    labels: dict[str, str] = {}


class _Spec(_Shape):
    route_name: str = ""


class _Condition(_Shape):
    type: str
    status: str = "Unknown"
    reason: str = ""
    message: str = ""


class _ResourceRecord(_Shape):
    type: str
    rrdata: str = ""


class _Status(_Shape):
    conditions: tuple[_Condition, ...] = ()
    resource_records: tuple[_ResourceRecord, ...] = ()


class _DomainMapping(_Shape):
    metadata: _Metadata
    spec: _Spec = _Spec()
    status: _Status = _Status()


class _List(_Shape):
    items: tuple[_DomainMapping, ...] = ()


def mapping(google: Google, place: Place, domain: str) -> Mapping | None:
    """The mapping of this domain, None when the project has none there."""
    try:
        return _read(_call(google, place, "Get", f"/{domain}"), "DomainMappings.Get")
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise
    return None


def mappings(google: Google, place: Place) -> tuple[Mapping, ...]:
    """Every mapping of the project there; the API gives them all where no limit is asked for."""
    raw = _call(google, place, "List", "")
    try:
        found = _List.model_validate_json(raw)
    except ValidationError as error:
        raise _unreadable("DomainMappings.List") from error
    return tuple(map(_mapping, found.items))


def make(google: Google, place: Place, domain: str, service: str, labels: dict[str, str]) -> Mapping | None:
    """Map the domain to the service; the mapping that is there, when somebody was faster or our answer was lost."""
    body = {
        "apiVersion": GROUP,
        "kind": "DomainMapping",
        "metadata": {"name": domain, "namespace": place.project, "labels": labels},
        "spec": {"routeName": service, "certificateMode": "AUTOMATIC"},
    }
    try:
        return _read(_call(google, place, "Create", "", body), "DomainMappings.Create")
    except GoogleError as error:
        if error.code != "ALREADY_EXISTS":
            raise
    return mapping(google, place, domain)


def remove(google: Google, place: Place, domain: str) -> None:
    """Take the mapping away; it may be gone already."""
    try:
        _call(google, place, "Delete", f"/{domain}")
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise


_VERBS = {"Get": "GET", "List": "GET", "Create": "POST", "Delete": "DELETE"}


def _call(google: Google, place: Place, name: str, below: str, body: dict[str, Any] | None = None) -> bytes:
    request = Request(f"DomainMappings.{name}", _VERBS[name], place.host, f"{place.path}{below}", body)
    return answered(google, request, place.endpoint)


def _read(raw: bytes, method: str) -> Mapping:
    try:
        found = _DomainMapping.model_validate_json(raw)
    except ValidationError as error:
        raise _unreadable(method) from error
    return _mapping(found)


def _unreadable(method: str) -> GoogleError:
    return GoogleError(Denial("INTERNAL", "an answer that cannot be read", method))


def _mapping(found: _DomainMapping) -> Mapping:
    ready = next((each for each in found.status.conditions if each.type == READY), _Condition(type=READY))
    return Mapping(
        found.metadata.name,
        found.spec.route_name,
        tuple(sorted(found.metadata.labels.items())),
        tuple(Record(each.type, each.rrdata) for each in found.status.resource_records),
        ready.status,
        ready.reason,
        ready.message,
    )
