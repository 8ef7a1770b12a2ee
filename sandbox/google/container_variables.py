"""What a container is started with: its variables, and the secrets that its account may read."""

from __future__ import annotations

from google.cloud import run_v2

from sandbox.google.address import Address
from sandbox.google.conditions import Failure, Reason
from sandbox.google.errors import Code
from sandbox.google.secret_manager import SecretManager
from sandbox.google.state import Projects


class Variables:
    """Those of any container, by value and out of Secret Manager."""

    def __init__(self, projects: Projects, secrets: SecretManager) -> None:
        self._projects, self._secrets = projects, secrets

    def of(
        self, address: Address, revision: run_v2.Revision, container: run_v2.Container, own: dict[str, str]
    ) -> tuple[dict[str, str], Failure | None]:
        """The `own` ones that Cloud Run sets, and the container's; or why they cannot be read."""
        env, place = dict(own), list(revision.containers).index(container)
        for number, variable in enumerate(container.env):
            reference = variable.value_source.secret_key_ref
            if not reference.secret:
                env[variable.name] = variable.value
                continue
            field = f"spec.template.spec.containers[{place}].env[{number}].value_from.secret_key_ref.name"
            value, failure = self._secret(address, revision, field, reference.secret, reference.version)
            if failure is not None:
                return env, failure
            env[variable.name] = value
        return env, self._unreadable_file(address, revision)

    def _unreadable_file(self, address: Address, revision: run_v2.Revision) -> Failure | None:
        """Secrets as files are asked for too, though nothing is mounted here: a process has no root of its own."""
        for number, volume in enumerate(revision.volumes):
            field = f"spec.template.spec.volumes[{number}].secret.secret_name"
            for item in volume.secret.items:
                _, failure = self._secret(address, revision, field, volume.secret.secret, item.version)
                if failure is not None:
                    return failure
        return None

    def _secret(
        self, address: Address, revision: run_v2.Revision, field: str, name: str, version: str
    ) -> tuple[str, Failure | None]:
        secret, version = name.rpartition("/")[2], version or "latest"
        path = f"projects/{address.project.number}/secrets/{secret}/versions/{version}"
        resource = f"{address.project.name}/secrets/{secret}/versions/{version}"
        if not self._projects.account_holds(
            address.project, resource, "secretmanager.versions.access", revision.service_account
        ):
            return "", Failure(
                f"{field}: Permission denied on secret: {path} for Revision service account "
                f"{revision.service_account}. The service account used must be granted the 'Secret Manager "
                "Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.",
                Code.INTERNAL,
                Reason.SECRETS_ACCESS_CHECK_FAILED,
            )
        value = self._secrets.value(address.project.id, secret, version)
        if value is None:
            return "", Failure(
                f"{field}: Secret {path} was not found", Code.INTERNAL, Reason.SECRETS_ACCESS_CHECK_FAILED
            )
        return value, None
