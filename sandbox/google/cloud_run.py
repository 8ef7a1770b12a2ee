"""Cloud Run: services with etags, update masks and traffic, revisions that really start, and their operations."""

from __future__ import annotations

import logging
import secrets
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google import run_rules
from sandbox.google.errors import Code, Refusal, invalid, not_found, permission_denied
from sandbox.google.operations import Operation, Operations
from sandbox.google.ports import Route, Runner
from sandbox.google.revisions import Address, Failure, Revisions, good, pending
from sandbox.google.run_rules import LATEST, REVISION
from sandbox.google.state import DEPLOYER, Project, Projects, now, segments

API = "run.googleapis.com"
_LOG = logging.getLogger(__name__)


@dataclass
class _Home:
    """A service, its revisions and who may call it."""

    address: Address
    service: run_v2.Service
    revisions: dict[str, run_v2.Revision] = field(default_factory=dict)
    policy: policy_pb2.Policy = field(default_factory=policy_pb2.Policy)
    work: threading.Lock = field(default_factory=threading.Lock)
    deleted: bool = False


class CloudRun:
    """The services of every project and region."""

    def __init__(
        self, projects: Projects, operations: Operations, revisions: Revisions, runner: Runner
    ) -> None:
        self._projects = projects
        self._operations = operations
        self._revisions = revisions
        self._runner = runner
        self._homes: dict[str, _Home] = {}
        self._pool = ThreadPoolExecutor(32, "cloud-run")

    @property
    def services(self) -> dict[str, run_v2.Service]:
        """Every service as it stands, by its full name."""
        with self._projects.lock:
            return {name: home.service for name, home in self._homes.items()}

    def methods(self) -> dict[str, Any]:
        return {
            "Services.CreateService": self.create_service,
            "Services.UpdateService": self.update_service,
            "Services.GetService": self.get_service,
            "Services.ListServices": self.list_services,
            "Services.DeleteService": self.delete_service,
            "Services.GetIamPolicy": self.get_policy,
            "Services.SetIamPolicy": self.set_policy,
            "Services.TestIamPermissions": self.test_permissions,
            "Revisions.GetRevision": self.get_revision,
            "Revisions.ListRevisions": self.list_revisions,
            "Revisions.DeleteRevision": self.delete_revision,
        }

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def revisions_of(self, service: str) -> list[str]:
        """The names of a service's revisions in whatever project and region, for who looks on from outside."""
        homes = [home for name, home in self._homes.items() if name.endswith(f"/{service}")]
        return sorted(name for home in homes for name in home.revisions)

    # -- reading

    def _admit(self, name: str, permission: str) -> Project:
        return self._projects.admit(segments(name).get("projects", ""), API, permission, name)

    def _home(self, name: str) -> _Home:
        parts = segments(name)
        path = "projects/{projects}/locations/{locations}/services/{services}".format_map(parts)
        home = self._homes.get(path)
        if home is None:
            raise not_found(
                f"Resource '{parts['services']}' of kind 'SERVICE' in region '{parts['locations']}' in project "
                f"'{parts['projects']}' does not exist."
            )
        return home

    def get_service(self, request: Any) -> run_v2.Service:
        self._admit(request.name, "run.services.get")
        with self._projects.lock:
            return run_v2.Service(self._home(request.name).service)

    def list_services(self, request: Any) -> run_v2.ListServicesResponse:
        self._admit(request.parent, "run.services.list")
        with self._projects.lock:
            here = [home.service for home in self._homes.values() if home.address.parent == request.parent]
        return run_v2.ListServicesResponse(services=here)

    def get_revision(self, request: Any) -> run_v2.Revision:
        self._admit(request.name, "run.revisions.get")
        with self._projects.lock:
            return run_v2.Revision(self._revision(request.name)[1])

    def _revision(self, name: str) -> tuple[_Home, run_v2.Revision]:
        parts = segments(name)
        home = self._home(name)
        revision = home.revisions.get(parts.get("revisions", ""))
        if revision is None:
            raise not_found(
                f"Resource '{parts.get('revisions', '')}' of kind 'REVISION' in region '{parts['locations']}' in "
                f"project '{parts['projects']}' does not exist."
            )
        return home, revision

    def list_revisions(self, request: Any) -> run_v2.ListRevisionsResponse:
        self._admit(request.parent, "run.revisions.list")
        with self._projects.lock:
            if segments(request.parent).get("services") == "-":
                prefix = request.parent.removesuffix("services/-")
                homes = [home for name, home in self._homes.items() if name.startswith(prefix)]
            else:
                homes = [self._home(request.parent)]
            found = [revision for home in homes for revision in reversed(home.revisions.values())]
        return run_v2.ListRevisionsResponse(revisions=found)

    # -- changing

    def create_service(self, request: Any) -> Any:
        project = self._admit(request.parent, "run.services.create")
        run_rules.check_service_id(request.service_id)
        address = Address(project, segments(request.parent)["locations"], request.service_id)
        wanted = run_v2.Service(request.service)
        self._check(address, wanted, "CreateServiceRequest")
        with self._projects.lock:
            if address.name in self._homes:
                raise Refusal(Code.ALREADY_EXISTS, f"Resource '{request.service_id}' already exists.")
            run_rules.fill_in(wanted, project.compute_account)
            wanted.name, wanted.uid, wanted.generation = address.name, str(uuid.uuid4()), 1
            wanted.create_time = wanted.update_time = now()
            wanted.creator = wanted.last_modifier = DEPLOYER
            wanted.launch_stage = wanted.launch_stage or 4
            wanted.etag = _etag()
            home = _Home(address, wanted)
            self._check_targets(home, wanted, {wanted.template.revision} - {""})
            if request.validate_only:
                return self._validated(address, wanted)
            self._homes[address.name] = home
            return self._accept(home, wanted, self._new_name(home, wanted))

    def update_service(self, request: Any) -> Any:
        self._admit(request.service.name, "run.services.update")
        with self._projects.lock:
            parts = segments(request.service.name)
            if request.allow_missing and request.service.name not in self._homes:
                parent, service_id = request.service.name.rpartition("/services/")[::2]
                return self.create_service(
                    run_v2.CreateServiceRequest(
                        parent=parent,
                        service=request.service,
                        service_id=service_id,
                        validate_only=request.validate_only,
                    )
                )
            home = self._home(request.service.name)
            current = home.service
            if request.service.etag and request.service.etag != current.etag:
                raise run_rules.conflict(parts["services"], request.service.etag, current.etag)
            wanted = self._merged(current, request)
            self._check(home.address, wanted, "UpdateServiceRequest")
            run_rules.fill_in(wanted, home.address.project.compute_account)
            new_name = self._next_revision(home, wanted)
            self._check_targets(home, wanted, {new_name} - {""})
            if request.validate_only:
                return self._validated(home.address, wanted)
            wanted.generation, wanted.etag = current.generation + 1, _etag()
            wanted.update_time, wanted.last_modifier = now(), DEPLOYER
            home.service = wanted
            return self._accept(home, wanted, new_name)

    def _merged(self, current: run_v2.Service, request: Any) -> run_v2.Service:
        """The service as it shall be: replaced but for what only Cloud Run writes, or merged by the mask."""
        paths = list(request.update_mask.paths)
        merged = run_v2.Service(current)
        if not paths or paths == ["*"]:
            paths = [
                "description", "labels", "annotations", "client", "client_version", "ingress", "launch_stage",
                "binary_authorization", "template", "traffic", "scaling", "invoker_iam_disabled",
                "default_uri_disabled", "iap_enabled", "custom_audiences", "build_config",
            ]  # fmt: skip
        for path in paths:
            _copy(run_v2.Service.pb(request.service), run_v2.Service.pb(merged), path)
        return merged

    def _check(self, address: Address, wanted: run_v2.Service, call: str) -> None:
        run_rules.check_service(address.service, wanted, call)
        project = address.project
        if wanted.invoker_iam_disabled and not project.holds("run.services.setIamPolicy"):
            raise permission_denied(API, "run.services.setIamPolicy", address.name)
        account = wanted.template.service_account or project.compute_account
        self._projects.admit_act_as(project, account, API)
        if not project.holds("artifactregistry.repositories.downloadArtifacts"):
            image = wanted.template.containers[0].image
            raise permission_denied(
                "artifactregistry.googleapis.com", "artifactregistry.repositories.downloadArtifacts", image
            )

    def _check_targets(self, home: _Home, wanted: run_v2.Service, coming: set[str]) -> None:
        for target in wanted.traffic:
            if target.revision and target.revision not in coming | home.revisions.keys():
                raise Refusal(
                    Code.FAILED_PRECONDITION,
                    f"Revision '{target.revision}' does not exist or is deleted. Update all traffic to route to "
                    "currently available revisions.",
                )

    def _next_revision(self, home: _Home, wanted: run_v2.Service) -> str:
        """The name of the revision that this update makes; empty if it makes none."""
        name, current = wanted.template.revision, home.service
        same = _spec(wanted.template) == _spec(current.template)
        if same and name == current.template.revision:
            # A read-modify-write that leaves the name in place is refused as soon as it changes anything.
            moved = wanted.scaling != current.scaling
            if name and moved:
                raise self._reused(name)
            return ""
        if name in home.revisions:
            raise self._reused(name)
        return self._new_name(home, wanted) if not same or name else ""

    def _reused(self, name: str) -> Refusal:
        return Refusal(
            Code.ALREADY_EXISTS, f"Revision named '{name}' with different configuration already exists."
        )

    def _new_name(self, home: _Home, wanted: run_v2.Service) -> str:
        letters = "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(3))
        number = len(home.revisions) + 1
        return wanted.template.revision or f"{home.address.service}-{number:05d}-{letters}"

    def _validated(self, address: Address, wanted: run_v2.Service) -> Any:
        operation = self._operations.regional(address.project.id, address.region, wanted)
        operation.succeed(wanted, wanted)
        return operation.message()

    # -- reconciling

    def _accept(self, home: _Home, wanted: run_v2.Service, new_name: str) -> Any:
        revision = None
        if new_name:
            revision = self._revisions.make(home.address, wanted, new_name)
            home.revisions[new_name] = revision
            wanted.latest_created_revision = revision.name
        wanted.reconciling = True
        wanted.terminal_condition = pending("Ready")
        wanted.conditions = [pending("RoutesReady"), pending("ConfigurationsReady")]
        if not wanted.uri:
            self._addresses(home, wanted)
        operation = self._operations.regional(
            home.address.project.id, home.address.region, run_v2.Service(wanted)
        )
        answer = operation.message()
        self._pool.submit(self._reconcile, home, wanted.generation, revision, operation)
        return answer

    def _addresses(self, home: _Home, service: run_v2.Service) -> None:
        address = home.address
        service.uri = self._runner.url(address.project.id, address.region, address.service)
        service.urls = [service.uri]

    def _reconcile(
        self, home: _Home, generation: int, revision: run_v2.Revision | None, operation: Operation
    ) -> None:
        try:
            failure = self._revisions.start(home.address, revision) if revision is not None else None
            with home.work:
                self._settle(home, generation, revision, failure, operation)
        except Exception as error:  # noqa: BLE001 - a fault of the sandbox itself ends the operation and is logged
            _LOG.exception("the sandbox broke")
            operation.fail(Refusal(Code.INTERNAL, f"Internal error occurred: {error}"))

    def _settle(
        self,
        home: _Home,
        generation: int,
        revision: run_v2.Revision | None,
        failure: Failure | None,
        operation: Operation,
    ) -> None:
        with self._projects.lock:
            service = home.service
            if revision is not None and failure is None and revision.name == service.latest_created_revision:
                service.latest_ready_revision = revision.name
            failure = failure or self._unroutable(home)
            routes = self._routes(home) if failure is None else self._still_routed(home)
            if service.generation == generation:
                self._conclude(service, revision, failure)
                service.traffic_statuses = self._statuses(home, routes)
            snapshot = run_v2.Service(service)
        if not home.deleted:
            public = service.invoker_iam_disabled or _open_to_all(home.policy)
            address = home.address
            self._runner.route(
                address.project.id,
                address.region,
                address.service,
                [route for _, route in routes],
                public=public,
            )
        if failure is None:
            operation.succeed(snapshot, snapshot)
        else:
            operation.fail(failure.refusal(), snapshot)

    def _conclude(
        self, service: run_v2.Service, revision: run_v2.Revision | None, failure: Failure | None
    ) -> None:
        service.reconciling, service.observed_generation, service.etag = False, service.generation, _etag()
        if failure is None:
            service.terminal_condition = good("Ready")
            service.conditions = [good("RoutesReady"), good("ConfigurationsReady")]
            return
        service.terminal_condition = failure.condition("Ready")
        broken = "ConfigurationsReady" if revision is not None else "RoutesReady"
        service.conditions = [failure.condition(broken)]

    def _ready(self, home: _Home, name: str) -> bool:
        revision = home.revisions.get(name)
        return revision is not None and any(
            condition.type_ == "Ready" and condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
            for condition in revision.conditions
        )

    def _unroutable(self, home: _Home) -> Failure | None:
        for target in home.service.traffic:
            if target.revision and target.percent and not self._ready(home, target.revision):
                return Failure(f"Revision '{target.revision}' is not ready and cannot serve traffic.")
        return None

    def _routes(self, home: _Home) -> list[tuple[Any, Route]]:
        latest = home.service.latest_ready_revision.rpartition("/")[2]
        routes = []
        for target in home.service.traffic:
            name = target.revision or latest
            if name and self._ready(home, name):
                kind = REVISION if target.revision else LATEST
                routes.append((kind, Route(name, target.percent, target.tag)))
        return routes

    def _still_routed(self, home: _Home) -> list[tuple[Any, Route]]:
        """After a failure the old traffic stays."""
        return [
            (status.type_, Route(status.revision, status.percent, status.tag))
            for status in home.service.traffic_statuses
        ]

    def _statuses(self, home: _Home, routes: list[tuple[Any, Route]]) -> list[run_v2.TrafficTargetStatus]:
        address = home.address
        return [
            run_v2.TrafficTargetStatus(
                type_=kind,
                revision=route.revision,
                percent=route.percent,
                tag=route.tag,
                uri=self._runner.url(address.project.id, address.region, address.service, route.tag)
                if route.tag
                else "",
            )
            for kind, route in routes
        ]

    # -- removing

    def delete_service(self, request: Any) -> Any:
        self._admit(request.name, "run.services.delete")
        with self._projects.lock:
            home = self._home(request.name)
            if request.etag and request.etag != home.service.etag:
                raise run_rules.conflict(home.address.service, request.etag, home.service.etag)
            if request.validate_only:
                return self._validated(home.address, home.service)
            del self._homes[home.address.name]
            home.deleted = True
            home.service.delete_time = now()
            operation = self._operations.regional(home.address.project.id, home.address.region, home.service)
            answer = operation.message()
        self._pool.submit(self._take_down, home, "", operation, home.service)
        return answer

    def delete_revision(self, request: Any) -> Any:
        self._admit(request.name, "run.revisions.delete")
        with self._projects.lock:
            home, revision = self._revision(request.name)
            short = request.name.rpartition("/")[2]
            serving = {status.revision for status in home.service.traffic_statuses}
            latest = {home.service.latest_ready_revision, home.service.latest_created_revision}
            if short in serving or revision.name in latest:
                raise Refusal(
                    Code.FAILED_PRECONDITION,
                    f"Revision '{short}' cannot be deleted: it is the latest revision of its service, or it is "
                    "receiving traffic or has a tag.",
                )
            del home.revisions[short]
            operation = self._operations.regional(home.address.project.id, home.address.region, revision)
            answer = operation.message()
        self._pool.submit(self._take_down, home, short, operation, revision)
        return answer

    def _take_down(self, home: _Home, revision: str, operation: Operation, answer: Any) -> None:
        address = home.address
        try:
            with home.work:
                self._runner.remove(address.project.id, address.region, address.service, revision)
        except Exception as error:  # noqa: BLE001 - a fault of the sandbox itself ends the operation and is logged
            _LOG.exception("the sandbox broke")
            operation.fail(Refusal(Code.INTERNAL, f"Internal error occurred: {error}"))
        operation.succeed(answer, answer)

    # -- who may call

    def get_policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        self._admit(request.resource, "run.services.getIamPolicy")
        return self._home(request.resource).policy

    def set_policy(self, request: iam_policy_pb2.SetIamPolicyRequest) -> policy_pb2.Policy:
        self._admit(request.resource, "run.services.setIamPolicy")
        with self._projects.lock:
            home = self._home(request.resource)
            home.policy = request.policy
            home.policy.etag = secrets.token_bytes(8)
            routes = [route for _, route in self._still_routed(home)]
        address = home.address
        public = home.service.invoker_iam_disabled or _open_to_all(home.policy)
        self._runner.route(address.project.id, address.region, address.service, routes, public=public)
        return home.policy

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        project = self._projects.find(segments(request.resource).get("projects", ""))
        held = [each for each in request.permissions if project is not None and project.holds(each)]
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)


def _etag() -> str:
    return f'"{secrets.token_urlsafe(16)}"'


def _spec(template: run_v2.RevisionTemplate) -> bytes:
    """A template without its revision's name, to compare."""
    bare = run_v2.RevisionTemplate(template)
    bare.revision = ""
    return bytes(run_v2.RevisionTemplate.pb(bare).SerializeToString(deterministic=True))


def _copy(source: Any, goal: Any, path: str) -> None:
    """Copy one field of an update mask; a field that the source does not have is cleared."""
    head, _, rest = path.partition(".")
    if head not in source.DESCRIPTOR.fields_by_name:
        raise invalid(f"Invalid field mask path: {path!r}", "update_mask")
    if rest:
        _copy(getattr(source, head), getattr(goal, head), rest)
        return
    goal.ClearField(head)
    kind = source.DESCRIPTOR.fields_by_name[head]
    value = getattr(source, head)
    if kind.message_type is not None and kind.message_type.GetOptions().map_entry:
        for key in value:
            getattr(goal, head)[key] = value[key]
    elif _repeated(kind):
        getattr(goal, head).extend(value)
    elif kind.message_type is not None:
        if source.HasField(head):
            getattr(goal, head).CopyFrom(value)
    else:
        setattr(goal, head, value)


def _repeated(kind: Any) -> bool:
    return bool(kind.is_repeated)


def _open_to_all(policy: policy_pb2.Policy) -> bool:
    return any(
        binding.role == "roles/run.invoker" and "allUsers" in binding.members for binding in policy.bindings
    )
