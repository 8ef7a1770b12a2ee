"""What is bound and what is denied: one member's role on one resource, and how policies tell of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.iam.v1 import policy_pb2
from google.type import expr_pb2  # type: ignore[import-untyped]  # it ships no types

from sandbox.google import expressions


@dataclass(frozen=True)
class Binding:
    """One member's role on one resource, `since` a moment of the clock, and while its condition holds."""

    role: str
    member: str
    since: float = 0.0
    condition: bytes = b""

    def meets(self, asked: Mapping[str, Any]) -> bool:
        """Whether its condition, where it has one, is true of what is asked."""
        if not self.condition:
            return True
        text = str(expr_pb2.Expr.FromString(self.condition).expression)
        return expressions.holds(expressions.parse(text), asked)


@dataclass(frozen=True)
class Denial:
    """What `member`, or everybody but who is `spared`, may not do on a resource and in it, whatever roles they have.

    https://cloud.google.com/iam/docs/deny-overview ("deny policies", with exception principals)
    """

    resource: str
    permission: str
    spared: str = ""
    member: str = ""

    def meets(self, member: str) -> bool:
        return member == self.member if self.member else member != self.spared


def told(binding: Binding, version: int) -> policy_pb2.Binding:
    """As a policy of this version has it, without its member."""
    if not binding.condition:
        return policy_pb2.Binding(role=binding.role)
    if version < 3:
        mark = hashlib.sha256(binding.condition).hexdigest()[:20]
        return policy_pb2.Binding(role=f"{binding.role}_withcond_{mark}")
    return policy_pb2.Binding(role=binding.role, condition=expr_pb2.Expr.FromString(binding.condition))


def etag_of(bindings: Iterable[Binding]) -> bytes:
    """Another one for each set of bindings."""
    said = "\n".join(sorted(f"{each.role} {each.member} {each.condition.hex()}" for each in bindings))
    return hashlib.sha256(said.encode()).digest()[:8]
