"""Resource Manager: is the project there, and what may we do in it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.iam.v1 import iam_policy_pb2, policy_pb2

from gcp.cloud import Google
from gcp.errors import GoogleError

# How often a policy is read again when somebody else has changed it meanwhile.
CONFLICTS = 5
# Policies with conditions are damaged by whoever writes them as an older version:
# https://cloud.google.com/iam/docs/policies#versions
POLICY_VERSION = 3
# On a bucket these stand for whoever has a basic role on the project, and so for somebody whom the project names.
OF_THE_PROJECT = ("projectEditor", "projectOwner", "projectViewer")


@dataclass(frozen=True)
class ProjectInfo:
    """A project. `number` is what Google's own names are made of; `state` is ACTIVE or why not."""

    id: str
    number: int
    state: str
    name: str
    parent: str = ""


@dataclass(frozen=True)
class Access:
    """The roles of each member on a project.

    `complete`: nothing comes from a folder, an organisation or a group, so that an account has what stands here.
    """

    roles: Mapping[str, frozenset[str]]
    complete: bool


def get_project(google: Google, project: str) -> ProjectInfo:
    """The project; GoogleError PERMISSION_DENIED when it does not exist or is out of our reach."""
    found = google.call(
        "Projects.GetProject", lambda: google.projects.get_project, name=f"projects/{project}"
    )
    number = int(found.name.removeprefix("projects/"))
    return ProjectInfo(found.project_id, number, found.state.name, found.display_name, found.parent)


def test_permissions(google: Google, project: str, permissions: tuple[str, ...]) -> frozenset[str]:
    """Those of `permissions` that we hold on the project."""
    held = google.call(
        "Projects.TestIamPermissions",
        lambda: google.projects.test_iam_permissions,
        resource=f"projects/{project}",
        permissions=list(permissions),
    )
    return frozenset(held.permissions)


def access(google: Google, project: str) -> Access:
    """Who has which role on the project itself."""
    policy = _policy(google, project)
    members = {member for binding in policy.bindings for member in binding.members}
    roles = {
        member: frozenset(binding.role for binding in policy.bindings if member in binding.members)
        for member in members
    }
    alone = not any(stands_for_many(member) for member in members)
    return Access(roles, complete=alone and not get_project(google, project).parent)


def stands_for_many(member: str) -> bool:
    """Whether a member of a policy may be an account that it does not name: a group, a domain, everybody.

    https://cloud.google.com/iam/docs/principal-identifiers
    """
    return member.partition(":")[0] not in ("user", "serviceAccount", "deleted", *OF_THE_PROJECT)


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
            google.call("Projects.SetIamPolicy", lambda: google.projects.set_iam_policy, request=request)
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
    return google.call("Projects.GetIamPolicy", lambda: google.projects.get_iam_policy, request=request)
