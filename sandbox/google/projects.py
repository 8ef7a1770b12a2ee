"""Resource Manager and Billing: which projects there are, what the deployer may do there, who pays."""

from __future__ import annotations

import hashlib
from typing import Any

from google.cloud import billing_v1
from google.cloud import resourcemanager_v3 as resourcemanager
from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google.errors import Code, Refusal, error_info
from sandbox.google.state import Member, Project, Projects

API = "cloudresourcemanager.googleapis.com"
ROLES: dict[Member, str] = {
    "build": "roles/cloudbuild.builds.builder",
    "runtime": "roles/secretmanager.secretAccessor",
}
_STATES: Any = resourcemanager.Project.State


def _etag(bindings: list[policy_pb2.Binding]) -> bytes:
    return hashlib.sha256(b"".join(binding.SerializeToString() for binding in bindings)).digest()[:8]


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

    def _admit(self, name: str, permission: str) -> Project:
        """A project that is not there and one that may not be seen are refused alike."""
        project = self._projects.find(name)
        if project is None or not project.holds(permission):
            resource = f"//cloudresourcemanager.googleapis.com/{name}"
            raise Refusal(
                Code.PERMISSION_DENIED,
                f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
                error_info("IAM_PERMISSION_DENIED", API, {"permission": permission, "resource": name}),
            )
        # The API is asked for in the caller's own project; here that is the same one.
        return (
            self._projects.admit(name, API, permission, name, pays=False)
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
            parent="organizations/1",
        )

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        project = self._projects.find(request.resource)
        held = [each for each in request.permissions if project is not None and project.holds(each)]
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)

    def policy(self, request: Any) -> policy_pb2.Policy:
        """Who has which role: the accounts that build and run have theirs unless something was revoked."""
        project = self._admit(request.resource, "resourcemanager.projects.getIamPolicy")
        members = [f"serviceAccount:{account}" for account in sorted(project.service_accounts)]
        given = {member: role for member, role in ROLES.items() if not project.revoked.get(member)}
        bindings = [policy_pb2.Binding(role=role, members=members) for role in given.values()]
        return policy_pb2.Policy(bindings=bindings, etag=_etag(bindings))

    def set_policy(self, request: Any) -> policy_pb2.Policy:
        """A whole policy, as it was read and changed; a role that an account gets is a role that it holds."""
        project = self._admit(request.resource, "resourcemanager.projects.setIamPolicy")
        if request.policy.etag != self.policy(request).etag:
            raise Refusal(
                Code.ABORTED,
                "There were concurrent policy changes. Please retry the whole read-modify-write with "
                "exponential backoff.",
            )
        granted = {binding.role for binding in request.policy.bindings}
        for member, role in ROLES.items():
            if role in granted:
                project.revoked.pop(member, None)
        return self.policy(request)

    def billing_info(self, request: Any) -> billing_v1.ProjectBillingInfo:
        project = self._admit(request.name, "resourcemanager.projects.get")
        return billing_v1.ProjectBillingInfo(
            name=f"projects/{project.id}/billingInfo",
            project_id=project.id,
            billing_account_name="billingAccounts/000000-000000-000000" if project.billing else "",
            billing_enabled=project.billing,
        )
