"""IAM: service accounts, and what the caller may do with each."""

from __future__ import annotations

from typing import Any

from google.cloud import iam_admin_v1
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2 as details_pb2

from sandbox.google.access import asked_version
from sandbox.google.errors import Code, Refusal, permission_denied
from sandbox.google.state import Project, Projects, account_of, segments

# https://cloud.google.com/iam/quotas; what is said beyond it: https://github.com/kubeflow/pipelines/issues/1052
MOST_ACCOUNTS = 100


class Iam:
    """Service accounts, by e-mail address."""

    API = "iam.googleapis.com"

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def methods(self) -> dict[str, Any]:
        return {
            "IAM.GetServiceAccount": self.get_account,
            "IAM.CreateServiceAccount": self.create_account,
            "IAM.TestIamPermissions": self.test_permissions,
            "IAM.GetIamPolicy": self.policy,
            "IAM.SetIamPolicy": self.set_policy,
        }

    def _home(self, name: str) -> Project | None:
        """The project of an account; `projects/-` means wherever it lives."""
        project = segments(name).get("projects", "-")
        return self._projects.home_of(account_of(name)) if project == "-" else self._projects.find(project)

    def get_account(self, request: Any) -> iam_admin_v1.ServiceAccount:
        resource = self._admit(request.name, "iam.serviceAccounts.get")
        return self._account(self._projects.known(segments(resource)["projects"]), account_of(resource))

    def _account(self, home: Project, account: str) -> iam_admin_v1.ServiceAccount:
        return iam_admin_v1.ServiceAccount(
            name=f"projects/{home.id}/serviceAccounts/{account}", project_id=home.id, email=account
        )

    def create_account(self, request: Any) -> iam_admin_v1.ServiceAccount:
        """A new account with no role on anything; whoever makes it has none on it either."""
        home = self._projects.admit(
            segments(request.name)["projects"],
            self.API,
            "iam.serviceAccounts.create",
            request.name,
            pays=False,
        )
        own = f"@{home.id}.iam.gserviceaccount.com"
        account = request.account_id + own
        if account in home.service_accounts:
            raise Refusal(
                Code.ALREADY_EXISTS, f"Service account {request.account_id} already exists within project"
            )
        if sum(each.endswith(own) for each in home.service_accounts) >= MOST_ACCOUNTS:
            day = details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=86_401))
            raise Refusal(
                Code.RESOURCE_EXHAUSTED, "Maximum number of service accounts on project reached.", day
            )
        home.service_accounts.add(account)
        home.usable_from[account] = self._projects.behaviour.clock() + self._projects.behaviour.access_lag
        return self._account(home, account)

    def policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        """Who may act as the account, or make tokens of it, by a role on the account itself."""
        resource = self._admit(request.resource, "iam.serviceAccounts.getIamPolicy")
        return self._projects.access.policy(resource, asked_version(request))

    def set_policy(self, request: iam_policy_pb2.SetIamPolicyRequest) -> policy_pb2.Policy:
        resource = self._admit(request.resource, "iam.serviceAccounts.setIamPolicy")
        return self._projects.access.replace(resource, request.policy, self._projects.behaviour.access_lag)

    def _admit(self, name: str, permission: str) -> str:
        """The account as roles are bound on it."""
        account, home = account_of(name), self._home(name)
        if home is not None:
            self._projects.admit(home.id, self.API, permission, name, pays=False)
        if home is None or account not in home.service_accounts:
            raise _unknown(name, permission)
        return f"{home.name}/serviceAccounts/{account}"

    def test_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        account, home = account_of(request.resource), self._home(request.resource)
        if home is None or account not in home.service_accounts:
            raise _unknown(request.resource, "iam.serviceAccounts.get")
        held = self._projects.told(home, request.resource, request.permissions)
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)


def _unknown(name: str, permission: str) -> Refusal:
    """No such account. Under the wildcard `projects/-` that is not told, and answered as a denial:
    https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/get
    """
    if name.startswith("projects/-/"):
        return permission_denied(Iam.API, permission, name)
    return Refusal(Code.NOT_FOUND, f"Unknown service account: {account_of(name)}")
