"""Who may do what: roles that members have on a resource or on what it is in, and what is denied them all the same.

https://cloud.google.com/iam/docs/overview, https://cloud.google.com/iam/docs/resource-hierarchy-access-control
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.google import attributes
from sandbox.google.bindings import Binding, Denial, etag_of, told
from sandbox.google.errors import Code, Refusal
from sandbox.google.roles import PREDEFINED

# On a bucket these stand for whoever has the basic role on the project:
# https://cloud.google.com/storage/docs/access-control/iam#convenience-values
_CONVENIENCE = {
    "projectOwner": "roles/owner",
    "projectEditor": "roles/editor",
    "projectViewer": "roles/viewer",
}
_EVERYBODY = ("allUsers", "allAuthenticatedUsers")


class Access:
    """All bindings of all resources. A resource is in every resource whose name its own begins with.

    `groups`: the members of each group, by its address. `above`: what a project, a folder or nothing is in.
    `number`: that of a project's name. `today`: the moment that conditions are told.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        above: Callable[[str], str],
        lock: contextlib.AbstractContextManager[object],
        number: Callable[[str], str] = str,
    ) -> None:
        self._clock = clock
        self._number = number
        self.today: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC)
        self._above = above
        # That of who knows what is above: with two locks each would wait for the other's.
        self._lock = lock
        self._bindings: dict[str, list[Binding]] = {}
        self._roles = dict(PREDEFINED)
        self._denials: set[Denial] = set()
        self.groups: dict[str, set[str]] = {}

    def define(self, role: str, permissions: Iterable[str]) -> None:
        """A custom role, `projects/P/roles/R`, holds exactly these from now on."""
        with self._lock:
            self._roles[role] = frozenset(permissions)

    def bind(self, resource: str, role: str, member: str) -> None:
        """The member has the role on the resource, as if it had been so for long."""
        self._insist(role, member)
        with self._lock:
            found = self._bindings.setdefault(resource, [])
            if not any((each.role, each.member) == (role, member) for each in found):
                found.append(Binding(role, member))

    def unbind(self, resource: str, role: str, member: str) -> None:
        """The member has the role there no more; what it has elsewhere stays."""
        with self._lock:
            kept = [
                each
                for each in self._bindings.get(resource, [])
                if (each.role, each.member) != (role, member)
            ]
            self._bindings[resource] = kept

    def forget(self, resource: str) -> None:
        """The resource is gone, and who had what on it with it."""
        with self._lock:
            self._bindings.pop(resource, None)

    def deny(self, resource: str, permission: str, *, spared: str = "", member: str = "") -> None:
        """Nobody but `spared`, or this member, may do this on the resource and in it any more."""
        with self._lock:
            self._denials.add(Denial(resource, permission, spared, member))

    def allow(self, resource: str, permission: str, *, spared: str = "", member: str = "") -> None:
        """That denial is taken away again."""
        with self._lock:
            self._denials.discard(Denial(resource, permission, spared, member))

    def held(self, resource: str, permissions: Iterable[str], member: str) -> list[str]:
        """Those that the member holds on the resource, by a role there or on what the resource is in."""
        with self._lock:
            names = list(self._around(resource))
            known = attributes.of_resource(resource, self._number("/".join(resource.split("/")[:2])))
            asked = {**known, "request.time": self.today()}
            roles = {role for name in names for role in self._has(name, names, member, asked)}
            barred = {
                each.permission for each in self._denials if each.resource in names and each.meets(member)
            }
            granted = frozenset[str]().union(*(self._roles.get(role, frozenset()) for role in roles))
        return [each for each in permissions if each in granted and each not in barred]

    def _around(self, resource: str) -> Iterator[str]:
        """The resource and everything that it is in, from the inside out."""
        parts = resource.split("/")
        for end in range(len(parts) - len(parts) % 2, 0, -2):
            yield "/".join(parts[:end])
        above = self._above("/".join(parts[:2]))
        while above:
            yield above
            above = self._above(above)

    def _has(self, name: str, names: list[str], member: str, asked: Mapping[str, Any]) -> Iterator[str]:
        now = self._clock()
        for binding in self._bindings.get(name, ()):
            if binding.since <= now and self._is(member, binding.member, names) and binding.meets(asked):
                yield binding.role

    def _is(self, member: str, bound: str, names: list[str]) -> bool:
        """Whether a binding's member is this one, or stands for it."""
        kind, _, rest = bound.partition(":")
        if bound == member or bound in _EVERYBODY:
            return True
        if kind == "group":
            return any(self._is(member, each, names) for each in self.groups.get(rest, ()))
        if kind == "domain":
            return member.startswith("user:") and member.endswith(f"@{rest}")
        role = _CONVENIENCE.get(kind)
        return role is not None and any(
            each.role == role and each.member == member for each in self._bindings.get(f"projects/{rest}", ())
        )

    def _insist(self, role: str, member: str) -> None:
        """A binding names a role that there is, and a member with its kind."""
        if role not in self._roles:
            raise Refusal(Code.INVALID_ARGUMENT, f"Role ({role}) does not exist in the resource's hierarchy.")
        if ":" not in member and member not in _EVERYBODY:
            raise Refusal(Code.INVALID_ARGUMENT, f"The member {member} is of an unknown type.")

    # -- policies, as GetIamPolicy and SetIamPolicy tell and take them

    def policy(self, resource: str, version: int = 3) -> policy_pb2.Policy:
        """What is bound on this very resource; version 3 only where there is a condition.

        Who asks for an older version hears of no condition, and such a binding's role has another name:
        https://cloud.google.com/iam/docs/policies#versions, https://cloud.google.com/iam/docs/troubleshooting-withcond
        """
        with self._lock:
            bound = list(self._bindings.get(resource, ()))
        found: dict[tuple[str, bytes], policy_pb2.Binding] = {}
        for each in bound:
            kind = (each.role, each.condition)
            if kind not in found:
                found[kind] = told(each, version)
            found[kind].members.append(each.member)
        version = 3 if version == 3 and any(each.condition for each in bound) else 1
        return policy_pb2.Policy(version=version, bindings=found.values(), etag=etag_of(bound))

    def replace(self, resource: str, wanted: policy_pb2.Policy, lag: float) -> policy_pb2.Policy:
        """A whole policy in place of the one that was read; what is new in it counts after `lag` seconds.

        https://cloud.google.com/iam/docs/access-change-propagation
        """
        with self._lock:
            before = {
                (each.role, each.member, each.condition): each for each in self._bindings.get(resource, ())
            }
            if wanted.etag and wanted.etag != etag_of(before.values()):
                raise _changed_meanwhile()
            conditional = any(binding.condition.expression for binding in wanted.bindings)
            if wanted.version < 3 and (conditional or any(each.condition for each in before.values())):
                raise _too_old(wanted.version)
            since = self._clock() + lag
            after: dict[tuple[str, str, bytes], Binding] = {}
            for binding in wanted.bindings:
                condition = binding.condition.SerializeToString()
                if condition:
                    attributes.admit_condition(binding.role, binding.members, binding.condition.expression)
                for member in binding.members:
                    self._insist(binding.role, member)
                    key = (binding.role, member, condition)
                    after[key] = before.get(key) or Binding(binding.role, member, since, condition)
            self._bindings[resource] = list(after.values())
            return self.policy(resource)


def asked_version(request: iam_policy_pb2.GetIamPolicyRequest) -> int:
    """The version of a policy that a request wants at most; 1 where it says nothing."""
    return request.options.requested_policy_version or 1


def _changed_meanwhile() -> Refusal:
    return Refusal(
        Code.ABORTED,
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
    )


def _too_old(version: int) -> Refusal:
    return Refusal(
        Code.INVALID_ARGUMENT,
        f"Policies with conditions are version 3; this one says {version}.",
    )
