"""Resource Manager: is the project there, and what may we do in it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.iam.v1 import iam_policy_pb2, policy_pb2

from gcp.cloud import TIMEOUT, Google
from gcp.errors import GoogleError

# How often a policy is read again when somebody else has changed it meanwhile.
CONFLICTS = 5
# Policies with conditions are damaged by whoever writes them as an older version:
# https://cloud.google.com/iam/docs/policies#versions
POLICY_VERSION = 3


@dataclass(frozen=True)
class ProjectInfo:
    """A project. `number` is what Google's own names are made of; `state` is ACTIVE or why not."""

    id: str
    number: int
    state: str
    name: str


def get_project(google: Google, project: str) -> ProjectInfo:
    """The project; GoogleError PERMISSION_DENIED when it does not exist or is out of our reach."""
    found = google.ask(
        "Projects.GetProject",
        lambda: google.projects.get_project(name=f"projects/{project}", retry=None, timeout=TIMEOUT),
    )
    number = int(found.name.removeprefix("projects/"))
    return ProjectInfo(found.project_id, number, found.state.name, found.display_name)


def test_permissions(google: Google, project: str, permissions: tuple[str, ...]) -> frozenset[str]:
    """Those of `permissions` that we hold on the project."""
    held = google.ask(
        "Projects.TestIamPermissions",
        lambda: google.projects.test_iam_permissions(
            resource=f"projects/{project}", permissions=list(permissions), retry=None, timeout=TIMEOUT
        ),
    )
    return frozenset(held.permissions)


def roles(google: Google, project: str) -> dict[str, frozenset[str]]:
    """The roles of each member on the project itself; what comes from a folder or an organisation is not in it."""
    policy = _policy(google, project)
    members = {member for binding in policy.bindings for member in binding.members}
    return {
        member: frozenset(binding.role for binding in policy.bindings if member in binding.members)
        for member in members
    }


def grant(google: Google, project: str, member: str, role: str) -> None:
    """Give a member a role on the project, whatever else is in its policy; one that is there is as good."""
    for attempt in range(CONFLICTS):
        policy = _policy(google, project)
        if any(
            b.role == role and member in b.members and not b.condition.expression for b in policy.bindings
        ):
            return
        policy.version = POLICY_VERSION
        policy.bindings.append(policy_pb2.Binding(role=role, members=[member]))
        request = iam_policy_pb2.SetIamPolicyRequest(resource=f"projects/{project}", policy=policy)
        try:
            google.ask(
                "Projects.SetIamPolicy",
                lambda request=request: google.projects.set_iam_policy(  # type: ignore[misc]  # bound at once
                    request=request, retry=None, timeout=TIMEOUT
                ),
            )
        except GoogleError as conflict:
            if conflict.code != "ABORTED" or attempt == CONFLICTS - 1:
                raise
        else:
            return


def _policy(google: Google, project: str) -> Any:
    request = iam_policy_pb2.GetIamPolicyRequest(
        resource=f"projects/{project}",
        options={"requested_policy_version": POLICY_VERSION},
    )
    return google.ask(
        "Projects.GetIamPolicy",
        lambda: google.projects.get_iam_policy(request=request, retry=None, timeout=TIMEOUT),
    )
