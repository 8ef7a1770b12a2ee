"""IAM: service accounts, and what we may do with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gcp.cloud import Google
from gcp.errors import GoogleError
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import iam_admin_v1
    from google.iam.v1 import iam_policy_pb2
else:
    iam_admin_v1 = later("google.cloud.iam_admin_v1")
    iam_policy_pb2 = later("google.iam.v1.iam_policy_pb2")


def may(google: Google, account: str, permission: str) -> bool:
    """Whether we hold the permission on this service account; GoogleError NOT_FOUND when there is none.

    Asked for with its project: under `projects/-` one that is not there is answered like one that is closed to us.
    https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get
    """
    request = iam_policy_pb2.TestIamPermissionsRequest(
        resource=f"projects/{home(account) or '-'}/serviceAccounts/{account}", permissions=[permission]
    )
    held: Any = google.call(
        "IAM.TestIamPermissions", lambda: google.accounts.test_iam_permissions, request=request
    )
    return permission in held.permissions


def home(account: str) -> str:
    """The project in which an account lives, by id or number; empty where its address does not tell.

    https://cloud.google.com/iam/docs/service-account-types
    """
    name, _, host = account.partition("@")
    if host == "developer.gserviceaccount.com":
        return name.removesuffix("-compute")
    if host == "appspot.gserviceaccount.com":
        return name
    inner = host.removesuffix(".iam.gserviceaccount.com")
    if inner == host:
        return ""
    project, _, domain = inner.partition(".")
    return f"{domain}:{project}" if domain else project


def create_account(google: Google, project: str, name: str) -> bool:
    """Make a service account without any role: whether it is new, or was there already."""
    request = iam_admin_v1.CreateServiceAccountRequest(
        name=f"projects/{project}",
        account_id=name,
        service_account=iam_admin_v1.ServiceAccount(display_name="Previews of pull requests, by ServerGem"),
    )
    try:
        google.call(
            "IAM.CreateServiceAccount", lambda: google.accounts.create_service_account, request=request
        )
    except GoogleError as error:
        if error.code != "ALREADY_EXISTS":
            raise
        return False
    return True
