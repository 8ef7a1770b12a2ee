"""Resource Manager: is the project there, and what may we do in it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.iam.v1 import iam_policy_pb2

from gcp.cloud import TIMEOUT, Google


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
    request = iam_policy_pb2.GetIamPolicyRequest(resource=f"projects/{project}")
    policy: Any = google.ask(
        "Projects.GetIamPolicy",
        lambda: google.projects.get_iam_policy(request=request, retry=None, timeout=TIMEOUT),
    )
    members = {member for binding in policy.bindings for member in binding.members}
    return {
        member: frozenset(binding.role for binding in policy.bindings if member in binding.members)
        for member in members
    }
