"""Service Usage: which APIs are enabled, and enabling them, which takes a while to be known everywhere."""

from __future__ import annotations

from typing import Any

from google.cloud import service_usage_v1 as usage

from sandbox.google.errors import TITLES, billing_not_found, invalid
from sandbox.google.operations import Operations
from sandbox.google.state import Project, Projects, segments

API = "serviceusage.googleapis.com"
_FREE = frozenset({"logging.googleapis.com", "iam.googleapis.com", "cloudresourcemanager.googleapis.com"})


class ServiceUsage:
    """The switches of every project."""

    def __init__(self, projects: Projects, operations: Operations) -> None:
        self._projects = projects
        self._operations = operations

    def methods(self) -> dict[str, Any]:
        return {
            "ServiceUsage.BatchGetServices": self.batch_get,
            "ServiceUsage.GetService": self.get,
            "ServiceUsage.ListServices": self.list_enabled,
            "ServiceUsage.BatchEnableServices": self.batch_enable,
            "ServiceUsage.EnableService": self.enable,
        }

    def _admit(self, parent: str, permission: str, resource: str) -> Project:
        return self._projects.admit(parent, API, permission, resource, pays=False)

    def _service(self, project: Project, api: str) -> usage.Service:
        return usage.Service(
            name=f"projects/{project.number}/services/{api}",
            parent=f"projects/{project.number}",
            config=usage.ServiceConfig(name=api, title=TITLES.get(api, "")),
            state=usage.State.ENABLED if api in project.apis else usage.State.DISABLED,
        )

    def batch_get(self, request: Any) -> usage.BatchGetServicesResponse:
        if len(request.names) > 30:
            raise invalid("A single request can get a maximum of 30 services at a time.", "names")
        project = self._admit(request.parent, "serviceusage.services.get", request.parent)
        names = [name.rpartition("/")[2] for name in request.names]
        return usage.BatchGetServicesResponse(services=[self._service(project, api) for api in names])

    def get(self, request: Any) -> usage.Service:
        project = self._admit(segments(request.name)["projects"], "serviceusage.services.get", request.name)
        return self._service(project, request.name.rpartition("/")[2])

    def list_enabled(self, request: Any) -> usage.ListServicesResponse:
        project = self._admit(request.parent, "serviceusage.services.list", request.parent)
        if request.filter not in {"", "state:ENABLED", "state:DISABLED"}:
            raise invalid(f"Invalid filter '{request.filter}'", "filter")
        apis = [] if request.filter == "state:DISABLED" else sorted(project.apis)
        return usage.ListServicesResponse(services=[self._service(project, api) for api in apis])

    def batch_enable(self, request: Any) -> Any:
        apis = list(request.service_ids)
        if not 1 <= len(apis) <= 20:
            raise invalid("A single request can enable a maximum of 20 services at a time.", "service_ids")
        project = self._allowed_to_enable(request.parent, apis)
        operation = self._operations.of_service_usage(project)

        def enable() -> None:
            self._projects.enable(project, apis)
            services = [self._service(project, api) for api in apis]
            operation.succeed(usage.BatchEnableServicesResponse(services=services))

        self._operations.later(self._projects.behaviour.operation_time, enable)
        return operation.message()

    def enable(self, request: Any) -> Any:
        api = request.name.rpartition("/")[2]
        project = self._allowed_to_enable(segments(request.name)["projects"], [api])
        operation = self._operations.of_service_usage(project)

        def enable() -> None:
            self._projects.enable(project, [api])
            operation.succeed(usage.EnableServiceResponse(service=self._service(project, api)))

        self._operations.later(self._projects.behaviour.operation_time, enable)
        return operation.message()

    def _allowed_to_enable(self, parent: str, apis: list[str]) -> Project:
        project = self._admit(parent, "serviceusage.services.enable", ",".join(apis))
        if not project.billing and not _FREE.issuperset(apis):
            raise billing_not_found(project.number, apis)
        return project
