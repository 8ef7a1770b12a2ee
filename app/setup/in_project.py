"""What each project of Google's has to have for a deployment: its APIs on, and somebody who pays."""

from __future__ import annotations

from collections.abc import Iterator

from app.signs import Sign
from app.stages.checks.apis import APIS
from gcp import billing, resource_manager, service_usage
from gcp.cloud import Google
from gcp.errors import GoogleError

SWITCH_ON = "serviceusage.services.enable"


def signs(google: Google, project: str, may_switch_on: bool) -> Iterator[Sign]:
    """Of a project that these credentials see; `may_switch_on` is what the operator has set."""
    yield _apis(google, project, may_switch_on)
    yield _billing(google, project)


def _apis(google: Google, project: str, may_switch_on: bool) -> Sign:
    """What is off is no fault where the next deployment switches it on."""
    title = f"APIs of {project}"
    try:
        states = service_usage.states(google, project, tuple(APIS))
        held = resource_manager.test_permissions(google, project, (SWITCH_ON,))
    except GoogleError as error:
        return _not_seen(title, error)
    off = [api for api in APIS if not states.get(api)]
    if not off:
        return Sign(title, "all that a deployment uses are on")
    if may_switch_on and SWITCH_ON in held:
        return Sign(title, f"the next deployment switches on {', '.join(off)}")
    return Sign(
        title,
        wrong=f"off: {', '.join(off)}",
        fix=f"gcloud services enable {' '.join(off)} --project={project}",
        link=f"https://console.cloud.google.com/apis/dashboard?project={project}",
    )


def _billing(google: Google, project: str) -> Sign:
    title = f"Billing of {project}"
    try:
        paid = billing.enabled(google, project)
    except GoogleError as error:
        return _not_seen(title, error)
    if paid:
        return Sign(title, "an open account pays")
    return Sign(
        title,
        wrong="no open billing account is linked, and without one Google builds and runs nothing",
        fix=f"gcloud billing projects link {project} --billing-account=BILLING_ACCOUNT_ID",
        link=f"https://console.cloud.google.com/billing/linkedaccount?project={project}",
    )


def _not_seen(title: str, error: GoogleError) -> Sign:
    """Who may not look may deploy all the same; what nobody answered is a fault."""
    if error.code == "PERMISSION_DENIED":
        return Sign(title, f"not looked at: this account lacks {error.permission or error.method}")
    return Sign(title, wrong=f"Google cannot be asked: {error}", fix="Ask again in a minute.")
