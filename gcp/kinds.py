"""What each of Google's refusals is: one that passes by itself, one that stays, a quota, or what is not known yet.

One table; nobody else compares codes to find that out (tests/test_kinds.py). The first row that fits is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """`PASSING`: the same call may succeed in a while. `STAYING`: not before something was changed.

    `RATE`: a quota that is there again within the minute. `SPENT`: one that is not. `UNSETTLED`: a denial that may only
    be one until Google knows everywhere what was switched on or granted, so that whoever did that waits.
    """

    PASSING = "passing"
    STAYING = "staying"
    RATE = "rate"
    SPENT = "spent"
    UNSETTLED = "unsettled"


@dataclass(frozen=True)
class Row:
    """`code` is gRPC's; a `reason` is ErrorInfo's, None for any; `words` are in the message or the quota's name."""

    code: str
    kind: Kind
    reason: str | None = None
    words: str = ""


NOTHING = "allows 0"


def named(limit: str, allowed: str) -> str:
    """A quota's limit, and how much it allows where Google says that."""
    return f"{limit} allows {allowed}" if limit and allowed else limit


# https://cloud.google.com/apis/design/errors#error_retries
# https://cloud.google.com/service-usage/docs/understand-quota: "PerMinute", "PerDay", or of things at once
# https://cloud.google.com/iam/docs/access-change-propagation, https://cloud.google.com/service-usage/docs/enable-disable
# Of a day the details name "…PerDay…" and the sentence "… per day"; a quota of nought is never there again.
# Without any detail: https://github.com/kubeflow/pipelines/issues/1052 (a project's service accounts)
ROWS = (
    Row("RESOURCE_EXHAUSTED", Kind.SPENT, words="perday"),
    Row("RESOURCE_EXHAUSTED", Kind.SPENT, words="per day"),
    Row("RESOURCE_EXHAUSTED", Kind.SPENT, words=NOTHING),
    Row("RESOURCE_EXHAUSTED", Kind.SPENT, words="quota to create"),
    Row("RESOURCE_EXHAUSTED", Kind.SPENT, words="maximum number of"),
    Row("RESOURCE_EXHAUSTED", Kind.RATE, "RATE_LIMIT_EXCEEDED"),
    Row("RESOURCE_EXHAUSTED", Kind.RATE, ""),
    Row("RESOURCE_EXHAUSTED", Kind.SPENT),
    Row("UNAVAILABLE", Kind.PASSING),
    Row("DEADLINE_EXCEEDED", Kind.PASSING),
    Row("INTERNAL", Kind.PASSING),
    Row("UNKNOWN", Kind.PASSING),
    Row("PERMISSION_DENIED", Kind.UNSETTLED, "SERVICE_DISABLED"),
    Row("PERMISSION_DENIED", Kind.UNSETTLED, "IAM_PERMISSION_DENIED"),
    Row("PERMISSION_DENIED", Kind.UNSETTLED, ""),
)


def kind_of(code: str, reason: str, message: str, quota: str = "") -> Kind:
    """`quota`: as `named` has it, where Google says which one it was."""
    said = f"{message} {quota}".lower()
    for row in ROWS:
        if row.code == code and row.reason in (None, reason) and row.words in said:
            return row.kind
    return Kind.STAYING
