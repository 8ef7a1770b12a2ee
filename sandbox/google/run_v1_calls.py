"""The calls of Cloud Run's first version, by verb and path, and which method of the second each of them is.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.cloud import run_v2

from sandbox.google import knative_told as told_v1
from sandbox.google.errors import invalid
from sandbox.google.knative_given import service_of_v1
from sandbox.google.knative_jobs import v1_of_execution, v1_of_job
from sandbox.google.knative_shapes import RUN, SERVING, Named, RunJob, Service, read

_PATH = re.compile(
    r"(?:/apis/(?P<group>serving\.knative\.dev|run\.googleapis\.com)/v1/namespaces/(?P<namespace>[^/]+)"
    r"|/v1/projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+))"
    r"/(?P<kind>[a-z]+)(?:/(?P<name>[^/:]+))?(?P<verb>:\w+)?"
)
RUN_KINDS = ("jobs", "executions")


@dataclass(frozen=True)
class Heard:
    """One call: of which kind, project, region (empty for all) and thing, and what it says beside that."""

    row: Call | Listing
    kind: str
    project: str
    region: str
    name: str
    owner: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def parent(self) -> str:
        return f"projects/{self.project}/locations/{self.region}"


@dataclass(frozen=True)
class Call:
    """A call about one thing: the method of v2, what it is asked, and what v1 makes of its answer."""

    method: str
    ask: Callable[[Heard], dict[str, Any]]
    tell: Callable[[Any], dict[str, Any]]
    query: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Listing:
    """Everything of one kind: the method of v2, below what it asks, and the field that has what it found."""

    method: str
    below: str
    found: str
    kind: str
    tell: Callable[[Any], Named]


def _named(kind: str) -> Callable[[Heard], dict[str, Any]]:
    return lambda heard: {"name": f"{heard.parent}/{kind.format(owner=heard.owner)}/{heard.name}"}


def _told(tell: Callable[[Any], Named]) -> Callable[[Any], dict[str, Any]]:
    return lambda answer: tell(answer).json_form()


def _begun(kind: Any, tell: Callable[[Any], Named]) -> Callable[[Any], dict[str, Any]]:
    """v2 answers a change with an operation, v1 with the thing as it is at that moment."""

    def made(operation: Any) -> dict[str, Any]:
        thing = kind()
        operation.metadata.Unpack(kind.pb(thing))
        return tell(thing).json_form()

    return made


def _gone(_operation: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Status", "status": "Success"}


def _created(heard: Heard) -> dict[str, Any]:
    given = read(Service, heard.body)
    name = given.metadata.name or ""
    service = service_of_v1(given, "")
    return {"parent": heard.parent, "service_id": name, "service": service, "validate_only": _dry(heard)}


def _replaced(heard: Heard) -> dict[str, Any]:
    given = read(Service, heard.body)
    if given.metadata.name != heard.name:
        raise invalid(f"metadata.name: must be '{heard.name}', which the path names.")
    service = service_of_v1(given, f"{heard.parent}/services/{heard.name}")
    return {"service": service, "validate_only": _dry(heard)}


def _dry(heard: Heard) -> bool:
    if heard.query.get("dryRun", "all") != "all":
        raise invalid("dryRun: only 'all' is supported.")
    return "dryRun" in heard.query


def _run(heard: Heard) -> dict[str, Any]:
    read(RunJob, heard.body)
    return _named("jobs")(heard)


_REVISION, _EXECUTION = _named("services/{owner}/revisions"), _named("jobs/{owner}/executions")
_WRITES, _DELETES = frozenset({"dryRun"}), frozenset({"apiVersion", "kind", "propagationPolicy"})
_service_begun = _begun(run_v2.Service, told_v1.v1_of_service)
_execution_begun = _begun(run_v2.Execution, v1_of_execution)
# By verb, and by what the path ends in.
_CALLS: dict[tuple[str, str], Call | Listing] = {
    ("GET", "services"): Listing(
        "Services/ListServices", "", "services", "ServiceList", told_v1.v1_of_service
    ),
    ("GET", "configurations"): Listing(
        "Services/ListServices", "", "services", "ConfigurationList", told_v1.v1_of_configuration
    ),
    ("GET", "routes"): Listing("Services/ListServices", "", "services", "RouteList", told_v1.v1_of_route),
    ("GET", "revisions"): Listing(
        "Revisions/ListRevisions", "/services/-", "revisions", "RevisionList", told_v1.v1_of_revision
    ),
    ("GET", "jobs"): Listing("Jobs/ListJobs", "", "jobs", "JobList", v1_of_job),
    ("GET", "executions"): Listing(
        "Executions/ListExecutions", "/jobs/-", "executions", "ExecutionList", v1_of_execution
    ),
    ("POST", "services"): Call("Services/CreateService", _created, _service_begun, _WRITES),
    ("PUT", "services/"): Call("Services/UpdateService", _replaced, _service_begun, _WRITES),
    ("GET", "services/"): Call("Services/GetService", _named("services"), _told(told_v1.v1_of_service)),
    ("DELETE", "services/"): Call("Services/DeleteService", _named("services"), _gone, _DELETES),
    ("GET", "configurations/"): Call(
        "Services/GetService", _named("services"), _told(told_v1.v1_of_configuration)
    ),
    ("GET", "routes/"): Call("Services/GetService", _named("services"), _told(told_v1.v1_of_route)),
    ("GET", "revisions/"): Call("Revisions/GetRevision", _REVISION, _told(told_v1.v1_of_revision)),
    ("DELETE", "revisions/"): Call("Revisions/DeleteRevision", _REVISION, _gone, _DELETES),
    ("GET", "jobs/"): Call("Jobs/GetJob", _named("jobs"), _told(v1_of_job)),
    ("DELETE", "jobs/"): Call("Jobs/DeleteJob", _named("jobs"), _gone, _DELETES),
    ("POST", "jobs/:run"): Call("Jobs/RunJob", _run, _execution_begun),
    ("GET", "executions/"): Call("Executions/GetExecution", _EXECUTION, _told(v1_of_execution)),
    ("POST", "executions/:cancel"): Call("Executions/CancelExecution", _EXECUTION, _execution_begun),
}


def meant(verb: str, path: str, region: str) -> Heard | None:
    """What this call is in v1; None where it is none of it, or one that nobody has built."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    kind, name = found["kind"], found["name"] or ""
    row = _CALLS.get((verb, f"{kind}{'/' if name else ''}{found['verb'] or ''}"))
    group = {SERVING: False, RUN: True}.get(f"{found['group']}/v1", kind in RUN_KINDS)
    if row is None or group != (kind in RUN_KINDS):
        return None
    place = found["region"] or region
    return Heard(row, kind, found["namespace"] or found["project"], "" if place == "-" else place, name)
