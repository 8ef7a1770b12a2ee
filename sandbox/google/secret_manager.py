"""Secret Manager: the secrets that services read, and who may."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import google_crc32c
from google.cloud import secretmanager_v1
from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google.access import asked_version
from sandbox.google.errors import Code, Refusal, invalid, not_found
from sandbox.google.state import Project, Projects, segments

# https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create
_SECRET_ID = re.compile(r"[a-zA-Z0-9_-]{1,255}\Z")

# https://cloud.google.com/secret-manager/quotas#content_limits
LARGEST_PAYLOAD = 64 << 10


class SecretManager:
    """Secrets by project, with their versions; the payloads are what services get in their environment."""

    API = "secretmanager.googleapis.com"

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._secrets: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._disabled: set[tuple[str, str, int]] = set()

    def methods(self) -> dict[str, Any]:
        return {
            "SecretManagerService.GetSecret": self.get_secret,
            "SecretManagerService.ListSecrets": self.list_secrets,
            "SecretManagerService.GetSecretVersion": self.get_version,
            "SecretManagerService.AccessSecretVersion": self.access,
            "SecretManagerService.CreateSecret": self.create,
            "SecretManagerService.AddSecretVersion": self.add_version,
            "SecretManagerService.GetIamPolicy": self.policy,
            "SecretManagerService.SetIamPolicy": self.set_policy,
            "SecretManagerService.TestIamPermissions": self.test_permissions,
        }

    def put(self, project: str, secret: str, value: str) -> None:
        """Add a version."""
        self._secrets[project, secret].append(value)

    def disable(self, project: str, secret: str, version: int) -> None:
        """Switch one version off: it is there, and nobody may read it."""
        self._disabled.add((project, secret, version))

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

    def list_secrets(self, request: Any) -> secretmanager_v1.ListSecretsResponse:
        project = self._projects.admit(
            segments(request.parent)["projects"], self.API, "secretmanager.secrets.list", request.parent
        )
        names = [name for owner, name in self._secrets if owner == project.id]
        secrets = [
            secretmanager_v1.Secret(name=f"projects/{project.number}/secrets/{name}") for name in names
        ]
        return secretmanager_v1.ListSecretsResponse(secrets=secrets, total_size=len(secrets))

    def create(self, request: Any) -> secretmanager_v1.Secret:
        """A secret without a version."""
        project = self._projects.admit(
            segments(request.parent)["projects"],
            self.API,
            "secretmanager.secrets.create",
            request.parent,
        )
        secret = request.secret_id
        if not _SECRET_ID.match(secret):
            raise invalid("Secret ids are 1 to 255 letters, digits, hyphens and underscores.", "secret_id")
        name = f"projects/{project.number}/secrets/{secret}"
        if (project.id, secret) in self._secrets:
            raise Refusal(Code.ALREADY_EXISTS, f"Secret [{name}] already exists.")
        self._secrets[project.id, secret] = []
        return secretmanager_v1.Secret(
            name=name, replication=request.secret.replication, labels=request.secret.labels
        )

    def add_version(self, request: Any) -> secretmanager_v1.SecretVersion:
        project, secret = self._admit(request.parent, "versions.add")
        if len(request.payload.data) > LARGEST_PAYLOAD:
            raise invalid(f"The payload is larger than {LARGEST_PAYLOAD} bytes.", "payload.data")
        promised = "data_crc32c" in request.payload
        if promised and request.payload.data_crc32c != google_crc32c.value(request.payload.data):
            # https://cloud.google.com/secret-manager/docs/data-integrity
            raise invalid("The payload's checksum is not the one that the request has for it.", "payload")
        self.put(project.id, secret, request.payload.data.decode())
        number = len(self._secrets[project.id, secret])
        return secretmanager_v1.SecretVersion(
            name=f"projects/{project.number}/secrets/{secret}/versions/{number}",
            state=secretmanager_v1.SecretVersion.State.ENABLED,
            client_specified_payload_checksum=promised,
        )

    def set_policy(self, request: Any) -> policy_pb2.Policy:
        project, secret = self._admit(request.resource, "secrets.setIamPolicy")
        lag = self._projects.behaviour.access_lag
        return self._projects.access.replace(f"{project.name}/secrets/{secret}", request.policy, lag)

    def policy(self, request: Any) -> policy_pb2.Policy:
        """Who has a role on this secret alone."""
        project, secret = self._admit(request.resource, "secrets.getIamPolicy")
        return self._projects.access.policy(f"{project.name}/secrets/{secret}", asked_version(request))

    def get_version(self, request: Any) -> secretmanager_v1.SecretVersion:
        project, secret = self._admit(request.name, "versions.get")
        version = segments(request.name).get("versions", "")
        if self.value(project.id, secret, version) is None:
            raise not_found(
                f"Secret Version [projects/{project.number}/secrets/{secret}/versions/{version}] not found."
            )
        number = len(self._secrets[project.id, secret]) if version == "latest" else int(version)
        states = secretmanager_v1.SecretVersion.State
        return secretmanager_v1.SecretVersion(
            name=f"projects/{project.number}/secrets/{secret}/versions/{number}",
            state=states.DISABLED if (project.id, secret, number) in self._disabled else states.ENABLED,
        )

    def access(self, request: Any) -> secretmanager_v1.AccessSecretVersionResponse:
        """The payload; of a version that is switched off nobody gets it."""
        project, secret = self._admit(request.name, "versions.access")
        version = segments(request.name).get("versions", "")
        if (value := self.value(project.id, secret, version)) is None:
            raise not_found(f"Secret Version [{request.name}] not found.")
        # https://cloud.google.com/secret-manager/docs/disable-secret-version
        if version.isdecimal() and (project.id, secret, int(version)) in self._disabled:
            raise Refusal(Code.FAILED_PRECONDITION, f"Secret Version [{request.name}] is in DISABLED state.")
        return secretmanager_v1.AccessSecretVersionResponse(
            name=request.name, payload=secretmanager_v1.SecretPayload(data=value.encode())
        )

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        """Asking takes no permission, and of a secret that is not there nothing is held:
        https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/testIamPermissions
        """
        project = self._projects.find(segments(request.resource).get("projects", ""))
        there = (
            project is not None
            and (project.id, segments(request.resource).get("secrets", "")) in self._secrets
        )
        held = (
            self._projects.told(project, request.resource, request.permissions) if project and there else []
        )
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)
