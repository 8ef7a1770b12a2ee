"""May ServerGem's own account do what the coming stages do, and use the accounts that build and run?"""

from __future__ import annotations

from app.model import Button, Finding, Remedy, Target
from app.stages.checks.asking import Asking, stop
from app.stages.trust import PREVIEW_ACCOUNT, own_account
from gcp import iam, resource_manager
from gcp.errors import GoogleError

# What each later stage calls: https://cloud.google.com/run/docs/reference/iam/permissions,
# https://cloud.google.com/build/docs/iam-roles-permissions
USED = {
    "cloudbuild.builds.create": "roles/cloudbuild.builds.editor",
    "cloudbuild.builds.get": "roles/cloudbuild.builds.editor",
    "cloudbuild.builds.list": "roles/cloudbuild.builds.editor",
    "cloudbuild.builds.update": "roles/cloudbuild.builds.editor",
    "run.services.create": "roles/run.developer",
    "run.services.get": "roles/run.developer",
    "run.services.update": "roles/run.developer",
    "run.revisions.get": "roles/run.developer",
    "run.operations.get": "roles/run.developer",
    "logging.logEntries.list": "roles/logging.viewer",
}
OPENING = {"run.services.setIamPolicy": "roles/run.admin"}
ACT_AS = "iam.serviceAccounts.actAs"
# Any of these lets an account fetch the source, write the log and push the image.
BUILDERS = frozenset({"roles/cloudbuild.builds.builder", "roles/run.builder", "roles/editor", "roles/owner"})


def permissions(asking: Asking) -> None:
    """Every permission that is missing on the project, all at once."""
    used = USED | (OPENING if asking.target.service.public else {})
    held = asking.look(lambda: resource_manager.test_permissions(asking.google, asking.project, tuple(used)))
    missing = {permission: role for permission, role in used.items() if permission not in held}
    if missing:
        raise stop(*(_missing(asking.project, permission, role) for permission, role in missing.items()))


def act_as(asking: Asking) -> None:
    """Whether we may build and run as the accounts that are to build and run."""
    found = []
    for account, purpose in {asking.build_account: "builds", asking.runtime_account: "runs"}.items():
        try:
            allowed = asking.look(lambda account=account: iam.may(asking.google, account, ACT_AS))  # type: ignore[misc]
        except GoogleError as error:
            if error.code != "NOT_FOUND":
                raise
            if account == own_account(asking.project) and asking.make:
                asking.patiently(lambda: iam.create_account(asking.google, asking.project, PREVIEW_ACCOUNT))
                asking.scene.made(f"created the service account {account}, which has no roles")
            elif account != own_account(asking.project):
                found.append(_no_account(asking.target, account))
        else:
            if not allowed:
                found.append(_may_not_act_as(asking.project, account, purpose))
    if found:
        raise stop(*found)


def builder_roles(asking: Asking) -> None:
    """Whether the account that builds can do so: new projects give the default one nothing.

    https://cloud.google.com/build/docs/cloud-build-service-account-updates
    """
    account = asking.build_account
    if account == asking.scene.world.settings.fork_build_service_account:
        return  # it holds its roles on the forks' own bucket and registry, not on the project
    roles = asking.look(lambda: resource_manager.roles(asking.google, asking.project))
    own = roles.get(f"serviceAccount:{account}", frozenset())
    if not own & BUILDERS and all(role.startswith("roles/") for role in own):
        raise stop(_cannot_build(asking.project, account))


def _missing(project: str, permission: str, role: str) -> Finding:
    return Finding(
        code="permission-missing",
        title=f"ServerGem lacks {permission} in {project}"[:80],
        message=f"Its account needs {permission}, which {role} contains.",
        fix=f"`gcloud projects add-iam-policy-binding {project} --member=serviceAccount:DEPLOYER --role={role}` "
        "with the account that ServerGem runs as, then re-run this check.",
        link=f"https://console.cloud.google.com/iam-admin/iam?project={project}",
    )


def _may_not_act_as(project: str, account: str, purpose: str) -> Finding:
    return Finding(
        code="act-as-missing",
        title=f"ServerGem may not act as {account}"[:80],
        message=f"The service {purpose} as {account}, which takes {ACT_AS} (roles/iam.serviceAccountUser) on it.",
        fix=f"`gcloud iam service-accounts add-iam-policy-binding {account} --project {project} "
        "--member=serviceAccount:DEPLOYER --role=roles/iam.serviceAccountUser`, then re-run this check.",
        link="https://cloud.google.com/iam/docs/service-account-permissions",
    )


def _no_account(target: Target, account: str) -> Finding:
    name = account.partition("@")[0]
    return Finding(
        code="service-account-missing",
        title=f"The service account {account} does not exist"[:80],
        message="A service and its builds run as an account that has to be there first.",
        fix=f"`gcloud iam service-accounts create {name} --project {target.project}`, or name another one as "
        "`service_account:` in servergem.yml.",
        place=target.place("service_account") if target.service.service_account == account else None,
        link=f"https://console.cloud.google.com/iam-admin/serviceaccounts?project={target.project}",
    )


def _cannot_build(project: str, account: str) -> Finding:
    return Finding(
        code="build-account-powerless",
        title=f"{account} may not build in {project}"[:80],
        message="Builds run as this account; without roles/cloudbuild.builds.builder it can neither fetch the source "
        "nor push the image (storage.objects.get, artifactregistry.repositories.uploadArtifacts).",
        fix=f"`gcloud projects add-iam-policy-binding {project} --member=serviceAccount:{account} "
        "--role=roles/cloudbuild.builds.builder`, then re-run this check.",
        link="https://cloud.google.com/build/docs/cloud-build-service-account-updates",
        remedy=Remedy(
            Button.GRANT_ROLE, project, "roles/cloudbuild.builds.builder", f"serviceAccount:{account}"
        ),
    )
