"""A change is decided on what was read, and decided anew, after a pause, when somebody else was quicker: one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TypeVar

from app.retry import retrying
from gcp.cloud import Google
from gcp.errors import GoogleError

T = TypeVar("T")

# How often what somebody else changes at the same moment is read anew, the first look among them.
TRIES = 5
CHANGED = frozenset({"ABORTED"})
# Of what is made where there was none.
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
