"""Cloud Billing: whether a project can pay."""

from __future__ import annotations

from gcp.cloud import Google


def enabled(google: Google, project: str) -> bool:
    """Whether a billing account that is open is linked to the project."""
    found = google.call(
        "CloudBilling.GetProjectBillingInfo",
        lambda: google.billing.get_project_billing_info,
        name=f"projects/{project}",
    )
    return bool(found.billing_enabled)
