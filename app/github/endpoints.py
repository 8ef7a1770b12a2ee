"""What we call at GitHub, and which permission each call needs; app.yml asks for these and no more.

Permissions: https://docs.github.com/rest/authentication/permissions-required-for-github-apps
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Access = Literal["read", "write"]


@dataclass(frozen=True)
class Endpoint:
    """One method of GitHub's REST API. `permission` is empty when the App itself asks, with its JWT."""

    verb: Literal["GET", "POST", "PATCH"]
    path: str
    permission: str = ""
    access: Access = "read"


APP = Endpoint("GET", "/app")
INSTALLATIONS = Endpoint("GET", "/app/installations")
HOOK_CONFIG = Endpoint("GET", "/app/hook/config")
SET_HOOK_CONFIG = Endpoint("PATCH", "/app/hook/config")
DELIVERIES = Endpoint("GET", "/app/hook/deliveries")
DELIVERY = Endpoint("GET", "/app/hook/deliveries/{id}")
REDELIVER = Endpoint("POST", "/app/hook/deliveries/{id}/attempts")
INSTALLATION = Endpoint("GET", "/app/installations/{installation}")
TOKEN = Endpoint("POST", "/app/installations/{installation}/access_tokens")
REPOSITORY = Endpoint("GET", "/repos/{repository}", "metadata")
REPOSITORY_INSTALLATION = Endpoint("GET", "/repos/{repository}/installation")
ACTIVITY = Endpoint("GET", "/repos/{repository}/activity", "contents")
COMMIT = Endpoint("GET", "/repos/{repository}/commits/{ref}", "contents")
CONTENTS = Endpoint("GET", "/repos/{repository}/contents/{path}", "contents")
BRANCH_REF = Endpoint("GET", "/repos/{repository}/git/ref/heads/{branch}", "contents")
COMPARE = Endpoint("GET", "/repos/{repository}/compare/{base}...{head}", "contents")
TREE = Endpoint("GET", "/repos/{repository}/git/trees/{tree}", "contents")
TARBALL = Endpoint("GET", "/repos/{repository}/tarball/{ref}", "contents")
CHECK_RUNS_OF_COMMIT = Endpoint("GET", "/repos/{repository}/commits/{ref}/check-runs", "checks")
CHECK_RUN = Endpoint("GET", "/repos/{repository}/check-runs/{id}", "checks")
CREATE_CHECK_RUN = Endpoint("POST", "/repos/{repository}/check-runs", "checks", "write")
UPDATE_CHECK_RUN = Endpoint("PATCH", "/repos/{repository}/check-runs/{id}", "checks", "write")
ENVIRONMENT = Endpoint("GET", "/repos/{repository}/environments/{environment}", "actions")
BRANCH_POLICIES = Endpoint(
    "GET", "/repos/{repository}/environments/{environment}/deployment-branch-policies", "actions"
)
BRANCH = Endpoint("GET", "/repos/{repository}/branches/{branch}", "contents")
DEPLOYMENTS = Endpoint("GET", "/repos/{repository}/deployments", "deployments")
CREATE_DEPLOYMENT = Endpoint("POST", "/repos/{repository}/deployments", "deployments", "write")
STATUSES = Endpoint("GET", "/repos/{repository}/deployments/{id}/statuses", "deployments")
CREATE_STATUS = Endpoint("POST", "/repos/{repository}/deployments/{id}/statuses", "deployments", "write")
PULL = Endpoint("GET", "/repos/{repository}/pulls/{number}", "pull_requests")
PULLS = Endpoint("GET", "/repos/{repository}/pulls", "pull_requests")
SUITES_OF_COMMIT = Endpoint("GET", "/repos/{repository}/commits/{ref}/check-suites", "checks")
PERMISSION = Endpoint("GET", "/repos/{repository}/collaborators/{login}/permission", "metadata")
COMMENTS = Endpoint("GET", "/repos/{repository}/issues/{number}/comments", "pull_requests")
CREATE_COMMENT = Endpoint("POST", "/repos/{repository}/issues/{number}/comments", "pull_requests", "write")
UPDATE_COMMENT = Endpoint("PATCH", "/repos/{repository}/issues/comments/{id}", "pull_requests", "write")
REACT = Endpoint("POST", "/repos/{repository}/issues/comments/{id}/reactions", "pull_requests", "write")

# What an App has to be allowed to read before it can subscribe to an event:
# https://docs.github.com/webhooks/webhook-events-and-payloads
HEARD: dict[str, str] = {"issue_comment": "issues", "merge_group": "merge_queues"}

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    thing for thing in list(globals().values()) if isinstance(thing, Endpoint)
)


def permissions() -> dict[str, Access]:
    """What an installation has to grant; each token is asked for with exactly this."""
    needed: dict[str, Access] = {"metadata": "read"}  # GitHub grants it always
    for endpoint in ENDPOINTS:
        if endpoint.permission and needed.get(endpoint.permission) != "write":
            needed[endpoint.permission] = endpoint.access
    for permission in HEARD.values():
        needed.setdefault(permission, "read")
    return needed
