"""Cloud Run: services with etags, update masks and traffic, revisions that really start, and their operations."""

from __future__ import annotations

import uuid
from typing import Any

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google import run_rules
from sandbox.google.access import asked_version
from sandbox.google.address import Address
from sandbox.google.errors import Code, Refusal, invalid, not_found, permission_denied
from sandbox.google.run_merging import copy_path
from sandbox.google.run_naming import new_name, next_revision
from sandbox.google.run_part_rules import check_invokers
from sandbox.google.run_reconciling import Home, Reconciling, etag_made, open_to_all
from sandbox.google.run_sizes import insist_on_quota
from sandbox.google.state import Project, now, segments

API = "run.googleapis.com"


class CloudRun(Reconciling):
    """The services of every project and region."""

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

    def revisions_of(self, service: str) -> list[str]:
        """The names of a service's revisions in whatever project and region, for who looks on from outside."""
        homes = [home for name, home in self._homes.items() if name.endswith(f"/{service}")]
        return sorted(name for home in homes for name in home.revisions)

    def _admit(self, name: str, permission: str) -> Project:
        return self._projects.admit(segments(name).get("projects", ""), API, permission, name)

    def _home(self, name: str) -> Home:
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

    def _revision(self, name: str) -> tuple[Home, run_v2.Revision]:
        parts = segments(name)
        if not parts.get("revisions"):
            raise invalid(f"Invalid resource name '{name}': the revision has no name.")
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

    def create_service(self, request: Any) -> Any:
        project = self._admit(request.parent, "run.services.create")
        run_rules.check_service_id(request.service_id)
        address = Address(project, segments(request.parent)["locations"], request.service_id)
        wanted = run_v2.Service(request.service)
        self._check(address, wanted, "CreateServiceRequest")
        with self._projects.lock:
            self._insist_on_free(address.name)
            run_rules.fill_in(wanted, project.compute_account)
            wanted.name, wanted.uid, wanted.generation = address.name, str(uuid.uuid4()), 1
            wanted.create_time = wanted.update_time = now()
            wanted.creator = wanted.last_modifier = self._projects.caller_address
            wanted.launch_stage = wanted.launch_stage or 4
            wanted.etag = etag_made()
            home = Home(address, wanted)
            self._check_targets(home, wanted, {wanted.template.revision} - {""})
            if request.validate_only:
                return self._validated(address, wanted)
            self._homes[address.name] = home
            return self._accept(home, wanted, new_name(home, wanted))

    def update_service(self, request: Any) -> Any:
        self._admit(request.service.name, "run.services.update")
        with self._projects.lock:
            parts = segments(request.service.name)
            if request.allow_missing and request.service.name not in self._homes:
                parent, service_id = request.service.name.rpartition("/services/")[::2]
                asked = run_v2.CreateServiceRequest(parent=parent, service_id=service_id)
                asked.service, asked.validate_only = request.service, request.validate_only
                return self.create_service(asked)
            home = self._home(request.service.name)
            current = home.service
            if request.service.etag and request.service.etag != current.etag:
                raise run_rules.conflict(parts["services"], request.service.etag, current.etag)
            wanted = self._merged(current, request)
            self._check(home.address, wanted, "UpdateServiceRequest")
            run_rules.fill_in(wanted, home.address.project.compute_account)
            new_name = next_revision(home, wanted)
            self._check_targets(home, wanted, {new_name} - {""})
            if request.validate_only:
                return self._validated(home.address, wanted)
            wanted.generation, wanted.etag = current.generation + 1, etag_made()
            wanted.update_time, wanted.last_modifier = now(), self._projects.caller_address
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
            copy_path(run_v2.Service.pb(request.service), run_v2.Service.pb(merged), path)
        return merged

    def _check(self, address: Address, wanted: run_v2.Service, call: str) -> None:
        run_rules.check_service(address.service, wanted, call)
        insist_on_quota(wanted.template, self._projects.behaviour.cpus)
        project = address.project
        check_invokers(project.constraints, wanted)
        if wanted.invoker_iam_disabled and not self._projects.holds(
            project, address.name, "run.services.setIamPolicy"
        ):
            raise permission_denied(API, "run.services.setIamPolicy", address.name)
        self._revisions.admit_container(project, wanted.template)

    def _check_targets(self, home: Home, wanted: run_v2.Service, coming: set[str]) -> None:
        for target in wanted.traffic:
            if target.revision and target.revision not in coming | home.revisions.keys():
                raise Refusal(
                    Code.FAILED_PRECONDITION,
                    f"Revision '{target.revision}' does not exist or is deleted. Update all traffic to route to "
                    "currently available revisions.",
                )

    def _validated(self, address: Address, wanted: run_v2.Service) -> Any:
        operation = self._operations.of_run(address.project, address.region, wanted)
        operation.succeed(wanted, wanted)
        return operation.message()

    def delete_service(self, request: Any) -> Any:
        self._admit(request.name, "run.services.delete")
        with self._projects.lock:
            home = self._home(request.name)
            if request.etag and request.etag != home.service.etag:
                raise run_rules.conflict(home.address.service, request.etag, home.service.etag)
            if request.validate_only:
                return self._validated(home.address, home.service)
            if self._projects.behaviour.failed_deletions:
                return self._not_deleted(home)
            self._let_go(home)
            operation = self._operations.of_run(home.address.project, home.address.region, home.service)
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
            operation = self._operations.of_run(home.address.project, home.address.region, revision)
            answer = operation.message()
        self._pool.submit(self._take_down, home, short, operation, revision)
        return answer

    def get_policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        self._admit(request.resource, "run.services.getIamPolicy")
        name = self._home(request.resource).address.name
        return self._projects.access.policy(name, asked_version(request))

    def set_policy(self, request: iam_policy_pb2.SetIamPolicyRequest) -> policy_pb2.Policy:
        self._admit(request.resource, "run.services.setIamPolicy")
        with self._projects.lock:
            home = self._home(request.resource)
            lag = self._projects.behaviour.access_lag
            policy = self._projects.access.replace(home.address.name, request.policy, lag)
            routes = [route for _, route in self._still_routed(home)]
        address = home.address
        public = home.service.invoker_iam_disabled or open_to_all(policy)
        self._runner.route(address.project.id, address.region, address.service, routes, public=public)
        return policy

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        project = self._projects.find(segments(request.resource).get("projects", ""))
        held = self._projects.told(project, request.resource, request.permissions) if project else []
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)
