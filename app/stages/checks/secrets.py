"""Are the secrets there that servergem.yml names, and may the service read them?"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from app.model import Blame, Finding, SecretRef, Stop, Target, Weight
from app.stages.checks.asking import Asking, CannotLook
from app.text.titles import fitting
from gcp import resource_manager, secret_manager
from gcp.errors import GoogleError

READERS = frozenset({"roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner"})


def secrets(asking: Asking) -> None:
    """Every secret and version that is missing or switched off; one that seems closed to the account is remarked."""
    found: list[Finding] = []
    for key, wanted in asking.target.secrets_read:
        found += _faults_of(asking, key, wanted)
    if found:
        raise Stop(tuple(found))


def _faults_of(asking: Asking, key: str, wanted: SecretRef) -> list[Finding]:
    target = asking.target
    try:
        state = asking.look(
            lambda: secret_manager.version_state(asking.google, target.project, wanted.name, wanted.version)
        )
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise
        return [_missing(target, key, wanted)]
    if state != "ENABLED":
        return [_switched_off(target, key, wanted, state)]
    readable = _readable(asking, key, wanted)
    if readable is Readable.NO:
        return [_closed(asking, key, wanted)]
    if readable is Readable.UNSEEN and not _reads_already(asking, key, wanted):
        asking.scene.warn(_perhaps_closed(asking, key, wanted))
    return []


def _reads_already(asking: Asking, key: str, wanted: SecretRef) -> bool:
    """Whether what serves has this secret as the same account: a role that we do not see is there."""
    state = asking.standing.result()
    if state is None or not state.serving:
        return False
    its = dict(state.shape).get("service_account") or asking.compute_account
    had = {text.rpartition(":")[0] for _, text in state.secrets}
    return wanted.name in had and its == asking.account_reading(key)


class Readable(StrEnum):
    """Whether the account that the service runs as may read a secret, as far as policies tell."""

    YES = "yes"
    NO = "no"
    UNSEEN = "no role that we can see"


def _readable(asking: Asking, key: str, wanted: SecretRef) -> Readable:
    """Whether a role that we can see lets the account read it; a role of somebody's own may, so it counts.

    No is proved only where the account has no role at all and none can come from where we do not look: from a folder,
    an organisation, a member that stands for many, or a condition, on the secret or on the project.
    """
    member = f"serviceAccount:{asking.account_reading(key)}"
    project = asking.target.project
    try:
        alone = asking.look(lambda: secret_manager.roles(asking.google, project, wanted.name))
        access = asking.look(lambda: resource_manager.access(asking.google, project))
    except CannotLook:
        return Readable.YES
    roles = alone.of(member) | access.of(member)
    if roles & READERS or not all(role.startswith("roles/") for role in roles):
        return Readable.YES
    complete = access.tells_all_of(member) and alone.tells_all_of(member)
    return Readable.UNSEEN if roles or not complete else Readable.NO


def _named(key: str) -> str:
    """The variable or volume that a key asks for."""
    return key.partition("secrets.")[2] or key.partition(".")[2]


def _missing(target: Target, key: str, wanted: SecretRef) -> Finding:
    version = "" if wanted.version == "latest" else f" version {wanted.version}"
    return Finding(
        code="secret-missing",
        title=fitting(f"There is no secret {wanted.name}{version} in {target.project}"),
        message=f"{_named(key)} of {target.name} gets its value from it.",
        fix=f"`printf %s VALUE | gcloud secrets create {wanted.name} --data-file=- --project {target.project}` "
        "(`gcloud secrets versions add` when the secret itself is there), or correct the name.",
        place=target.place(key),
        link=f"https://console.cloud.google.com/security/secret-manager?project={target.project}",
    )


def _switched_off(target: Target, key: str, wanted: SecretRef, state: str) -> Finding:
    return Finding(
        code="secret-version-off",
        blame=Blame.PROJECT,
        title=fitting(f"Version {wanted.version} of the secret {wanted.name} is {state}"),
        message=f"{_named(key)} of {target.name} gets its value from it.",
        fix=f"`gcloud secrets versions enable {wanted.version} --secret {wanted.name} --project {target.project}`, "
        "or name another version.",
        place=target.place(key),
    )


def _perhaps_closed(asking: Asking, key: str, wanted: SecretRef) -> Finding:
    finding = _closed(asking, key, wanted)
    unless = "Unless it comes from a folder, a group or a role with a condition, Cloud Run will refuse the revision."
    return replace(finding, weight=Weight.WARN, message=f"{finding.message} {unless}")


def _closed(asking: Asking, key: str, wanted: SecretRef) -> Finding:
    target, account = asking.target, asking.account_reading(key)
    return Finding(
        code="secret-not-readable",
        blame=Blame.PROJECT,
        title=fitting(f"{target.name} has no role to read the secret {wanted.name}"),
        message=f"It runs as {account}; no role with secretmanager.versions.access is seen on the secret or the "
        "project.",
        fix=f"`gcloud secrets add-iam-policy-binding {wanted.name} --project {target.project} "
        f"--member=serviceAccount:{account} --role=roles/secretmanager.secretAccessor`, then re-run this check.",
        place=target.place(key),
        link="https://cloud.google.com/run/docs/configuring/services/secrets#access-secret",
    )
