"""IAM: service accounts and what the deployer may do with each; and the secrets that services read."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from google.cloud import iam_admin_v1, secretmanager_v1
from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google.errors import Code, Refusal, not_found
from sandbox.google.state import Project, Projects, account_of, segments


class Iam:
    """Service accounts, by e-mail address."""

    API = "iam.googleapis.com"

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def methods(self) -> dict[str, Any]:
        return {
            "IAM.GetServiceAccount": self.get_account,
            "IAM.CreateServiceAccount": self.create_account,
            "IAM.TestIamPermissions": self.test_permissions,
        }

    def _home(self, name: str) -> Project | None:
        """The project of an account; `projects/-` means wherever it lives."""
        account = account_of(name)
        project = segments(name).get("projects", "-")
        if project != "-":
            return self._projects.find(project)
        if account.endswith("-compute@developer.gserviceaccount.com"):
            return self._projects.find(account.partition("-")[0])
        return self._projects.find(account.partition("@")[2].removesuffix(".iam.gserviceaccount.com"))

    def get_account(self, request: Any) -> iam_admin_v1.ServiceAccount:
        account, home = account_of(request.name), self._home(request.name)
        if home is not None:
            self._projects.admit(home.id, self.API, "iam.serviceAccounts.get", request.name, pays=False)
        if home is None or account not in home.service_accounts:
            raise Refusal(Code.NOT_FOUND, f"Unknown service account: {account}")
        return self._account(home, account)

    def _account(self, home: Project, account: str) -> iam_admin_v1.ServiceAccount:
        return iam_admin_v1.ServiceAccount(
            name=f"projects/{home.id}/serviceAccounts/{account}", project_id=home.id, email=account
        )

    def create_account(self, request: Any) -> iam_admin_v1.ServiceAccount:
        home = self._projects.admit(
            segments(request.name)["projects"],
            self.API,
            "iam.serviceAccounts.create",
            request.name,
            pays=False,
        )
        account = f"{request.account_id}@{home.id}.iam.gserviceaccount.com"
        if account in home.service_accounts:
            raise Refusal(
                Code.ALREADY_EXISTS, f"Service account {request.account_id} already exists within project"
            )
        home.service_accounts.add(account)
        return self._account(home, account)

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        account, home = account_of(request.resource), self._home(request.resource)
        if home is None or account not in home.service_accounts:
            raise Refusal(Code.NOT_FOUND, f"Unknown service account: {account}")
        held = [permission for permission in request.permissions if home.holds(permission)]
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)


class SecretManager:
    """Secrets by project, with their versions; the payloads are what services get in their environment."""

    API = "secretmanager.googleapis.com"

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._secrets: dict[tuple[str, str], list[str]] = defaultdict(list)

    def methods(self) -> dict[str, Any]:
        return {
            "SecretManagerService.GetSecret": self.get_secret,
            "SecretManagerService.GetSecretVersion": self.get_version,
            "SecretManagerService.GetIamPolicy": self.policy,
            "SecretManagerService.TestIamPermissions": self.test_permissions,
        }

    def put(self, project: str, secret: str, value: str) -> None:
        """Add a version."""
        self._secrets[project, secret].append(value)

    def value(self, project: str, secret: str, version: str) -> str | None:
        """The payload, if there is such a version."""
        values = self._secrets.get((project, secret), [])
        if version == "latest":
            return values[-1] if values else None
        return values[int(version) - 1] if version.isdigit() and 0 < int(version) <= len(values) else None

    def _admit(self, name: str, permission: str) -> tuple[Project, str]:
        project = self._projects.admit(
            segments(name).get("projects", ""), self.API, f"secretmanager.{permission}", name
        )
        secret = segments(name).get("secrets", "")
        if (project.id, secret) not in self._secrets:
            raise not_found(f"Secret [projects/{project.number}/secrets/{secret}] not found.")
        return project, secret

    def get_secret(self, request: Any) -> secretmanager_v1.Secret:
        project, secret = self._admit(request.name, "secrets.get")
        return secretmanager_v1.Secret(name=f"projects/{project.number}/secrets/{secret}")

    def policy(self, request: Any) -> policy_pb2.Policy:
        """Nobody has a role on one secret alone: all have theirs on the project."""
        self._admit(request.resource, "secrets.getIamPolicy")
        return policy_pb2.Policy()

    def get_version(self, request: Any) -> secretmanager_v1.SecretVersion:
        project, secret = self._admit(request.name, "versions.get")
        version = segments(request.name).get("versions", "")
        if self.value(project.id, secret, version) is None:
            raise not_found(
                f"Secret Version [projects/{project.number}/secrets/{secret}/versions/{version}] not found."
            )
        number = len(self._secrets[project.id, secret]) if version == "latest" else int(version)
        return secretmanager_v1.SecretVersion(
            name=f"projects/{project.number}/secrets/{secret}/versions/{number}",
            state=secretmanager_v1.SecretVersion.State.ENABLED,
        )

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        project, _ = self._admit(request.resource, "secrets.get")
        held = [permission for permission in request.permissions if project.holds(permission)]
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)
