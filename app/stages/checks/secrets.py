"""Are the secrets there that servergem.yml names, and may the service read them?"""

from __future__ import annotations

from app.model import Finding, SecretRef, Stop, Target
from app.stages.checks.asking import Asking, CannotLook
from gcp import resource_manager, secret_manager
from gcp.errors import GoogleError

READERS = frozenset({"roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner"})


def secrets(asking: Asking) -> None:
    """Every secret and version that is missing, switched off, or closed to the service's account."""
    found: list[Finding] = []
    for env, wanted in asking.target.service.secrets:
        found += _faults_of(asking, env, wanted)
    if found:
        raise Stop(tuple(found))


def _faults_of(asking: Asking, env: str, wanted: SecretRef) -> list[Finding]:
    target = asking.target
    try:
        state = asking.look(
            lambda: secret_manager.version_state(asking.google, target.project, wanted.name, wanted.version)
        )
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise
        return [_missing(target, env, wanted)]
    if state != "ENABLED":
        return [_switched_off(target, env, wanted, state)]
    return [] if _readable(asking, wanted) else [_closed(asking, env, wanted)]


def _readable(asking: Asking, wanted: SecretRef) -> bool:
    """Whether a role that we can see lets the account read it; a role of somebody's own may, so it counts."""
    member = f"serviceAccount:{asking.runtime_account}"
    project = asking.target.project
    try:
        own = asking.look(lambda: secret_manager.roles_of(asking.google, project, wanted.name, member))
        everywhere = asking.look(lambda: resource_manager.roles(asking.google, project))
    except CannotLook:
        return True
    roles = own | everywhere.get(member, frozenset())
    return bool(roles & READERS) or not all(role.startswith("roles/") for role in roles)


def _missing(target: Target, env: str, wanted: SecretRef) -> Finding:
    version = "" if wanted.version == "latest" else f" version {wanted.version}"
    return Finding(
        code="secret-missing",
        title=f"There is no secret {wanted.name}{version} in {target.project}"[:80],
        message=f"{env} of {target.name} is to come from it.",
        fix=f"`printf %s VALUE | gcloud secrets create {wanted.name} --data-file=- --project {target.project}` "
        "(`gcloud secrets versions add` when the secret itself is there), or correct the name.",
        place=target.place(f"secrets.{env}"),
        link=f"https://console.cloud.google.com/security/secret-manager?project={target.project}",
    )


def _switched_off(target: Target, env: str, wanted: SecretRef, state: str) -> Finding:
    return Finding(
        code="secret-version-off",
        title=f"Version {wanted.version} of the secret {wanted.name} is {state}"[:80],
        message=f"{env} of {target.name} is to come from it.",
        fix=f"`gcloud secrets versions enable {wanted.version} --secret {wanted.name} --project {target.project}`, "
        "or name another version.",
        place=target.place(f"secrets.{env}"),
    )


def _closed(asking: Asking, env: str, wanted: SecretRef) -> Finding:
    target, account = asking.target, asking.runtime_account
    return Finding(
        code="secret-not-readable",
        title=f"{target.name} may not read the secret {wanted.name}"[:80],
        message=f"It runs as {account}, which lacks secretmanager.versions.access on it.",
        fix=f"`gcloud secrets add-iam-policy-binding {wanted.name} --project {target.project} "
        f"--member=serviceAccount:{account} --role=roles/secretmanager.secretAccessor`, then re-run this check.",
        place=target.place(f"secrets.{env}"),
        link="https://cloud.google.com/run/docs/configuring/services/secrets#access-secret",
    )
