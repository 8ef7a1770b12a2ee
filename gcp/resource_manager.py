"""Resource Manager: is the project there, and what may we do in it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gcp.bindings import bind, policy_of
from gcp.cloud import Google

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
    policy = policy_of(google, "Projects", lambda: google.projects, f"projects/{project}")
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
    bind(google, "Projects", lambda: google.projects, f"projects/{project}", member=member, role=role)
