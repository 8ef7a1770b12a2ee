"""A role in a policy of Google's IAM, written so that nobody else's change of the policy is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gcp.cloud import Google
from gcp.errors import GoogleError
from gcp.later import later

if TYPE_CHECKING:
    from google.iam.v1 import iam_policy_pb2, policy_pb2
else:
    iam_policy_pb2 = later("google.iam.v1.iam_policy_pb2")
    policy_pb2 = later("google.iam.v1.policy_pb2")

# How often a policy is read again when somebody else has changed it meanwhile.
CONFLICTS = 5
# Policies with conditions are damaged by whoever writes them as an older version:
# https://cloud.google.com/iam/docs/policies#versions
POLICY_VERSION = 3


def policy_of(google: Google, service: str, client: Callable[[], Any], resource: str) -> Any:
    """Who may do what with a resource; `service` is what the calls of its client are named after."""
    request = iam_policy_pb2.GetIamPolicyRequest(
        resource=resource, options={"requested_policy_version": POLICY_VERSION}
    )
    return google.call(f"{service}.GetIamPolicy", lambda: client().get_iam_policy, request=request)


def bind(
    google: Google, service: str, client: Callable[[], Any], resource: str, *, member: str, role: str
) -> None:
    """Give a member a role, whatever else is in the policy; one that is there without a condition is as good."""
    for attempt in range(CONFLICTS):
        policy = policy_of(google, service, client, resource)
        if any(
            b.role == role and member in b.members and not b.condition.expression for b in policy.bindings
        ):
            return
        policy.version = POLICY_VERSION
        policy.bindings.append(policy_pb2.Binding(role=role, members=[member]))
        request = iam_policy_pb2.SetIamPolicyRequest(resource=resource, policy=policy)
        try:
            google.call(f"{service}.SetIamPolicy", lambda: client().set_iam_policy, request=request)
        except GoogleError as conflict:
            if conflict.code != "ABORTED" or attempt == CONFLICTS - 1:
                raise
        else:
            return
