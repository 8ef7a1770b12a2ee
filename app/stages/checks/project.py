"""Is the project there, active and able to pay?"""

from __future__ import annotations

from app.model import Blame, Finding
from app.stages.checks.asking import Asking, CannotLook, stop
from gcp import billing, resource_manager, service_usage
from gcp.errors import GoogleError


def project(asking: Asking) -> int:
    """The project's number; Stop when the project cannot be used."""
    try:
        found = asking.look(lambda: resource_manager.get_project(asking.google, asking.project))
    except CannotLook as refused:
        raise CannotLook(str(refused), _number_elsewhere(asking, refused)) from refused
    if found.state != "ACTIVE":
        raise stop(_not_active(asking.project, found.state))
    return found.number


def _number_elsewhere(asking: Asking, refused: CannotLook) -> int:
    """Service Usage names the number too; where that is closed as well, the first refusal is the answer."""
    try:
        return service_usage.project_number(asking.google, asking.project)
    except GoogleError as denied:
        raise refused.__cause__ or denied from denied


def can_pay(asking: Asking) -> None:
    """Whether a billing account is linked: without one nothing builds."""
    if not asking.look(lambda: billing.enabled(asking.google, asking.project)):
        raise stop(_no_billing(asking.project))


def _not_active(name: str, state: str) -> Finding:
    return Finding(
        code="project-not-active",
        blame=Blame.PROJECT,
        title=f"The Google Cloud project {name} is {state}",
        message="Nothing can be deployed into a project that is being deleted.",
        fix=f"Restore it: `gcloud projects undelete {name}`, then re-run this check.",
        link="https://cloud.google.com/resource-manager/docs/creating-managing-projects",
    )


def _no_billing(name: str) -> Finding:
    return Finding(
        code="billing-off",
        blame=Blame.PROJECT,
        title=f"Billing is off for project {name}",
        message="Cloud Build and Cloud Run refuse to work for a project without a billing account.",
        fix=f"Link one: `gcloud billing projects link {name} --billing-account BILLING_ACCOUNT_ID`, "
        "then re-run this check.",
        link=f"https://console.cloud.google.com/billing/linkedaccount?project={name}",
    )
