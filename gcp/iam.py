"""IAM: service accounts, and what we may do with one."""

from __future__ import annotations

from typing import Any

from google.cloud import iam_admin_v1
from google.iam.v1 import iam_policy_pb2

from gcp.cloud import TIMEOUT, Google
from gcp.errors import GoogleError


def may(google: Google, account: str, permission: str) -> bool:
    """Whether we hold the permission on this service account; GoogleError NOT_FOUND when there is none."""
    request = iam_policy_pb2.TestIamPermissionsRequest(
        resource=f"projects/-/serviceAccounts/{account}", permissions=[permission]
    )
    held: Any = google.ask(
        "IAM.TestIamPermissions",
        lambda: google.accounts.test_iam_permissions(request=request, retry=None, timeout=TIMEOUT),
    )
    return permission in held.permissions


def create_account(google: Google, project: str, name: str) -> None:
    """Make a service account without any role; one that is there already is as good."""
    request = iam_admin_v1.CreateServiceAccountRequest(
        name=f"projects/{project}",
        account_id=name,
        service_account=iam_admin_v1.ServiceAccount(display_name="Previews of pull requests, by ServerGem"),
    )
    try:
        google.ask(
            "IAM.CreateServiceAccount",
            lambda: google.accounts.create_service_account(request=request, retry=None, timeout=TIMEOUT),
        )
    except GoogleError as error:
        if error.code != "ALREADY_EXISTS":
            raise
