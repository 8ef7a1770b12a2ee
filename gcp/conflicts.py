"""Conflicts: a change that is decided on what was read is decided anew when somebody else was quicker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TypeVar

from app.retry import retrying
from gcp.cloud import Google
from gcp.errors import GoogleError

T = TypeVar("T")

# So often it is read and decided, the first time among them.
TRIES = 5
CHANGED = frozenset({"ABORTED"})
# For a change that makes the thing where there is none.
CHANGED_OR_MADE = CHANGED | {"ALREADY_EXISTS"}


def decided_anew(
    google: Google, decide: Callable[[bool], T], *, service: str, meanwhile: frozenset[str] = CHANGED
) -> T:
    """What `decide` returns, which reads, decides and writes; it is told whether it has been tried before.

    `meanwhile` are the codes by which the write says that what was read is no longer so; `service` is whose it is.
    """
    tries = count()
    return retrying(
        lambda: decide(next(tries) > 0),
        transient=lambda error: 0.0 if isinstance(error, GoogleError) and error.code in meanwhile else None,
        service=service,
        policy=replace(google.policy, attempts=TRIES),
    )
