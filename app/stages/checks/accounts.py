"""Are the accounts there that build and run, and may ServerGem act as them?"""

from __future__ import annotations

from enum import StrEnum

from app.model import Blame, Finding, Target
from app.stages.checks.asking import Asking, CannotLook, stop
from app.text.titles import fitting
from app.trust.accounts import PREVIEW_ACCOUNT, PREVIEW_BUILDER, own_account
from gcp import iam, resource_manager
from gcp.errors import GoogleError

ACT_AS = "iam.serviceAccounts.actAs"
# It lives in a project of Google's own, and nobody has to act as it to build:
# https://cloud.google.com/build/docs/cloud-build-service-account
LEGACY_BUILDER = "@cloudbuild.gserviceaccount.com"
# Google makes it, with the first API that needs it: https://cloud.google.com/iam/docs/service-account-types#default
GOOGLES_OWN = ("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")


class Standing(StrEnum):
    """How we stand to an account."""

    USABLE = "usable"
    BARRED = "barred"
    MISSING = "missing"


def act_as(asking: Asking) -> None:
    """Whether we may build and run as the accounts that are to build and run; all faults at once."""
    found: list[Finding] = []
    unseen: list[CannotLook] = []
    jobs = (asking.account_reading(f"{job.key}.") for job in asking.target.beside)
    used = {asking.build_account: "builds", **dict.fromkeys((asking.runtime_account, *jobs), "runs")}
    for account, purpose in used.items():
        try:
            found += _faults_of(asking, account, purpose)
        except CannotLook as refused:
            unseen.append(refused)
    if found:
        raise stop(*found)
    if unseen:
        raise unseen[0]


def _faults_of(asking: Asking, account: str, purpose: str) -> list[Finding]:
    if account.endswith(LEGACY_BUILDER):
        return []
    standing = _standing(asking, account)
    if standing is not Standing.USABLE and account == own_account(asking.project):
        standing = _made(asking, account, standing)
    if standing is Standing.BARRED:
        return [_may_not_act_as(asking, account, purpose)]
    if standing is Standing.MISSING and account.endswith(GOOGLES_OWN):
        if asking.has_enabled:
            raise CannotLook(f"{account} is not there yet")
        return [_no_default_account(asking.project, account, purpose)]
    return [_no_account(asking.target, account)] if standing is Standing.MISSING else []


def _standing(asking: Asking, account: str) -> Standing:
    try:
        allowed = asking.look(lambda: iam.may(asking.google, account, ACT_AS))
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise
        return Standing.MISSING
    return Standing.USABLE if allowed else Standing.BARRED


def _made(asking: Asking, account: str, standing: Standing) -> Standing:
    """How we stand to the account of previews once it has been made, where it may be made.

    An account that is not there may look like one that is closed to us, so making it is what tells. Whoever makes an
    account may not act as it by that: https://cloud.google.com/iam/docs/attach-service-accounts#attaching
    """
    if not asking.make:
        if standing is Standing.MISSING:
            asking.scene.note(f"the service account {account} will be created")
            return Standing.USABLE
        return standing
    try:
        fresh = asking.patiently(lambda: iam.create_account(asking.google, asking.project, PREVIEW_ACCOUNT))
    except GoogleError as denied:
        if denied.code != "PERMISSION_DENIED":
            raise
        return standing
    if fresh:
        asking.scene.made(f"created the service account {account}, which has no roles")
    # One that is there by now may be ours all the same: the answer to its making can be lost.
    asking.fresh.set()
    everywhere = resource_manager.test_permissions(asking.google, asking.project, (ACT_AS,))
    return Standing.USABLE if everywhere else Standing.BARRED


def _may_not_act_as(asking: Asking, account: str, purpose: str) -> Finding:
    return Finding(
        code="act-as-missing",
        blame=Blame.PROJECT,
        title=fitting(f"ServerGem may not act as {account}"),
        message=f"The service {purpose} as {account}, which takes {ACT_AS} (roles/iam.serviceAccountUser) on it.",
        fix=f"`gcloud iam service-accounts add-iam-policy-binding {account} --project {asking.project} "
        f"--member={asking.deployer} --role=roles/iam.serviceAccountUser`, then re-run this check.",
        link="https://cloud.google.com/iam/docs/service-account-permissions",
    )


def _no_account(target: Target, account: str) -> Finding:
    name = account.partition("@")[0]
    make = (
        f"`gcloud iam service-accounts create {name} --project {iam.home(account) or target.project}`, or name "
        "another one as `service_account:` in servergem.yml."
    )
    if name == PREVIEW_BUILDER:
        make = (
            f"`servergem setup google --project {target.project} --region {target.region} --apply` makes it with what "
            "it needs; or have the operator name another one as PREVIEW_BUILD_SERVICE_ACCOUNT."
        )
    return Finding(
        code="service-account-missing",
        title=fitting(f"The service account {account} does not exist"),
        message="A service and its builds run as an account that has to be there first.",
        fix=make,
        place=target.place("service_account") if target.service.service_account == account else None,
        link=f"https://console.cloud.google.com/iam-admin/serviceaccounts?project={target.project}",
    )


def _no_default_account(project: str, account: str, purpose: str) -> Finding:
    setting, name = (
        ("BUILD_SERVICE_ACCOUNT", "servergem-build")
        if purpose == "builds"
        else ("RUNTIME_SERVICE_ACCOUNT", "servergem-run")
    )
    return Finding(
        code="default-account-missing",
        blame=Blame.PROJECT,
        title=fitting(f"The default service account of {project} does not exist"),
        message=f"The service {purpose} as {account} unless another one is named, and Google has no such account: it "
        "was deleted, or never made.",
        fix=f"`servergem setup google --project {project} --apply` makes {name}; have the operator name it as "
        f"{setting}. `gcloud beta iam service-accounts undelete` brings back a deleted one within 30 days.",
        link="https://cloud.google.com/iam/docs/service-accounts-delete-undelete",
    )
