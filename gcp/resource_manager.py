"""Resource Manager: is the project there, and what may we do in it?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gcp.bindings import Bound, bind, bound_of
from gcp.cloud import Google


@dataclass(frozen=True)
class ProjectInfo:
    """A project. `number` is what Google's own names are made of; `state` is ACTIVE or why not."""

    id: str
    number: int
    state: str
    name: str
    parent: str = ""


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


def access(google: Google, project: str) -> Bound:
    """Who has which role on the project itself; in a folder or an organisation more may come from there."""
    here = bound_of(google, "Projects", lambda: google.projects, f"projects/{project}")
    return replace(here, elsewhere=bool(get_project(google, project).parent))


def grant(google: Google, project: str, member: str, role: str) -> None:
    """Give a member a role on the project, whatever else is in its policy; one that is there is as good."""
    bind(google, "Projects", lambda: google.projects, f"projects/{project}", member=member, role=role)
