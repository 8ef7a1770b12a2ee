"""Cloud Run's first version, in which `gcloud run` speaks: each of its calls is one of the second's, asked and told.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from google.cloud import run_v2

from sandbox.google import knative, table
from sandbox.google.cloud_run import CloudRun
from sandbox.google.errors import Code, Refusal, invalid
from sandbox.google.knative_jobs import v1_of_execution, v1_of_job
from sandbox.google.knative_shapes import RUN, SERVING, Named, RunJob, Service, read
from sandbox.google.state import REGIONS
from sandbox.google.transcoding import SYSTEM

_PATH = re.compile(
    r"(?:/apis/(?P<group>serving\.knative\.dev|run\.googleapis\.com)/v1/namespaces/(?P<namespace>[^/]+)"
    r"|/v1/projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+))"
    r"/(?P<kind>[a-z]+)(?:/(?P<name>[^/:]+))?(?P<verb>:\w+)?"
)
_RUN_KINDS = ("jobs", "executions")
# A service's revisions have names that begin with it, and a number and letters where nobody chose them.
_UNCHOSEN = re.compile(r"-\d{5}-[a-z]{3}\Z")


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
    service = knative.service_of_v1(given, "")
    return {"parent": heard.parent, "service_id": name, "service": service, "validate_only": _dry(heard)}


def _replaced(heard: Heard) -> dict[str, Any]:
    given = read(Service, heard.body)
    if given.metadata.name != heard.name:
        raise invalid(f"metadata.name: must be '{heard.name}', which the path names.")
    service = knative.service_of_v1(given, f"{heard.parent}/services/{heard.name}")
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
_service_begun = _begun(run_v2.Service, knative.v1_of_service)
_execution_begun = _begun(run_v2.Execution, v1_of_execution)
# By verb, and by what the path ends in.
_CALLS: dict[tuple[str, str], Call | Listing] = {
    ("GET", "services"): Listing(
        "Services/ListServices", "", "services", "ServiceList", knative.v1_of_service
    ),
    ("GET", "configurations"): Listing(
        "Services/ListServices", "", "services", "ConfigurationList", knative.v1_of_configuration
    ),
    ("GET", "routes"): Listing("Services/ListServices", "", "services", "RouteList", knative.v1_of_route),
    ("GET", "revisions"): Listing(
        "Revisions/ListRevisions", "/services/-", "revisions", "RevisionList", knative.v1_of_revision
    ),
    ("GET", "jobs"): Listing("Jobs/ListJobs", "", "jobs", "JobList", v1_of_job),
    ("GET", "executions"): Listing(
        "Executions/ListExecutions", "/jobs/-", "executions", "ExecutionList", v1_of_execution
    ),
    ("POST", "services"): Call("Services/CreateService", _created, _service_begun, _WRITES),
    ("PUT", "services/"): Call("Services/UpdateService", _replaced, _service_begun, _WRITES),
    ("GET", "services/"): Call("Services/GetService", _named("services"), _told(knative.v1_of_service)),
    ("DELETE", "services/"): Call("Services/DeleteService", _named("services"), _gone, _DELETES),
    ("GET", "configurations/"): Call(
        "Services/GetService", _named("services"), _told(knative.v1_of_configuration)
    ),
    ("GET", "routes/"): Call("Services/GetService", _named("services"), _told(knative.v1_of_route)),
    ("GET", "revisions/"): Call("Revisions/GetRevision", _REVISION, _told(knative.v1_of_revision)),
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
    group = {SERVING: False, RUN: True}.get(f"{found['group']}/v1", kind in _RUN_KINDS)
    if row is None or group != (kind in _RUN_KINDS):
        return None
    place = found["region"] or region
    return Heard(row, kind, found["namespace"] or found["project"], "" if place == "-" else place, name)


class RunV1:
    """Answers by the methods of v2, so that there is one state, and one set of rules and permissions."""

    def __init__(self, carry_out: Callable[[table.Method, Any], Any], run: CloudRun) -> None:
        self._carry_out = carry_out
        self._run = run
        self._methods = table.methods()

    def answer(self, heard: Heard, query: Mapping[str, Sequence[str]], body: Any) -> dict[str, Any]:
        """Raises Refusal."""
        said = {name: texts[-1] for name, texts in query.items() if name not in SYSTEM}
        heard = replace(heard, owner=self._owner(heard), query=said, body=body)
        if isinstance(heard.row, Listing):
            return self._list(heard, heard.row)
        _only(heard, heard.row.query)
        if not heard.region:
            raise Refusal(
                Code.NOT_FOUND, "The region's own endpoint answers this: REGION-run.googleapis.com."
            )
        return heard.row.tell(self._ask(heard.row.method, heard.row.ask(heard)))

    def _ask(self, method: str, fields: dict[str, Any]) -> Any:
        found = self._methods[f"/google.cloud.run.v2.{method}"]
        return self._carry_out(found, found.request(**fields))

    def _owner(self, heard: Heard) -> str:
        """Whose a revision or an execution is: v2 wants it said, v1 has it in the thing's name."""
        if heard.kind == "executions":
            return heard.name.rpartition("-")[0]
        ended = [name.rpartition("/")[2] for name in self._run.services if name.startswith(heard.parent)]
        having = (each for each in ended if heard.name in self._run.revisions_of(each))
        return next(having, "") or _UNCHOSEN.sub("", heard.name)

    def _list(self, heard: Heard, row: Listing) -> dict[str, Any]:
        _only(heard, frozenset({"labelSelector", "limit", "continue"}))
        selected = tuple(_selected(heard.query.get("labelSelector", "")))
        regions = [heard.region] if heard.region else sorted(REGIONS)
        items = []
        for region in regions:
            parent = f"{replace(heard, region=region).parent}{row.below}"
            answer = self._ask(row.method, {"parent": parent})
            items += [row.tell(each) for each in getattr(answer, row.found)]
        chosen = [
            each for each in items if all(each.metadata.labels.get(name) == value for name, value in selected)
        ]
        version = RUN if row.kind in ("JobList", "ExecutionList") else SERVING
        return {
            "apiVersion": version,
            "kind": row.kind,
            "metadata": {},
            "items": [each.json_form() for each in chosen],
        }


def _only(heard: Heard, known: frozenset[str]) -> None:
    if unknown := sorted(heard.query.keys() - known):
        raise invalid(
            f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot bind query parameter.'
        )


def _selected(selector: str) -> Iterator[tuple[str, str]]:
    """Labels and the values that they are to have; of a selector's forms the one that says `=`.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    for part in filter(None, selector.split(",")):
        found = re.fullmatch(r"\s*([\w./-]+)\s*==?\s*([\w.-]*)\s*", part)
        if found is None:
            raise invalid(f"labelSelector: the sandbox does not know '{part.strip()}'.")
        yield found[1], found[2]
