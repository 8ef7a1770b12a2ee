"""The conditions of Cloud Run's things: good, pending, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from google.cloud import run_v2

from sandbox.google.errors import Code, Refusal
from sandbox.google.state import now

Condition = run_v2.Condition
# Their enums have no types that mypy can read.
Reason: Any = run_v2.Condition.CommonReason
RevisionReason: Any = run_v2.Condition.RevisionReason


@dataclass(frozen=True)
class Failure:
    """Why a revision is not ready, in Cloud Run's words."""

    message: str
    code: Any = Code.FAILED_PRECONDITION
    reason: int | None = None
    revision_reason: int | None = None

    def condition(self, kind: str) -> run_v2.Condition:
        condition: Any = run_v2.Condition(
            type_=kind,
            state=Condition.State.CONDITION_FAILED,
            message=self.message,
            severity=Condition.Severity.ERROR,
            last_transition_time=now(),
        )
        if self.revision_reason is not None:
            condition.revision_reason = self.revision_reason
        elif self.reason is not None:
            condition.reason = self.reason
        return cast(run_v2.Condition, condition)

    def refusal(self) -> Refusal:
        return Refusal(self.code, self.message)


def good(kind: str) -> run_v2.Condition:
    return run_v2.Condition(type_=kind, state=Condition.State.CONDITION_SUCCEEDED, last_transition_time=now())


def pending(kind: str) -> run_v2.Condition:
    return run_v2.Condition(
        type_=kind, state=Condition.State.CONDITION_RECONCILING, last_transition_time=now()
    )
