"""IAM: service accounts, and what we may do with one."""

from __future__ import annotations

from typing import Any

from google.iam.v1 import iam_policy_pb2

from gcp.cloud import TIMEOUT, Google


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
