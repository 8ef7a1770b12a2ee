"""Resource Manager and Billing: which projects there are, what the deployer may do there, who pays."""

from __future__ import annotations

from typing import Any

from google.cloud import billing_v1
from google.cloud import resourcemanager_v3 as resourcemanager
from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google.access import asked_version
from sandbox.google.errors import Code, Refusal, error_info
from sandbox.google.state import Project, Projects

API, BILLING = "cloudresourcemanager.googleapis.com", "cloudbilling.googleapis.com"
_STATES: Any = resourcemanager.Project.State


class ResourceManager:
    """Projects as Resource Manager v3 and Cloud Billing v1 tell of them."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def methods(self) -> dict[str, Any]:
        return {
            "Projects.GetProject": self.get_project,
            "Projects.TestIamPermissions": self.test_permissions,
            "Projects.GetIamPolicy": self.policy,
            "Projects.SetIamPolicy": self.set_policy,
            "CloudBilling.GetProjectBillingInfo": self.billing_info,
        }

    def _admit(self, name: str, permission: str, api: str = API) -> Project:
        """A project that is not there and one that may not be seen are refused alike."""
        project = self._projects.find(name)
        if project is None or not self._projects.holds(project, project.name, permission):
            resource = f"//cloudresourcemanager.googleapis.com/{name}"
            raise Refusal(
                Code.PERMISSION_DENIED,
                f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
                error_info("IAM_PERMISSION_DENIED", API, {"permission": permission, "resource": name}),
            )
        # The API is asked for in the caller's own project; here that is the same one.
        return (
            self._projects.admit(name, api, permission, name, pays=False)
            if project.state == "ACTIVE"
            else project
        )

    def get_project(self, request: Any) -> resourcemanager.Project:
        project = self._admit(request.name, "resourcemanager.projects.get")
        return resourcemanager.Project(
            name=f"projects/{project.number}",
            project_id=project.id,
            display_name=project.id,
            state=_STATES[project.state],
            parent=project.parent,
        )

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        project = self._projects.find(request.resource)
        held = self._projects.told(project, project.name, request.permissions) if project is not None else []
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)

    def policy(self, request: Any) -> policy_pb2.Policy:
        """Who has which role on the project itself; what comes from above it is not told."""
        project = self._admit(request.resource, "resourcemanager.projects.getIamPolicy")
        return self._projects.access.policy(project.name, asked_version(request))

    def set_policy(self, request: Any) -> policy_pb2.Policy:
        """A whole policy, as it was read and changed."""
        project = self._admit(request.resource, "resourcemanager.projects.setIamPolicy")
        lag = self._projects.behaviour.access_lag
        return self._projects.access.replace(project.name, request.policy, lag)

    def billing_info(self, request: Any) -> billing_v1.ProjectBillingInfo:
        project = self._admit(request.name, "resourcemanager.projects.get", BILLING)
        return billing_v1.ProjectBillingInfo(
            name=f"projects/{project.id}/billingInfo",
            project_id=project.id,
            billing_account_name="billingAccounts/000000-000000-000000" if project.billing else "",
            billing_enabled=project.billing,
        )
