"""Cloud Run behind its calls: revisions that really start, traffic that really moves, operations that end."""

from __future__ import annotations

import logging
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from google.cloud import run_v2
from google.iam.v1 import policy_pb2

from sandbox.google.address import Address
from sandbox.google.conditions import Failure, good, pending
from sandbox.google.errors import Code, Refusal
from sandbox.google.operations import Operation, Operations
from sandbox.google.ports import Route, Runner
from sandbox.google.revisions import Revisions
from sandbox.google.run_rules import LATEST, REVISION
from sandbox.google.state import Projects, now

_LOG = logging.getLogger(__name__)


@dataclass
class Home:
    """A service and its revisions."""

    address: Address
    service: run_v2.Service
    revisions: dict[str, run_v2.Revision] = field(default_factory=dict)
    work: threading.Lock = field(default_factory=threading.Lock)
    deleted: bool = False


class Reconciling:
    """What Cloud Run does after it has said yes: start the revision, then move the traffic."""

    def __init__(
        self, projects: Projects, operations: Operations, revisions: Revisions, runner: Runner
    ) -> None:
        self._projects = projects
        self._operations = operations
        self._revisions = revisions
        self._runner = runner
        self._homes: dict[str, Home] = {}
        self._free_from: dict[str, float] = {}
        self._pool = ThreadPoolExecutor(32, "cloud-run")

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _insist_on_free(self, name: str) -> None:
        """A name is free where no service has it, and the one that was deleted has been cleaned up."""
        if name in self._homes or self._free_from.get(name, 0.0) > self._projects.behaviour.clock():
            raise Refusal(Code.ALREADY_EXISTS, f"Resource '{name.rpartition('/')[2]}' already exists.")

    def _let_go(self, home: Home) -> None:
        name, behaviour = home.address.name, self._projects.behaviour
        del self._homes[name]
        self._free_from[name] = behaviour.clock() + behaviour.cleanup
        home.deleted, home.service.delete_time = True, now()

    def _not_deleted(self, home: Home) -> Any:
        """A deletion that is accepted and then fails: the service stays as it is, and the operation says why."""
        self._projects.behaviour.failed_deletions -= 1
        operation = self._operations.of_run(home.address.project, home.address.region, home.service)
        operation.fail(Refusal(Code.INTERNAL, "Internal error encountered."))
        return operation.message()

    def _accept(self, home: Home, wanted: run_v2.Service, new_name: str) -> Any:
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
        operation = self._operations.of_run(home.address.project, home.address.region, run_v2.Service(wanted))
        answer = operation.message()
        self._pool.submit(self._reconcile, home, wanted.generation, revision, operation)
        return answer

    def _addresses(self, home: Home, service: run_v2.Service) -> None:
        address = home.address
        service.uri = self._runner.url(address.project.id, address.region, address.service)
        service.urls = [service.uri]

    def _reconcile(
        self, home: Home, generation: int, revision: run_v2.Revision | None, operation: Operation
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
        home: Home,
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
            stuck = failure is None and revision is None and self._stuck()
            routes = self._still_routed(home) if failure is not None or stuck else self._routes(home)
            if service.generation == generation:
                self._conclude(service, revision, failure)
                service.traffic_statuses = self._statuses(home, routes)
            snapshot = run_v2.Service(service)
        if not home.deleted:
            public = service.invoker_iam_disabled or open_to_all(
                self._projects.access.policy(home.address.name)
            )
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

    def _stuck(self) -> bool:
        """Whether this change of traffic is one of those that are accepted and not carried out."""
        behaviour = self._projects.behaviour
        if behaviour.stuck_traffic < 1:
            return False
        behaviour.stuck_traffic -= 1
        return True

    def _conclude(
        self, service: run_v2.Service, revision: run_v2.Revision | None, failure: Failure | None
    ) -> None:
        service.reconciling, service.observed_generation, service.etag = (
            False,
            service.generation,
            etag_made(),
        )
        if failure is None:
            service.terminal_condition = good("Ready")
            service.conditions = [good("RoutesReady"), good("ConfigurationsReady")]
            return
        service.terminal_condition = failure.condition("Ready")
        broken = "ConfigurationsReady" if revision is not None else "RoutesReady"
        service.conditions = [failure.condition(broken)]

    def _ready(self, home: Home, name: str) -> bool:
        revision = home.revisions.get(name)
        return revision is not None and any(
            condition.type_ == "Ready" and condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
            for condition in revision.conditions
        )

    def _unroutable(self, home: Home) -> Failure | None:
        # Also where the revision only has a tag: https://github.com/Lore-Hex/quill-router/pull/782
        for target in home.service.traffic:
            if target.revision and not self._ready(home, target.revision):
                return Failure(f"Revision '{target.revision}' is not ready and cannot serve traffic.")
        return None

    def _routes(self, home: Home) -> list[tuple[Any, Route]]:
        latest = home.service.latest_ready_revision.rpartition("/")[2]
        routes = []
        for target in home.service.traffic:
            name = target.revision or latest
            if name and self._ready(home, name):
                kind = REVISION if target.revision else LATEST
                routes.append((kind, Route(name, target.percent, target.tag)))
        return routes

    def _still_routed(self, home: Home) -> list[tuple[Any, Route]]:
        """After a failure the old traffic stays."""
        return [
            (status.type_, Route(status.revision, status.percent, status.tag))
            for status in home.service.traffic_statuses
        ]

    def _statuses(self, home: Home, routes: list[tuple[Any, Route]]) -> list[run_v2.TrafficTargetStatus]:
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

    def _take_down(self, home: Home, revision: str, operation: Operation, answer: Any) -> None:
        address = home.address
        try:
            with home.work:
                self._runner.remove(address.project.id, address.region, address.service, revision)
        except Exception as error:  # noqa: BLE001 - a fault of the sandbox itself ends the operation and is logged
            _LOG.exception("the sandbox broke")
            operation.fail(Refusal(Code.INTERNAL, f"Internal error occurred: {error}"))
        operation.succeed(answer, answer)


def etag_made() -> str:
    return f'"{secrets.token_urlsafe(16)}"'


def open_to_all(policy: policy_pb2.Policy) -> bool:
    return any(
        binding.role == "roles/run.invoker" and "allUsers" in binding.members for binding in policy.bindings
    )
