"""Cloud Run's domain mappings, in its first version, and the load balancer with a URL mask: what leads to a service.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.domainmappings,
https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks. What each call takes stands in no
list of Google's: the names are those that its refusals say, and that a custom role accepts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.google.cloud_run import CloudRun
from sandbox.google.errors import Code, Refusal, invalid, not_found
from sandbox.google.http_calls import HttpCalls, read_json
from sandbox.google.knative_shapes import Condition, Metadata, Named, Shape, read
from sandbox.google.state import Projects, now
from sandbox.google.storage_words import Answer, Asked

API = "run.googleapis.com"
GROUP = "domains.cloudrun.com/v1"
# https://cloud.google.com/run/docs/mapping-custom-domains#limitations
REGIONS = frozenset({
    "asia-east1", "asia-northeast1", "asia-southeast1", "europe-north1", "europe-west1", "europe-west4",
    "us-central1", "us-east1", "us-east4", "us-west1",
})  # fmt: skip
PATH = re.compile(
    rf"/apis/{re.escape(GROUP)}/namespaces/(?P<project>[^/]+)/domainmappings(?:/(?P<domain>[^/:]+))?"
)
VERBS = {("POST", False): "Create", ("GET", True): "Get", ("DELETE", True): "Delete", ("GET", False): "List"}
# What Google has a domain's owner write down. One of two labels is an apex, which may have no CNAME.
FOR_APEX = tuple(f"216.239.{number}.21" for number in (32, 34, 36, 38))
FOR_NAME = "ghs.googlehosted.com."


class Spec(Shape):
    """Where a domain is to lead."""

    route_name: str
    certificate_mode: str = "AUTOMATIC"
    force_override: bool = False


class DomainMapping(Named):
    """A mapping, as it is written."""

    api_version: str = GROUP
    kind: str = "DomainMapping"
    spec: Spec


@dataclass(frozen=True)
class Kept:
    """A mapping, and where it is. `authorized`: whoever made it was an owner of the domain at that moment."""

    project: str
    region: str
    mapping: DomainMapping
    authorized: bool = True


class DomainMappings:
    """`verified`: domains that the caller has shown to be its own. `pointed`: those whose DNS leads to Google.

    `mask`: the domain below which a load balancer brings each service by its name, empty for none.
    """

    def __init__(self, projects: Projects, run: CloudRun, http: HttpCalls) -> None:
        self._projects, self._run, self._http = projects, run, http
        self.verified: set[str] = set()
        self.pointed: set[str] = set()
        self.mask = ""
        self.kept: dict[str, Kept] = {}

    def is_asked(self, asked: Asked) -> bool:
        """Whether this is a call about domains, by its path alone."""
        found = PATH.fullmatch(asked.path)
        return found is not None and (asked.method, bool(found["domain"])) in VERBS

    def answer(self, asked: Asked, region: str) -> Answer | None:
        """None for a connection that is to be lost."""
        named = PATH.fullmatch(asked.path)
        assert named is not None
        verb, project, domain = (
            VERBS[asked.method, bool(named["domain"])],
            named["project"],
            named["domain"] or "",
        )

        def work(body: bytes) -> Any:
            self._admit(project, region, verb.lower(), domain)
            if verb == "Create":
                return self._create(project, region, read(DomainMapping, read_json(body)))
            return self._list(project, region) if verb == "List" else self._one(verb, project, region, domain)

        return self._http.carried_out(f"DomainMappings.{verb}", asked, work)

    def service_at(self, host: str) -> str:
        """The service to which requests for this host are brought; empty for none."""
        name = host.partition(":")[0]
        kept = self.kept.get(name)
        if kept is not None and self._status_of(kept)[0] == "True":
            return kept.mapping.spec.route_name
        return name.removesuffix(f".{self.mask}") if self.mask and name.endswith(f".{self.mask}") else ""

    def _admit(self, project: str, region: str, verb: str, domain: str) -> None:
        if not region:
            raise Refusal(
                Code.NOT_FOUND, "The region's own endpoint answers this: REGION-run.googleapis.com."
            )
        resource = f"projects/{project}/locations/{region}/domainmappings/{domain or '-'}"
        self._projects.admit(project, API, f"run.domainmappings.{verb}", resource)

    def _create(self, project: str, region: str, wish: DomainMapping) -> dict[str, Any]:
        if region not in REGIONS:
            raise Refusal(Code.UNIMPLEMENTED, f"Creating domain mappings is not allowed in {region}.")
        domain = wish.metadata.name or ""
        if (wish.api_version, wish.kind, wish.metadata.namespace) != (GROUP, "DomainMapping", project):
            raise invalid("apiVersion, kind or metadata.namespace: not those of the path.")
        if not re.fullmatch(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]+", domain):
            raise invalid(f"metadata.name: '{domain}' is no domain.")
        known = self.kept.get(domain)
        if known is not None and (known.project, known.region) == (project, region):
            raise Refusal(Code.ALREADY_EXISTS, f"Resource '{domain}' already exists.")
        if known is not None:
            return self._told(Kept(project, region, wish), taken=True)
        owned = any(domain == each or domain.endswith(f".{each}") for each in self.verified)
        self.kept[domain] = Kept(project, region, wish, owned)
        return self._told(self.kept[domain])

    def _one(self, verb: str, project: str, region: str, domain: str) -> dict[str, Any]:
        kept = self.kept.get(domain)
        if kept is None or (kept.project, kept.region) != (project, region):
            raise not_found(f"Resource '{domain}' of kind 'DOMAIN_MAPPING' in region '{region}' not found.")
        if verb == "Delete":
            del self.kept[domain]
            return {"apiVersion": "v1", "kind": "Status", "status": "Success"}
        return self._told(kept)

    def _list(self, project: str, region: str) -> dict[str, Any]:
        found = [each for each in self.kept.values() if (each.project, each.region) == (project, region)]
        items = [self._told(each) for each in found]
        return {"apiVersion": GROUP, "kind": "DomainMappingList", "metadata": {}, "items": items}

    def _told(self, kept: Kept, *, taken: bool = False) -> dict[str, Any]:
        wish, domain = kept.mapping, kept.mapping.metadata.name or ""
        status, reason, message = self._status_of(kept)
        if taken:
            status, reason, message = (
                "False",
                "MappingAlreadyExists",
                f"Domain mapping to [{domain}] already exists.",
            )
        ready = Condition(type="Ready", status=status, reason=reason or None, message=message or None)
        records = [] if status == "False" else _records(domain)
        metadata = wish.metadata.model_copy(update={"generation": 1, "creation_timestamp": now().isoformat()})
        told = {
            "observedGeneration": 1,
            "mappedRouteName": wish.spec.route_name,
            "conditions": [ready.json_form()],
            "resourceRecords": records,
        }
        made = DomainMapping(metadata=Metadata(**metadata.model_dump()), spec=wish.spec, status=told)
        return made.json_form()

    def _status_of(self, kept: Kept) -> tuple[str, str, str]:
        """Its condition `Ready`: status, reason, message."""
        domain, route = kept.mapping.metadata.name or "", kept.mapping.spec.route_name
        name = f"projects/{kept.project}/locations/{kept.region}/services/{route}"
        if not kept.authorized:
            return "False", "", f"Caller is not authorized to administer the domain {domain}."
        if name not in self._run.services:
            return "False", "RouteMissing", f"Route '{route}' does not exist."
        if domain not in self.pointed:
            return "Unknown", "CertificatePending", "Waiting for certificate provisioning."
        return "True", "", ""


def _records(domain: str) -> list[dict[str, str]]:
    label, _, rest = domain.partition(".")
    if "." in rest:
        return [{"name": label, "type": "CNAME", "rrdata": FOR_NAME}]
    return [{"type": "A", "rrdata": each} for each in FOR_APEX]
