"""IAM's custom roles of a project: made, changed and read, each with exactly the permissions that it names."""

from __future__ import annotations

import re
from typing import Any

from google.cloud import iam_admin_v1

from sandbox.google.errors import Code, Refusal, invalid, not_found
from sandbox.google.roles import PREDEFINED
from sandbox.google.state import Projects, segments

API = "iam.googleapis.com"
# https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/create
_ROLE_ID = re.compile(r"[a-zA-Z0-9_.]{3,64}\Z")
_PERMISSION = re.compile(r"[a-z][\w-]*(\.[\w-]+){2,}\Z", re.ASCII)


class CustomRoles:
    """Roles by their whole name, `projects/P/roles/R`."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._roles: dict[str, iam_admin_v1.Role] = {}

    def methods(self) -> dict[str, Any]:
        return {
            "IAM.CreateRole": self.create,
            "IAM.UpdateRole": self.update,
            "IAM.GetRole": self.get,
            "IAM.QueryTestablePermissions": self.testable,
        }

    def _admit(self, name: str, permission: str) -> str:
        """The name of the project that this name is in."""
        project = segments(name)["projects"]
        return self._projects.admit(project, API, f"iam.roles.{permission}", name, pays=False).name

    def create(self, request: Any) -> iam_admin_v1.Role:
        home = self._admit(request.parent, "create")
        if not _ROLE_ID.match(request.role_id):
            raise invalid("The role_id must be 3 to 64 letters, digits, underscores and periods.", "role_id")
        name = f"{home}/roles/{request.role_id}"
        with self._projects.lock:
            if name in self._roles:
                raise Refusal(
                    Code.ALREADY_EXISTS, f"A role named {request.role_id} in {home} already exists."
                )
            return self._keep(name, request.role)

    def update(self, request: Any) -> iam_admin_v1.Role:
        """What the mask names, or all that is said where there is none."""
        name = f"{self._admit(request.name, 'update')}/roles/{segments(request.name)['roles']}"
        changed = iam_admin_v1.Role(self._known(name))
        plain = iam_admin_v1.Role.pb(request.role)
        paths = list(request.update_mask.paths) or [field.name for field, _ in plain.ListFields()]
        for path in paths:
            setattr(changed, path, getattr(request.role, path))
        return self._keep(name, changed)

    def get(self, request: Any) -> iam_admin_v1.Role:
        if request.name.startswith("roles/"):
            if request.name not in PREDEFINED:
                raise not_found(f"The role named {request.name} was not found.")
            held = sorted(PREDEFINED[request.name])
            return iam_admin_v1.Role(name=request.name, included_permissions=held)
        return self._known(f"{self._admit(request.name, 'get')}/roles/{segments(request.name)['roles']}")

    def testable(self, request: Any) -> iam_admin_v1.QueryTestablePermissionsResponse:
        """What a custom role may hold, as far as the sandbox has heard of it; asking takes no permission."""
        names = sorted(frozenset[str]().union(*PREDEFINED.values()))
        return iam_admin_v1.QueryTestablePermissionsResponse(
            permissions=[iam_admin_v1.Permission(name=name) for name in names]
        )

    def _known(self, name: str) -> iam_admin_v1.Role:
        with self._projects.lock:
            if name not in self._roles:
                raise not_found(f"The role named {name} was not found.")
            return self._roles[name]

    def _keep(self, name: str, said: iam_admin_v1.Role) -> iam_admin_v1.Role:
        for permission in said.included_permissions:
            if not _PERMISSION.match(permission):
                raise invalid(f"Permission {permission} is not valid.")
        role = iam_admin_v1.Role(said)
        role.name = name
        with self._projects.lock:
            self._roles[name] = role
            self._projects.access.define(name, role.included_permissions)
        return role
