"""Policies of Google's IAM: who has which role, and one more role, so that nobody else's change is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gcp.cloud import Google
from gcp.conflicts import decided_anew
from gcp.later import later

if TYPE_CHECKING:
    from google.iam.v1 import iam_policy_pb2, policy_pb2
else:
    iam_policy_pb2 = later("google.iam.v1.iam_policy_pb2")
    policy_pb2 = later("google.iam.v1.policy_pb2")

# Policies with conditions are damaged by whoever writes them as an older version:
# https://cloud.google.com/iam/docs/policies#versions
POLICY_VERSION = 3
# On a bucket these stand for whoever has a basic role on the project, and so for somebody whom the project names.
OF_THE_PROJECT = ("projectEditor", "projectOwner", "projectViewer")
NOTHING = frozenset[str]()


@dataclass(frozen=True)
class Bound:
    """The roles that each member has on one resource without any condition.

    `perhaps` are members who have a role on a condition: only Google can judge whether that holds. `elsewhere`: more
    roles may come from a folder or an organisation that the resource is in.
    https://cloud.google.com/iam/docs/conditions-overview
    """

    roles: Mapping[str, frozenset[str]]
    perhaps: frozenset[str] = NOTHING
    elsewhere: bool = False

    def of(self, member: str) -> frozenset[str]:
        """The roles of a member, those with a condition left out."""
        return self.roles.get(member, NOTHING)

    def tells_all_of(self, member: str) -> bool:
        """Whether a member has no more than stands here: by no condition, no group, and nothing above."""
        many = any(map(stands_for_many, {*self.roles, *self.perhaps}))
        return not (self.elsewhere or many or member in self.perhaps)


def stands_for_many(member: str) -> bool:
    """Whether a member of a policy may be an account that it does not name: a group, a domain, everybody.

    https://cloud.google.com/iam/docs/principal-identifiers
    """
    return member.partition(":")[0] not in ("user", "serviceAccount", "deleted", *OF_THE_PROJECT)


def bound_in(bindings: Iterable[tuple[str, Iterable[str], bool]], *, elsewhere: bool = False) -> Bound:
    """Of a policy's bindings, each as its role, its members, and whether it has a condition."""
    roles: dict[str, frozenset[str]] = {}
    perhaps: set[str] = set()
    for role, members, conditional in bindings:
        for member in members:
            if conditional:
                perhaps.add(member)
            else:
                roles[member] = roles.get(member, NOTHING) | {role}
    return Bound(roles, frozenset(perhaps), elsewhere)


def bound_of(google: Google, service: str, client: Callable[[], Any], resource: str) -> Bound:
    """Who has which role on this very resource; `service` is what the calls of its client are named after."""
    policy = policy_of(google, service, client, resource)
    return bound_in((each.role, each.members, bool(each.condition.expression)) for each in policy.bindings)


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

    def decide(_again: bool) -> None:
        policy = policy_of(google, service, client, resource)
        if any(
            b.role == role and member in b.members and not b.condition.expression for b in policy.bindings
        ):
            return
        policy.version = POLICY_VERSION
        policy.bindings.append(policy_pb2.Binding(role=role, members=[member]))
        request = iam_policy_pb2.SetIamPolicyRequest(resource=resource, policy=policy)
        google.call(f"{service}.SetIamPolicy", lambda: client().set_iam_policy, request=request)

    decided_anew(google, decide, service=service)
