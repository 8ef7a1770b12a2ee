"""The one retry layer: transient faults only, exponential with full jitter, each retry heard.

Edges call `retrying`; nobody above them retries a call. Reasons and limits: design.md, decision 8.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import backoff

from app.telemetry import metrics

T = TypeVar("T")

heard: ContextVar[Callable[[str], None]] = ContextVar("heard", default=lambda _note: None)
"""Who is told of a retry: a stage's row listens here ("attempt 2 of 3 after 1 s: connection reset")."""


@dataclass(frozen=True)
class Policy:
    """How often and how patiently. `first_wait`, `longest_wait` and `total` are seconds."""

    attempts: int = 3
    first_wait: float = 1.0
    longest_wait: float = 32.0
    total: float = 120.0

    @property
    def minute(self) -> float:
        """How long a quota of a minute is left alone where nobody says how long; two such waits are a minute."""
        return 30 * self.first_wait


def retrying(
    work: Callable[[], T],
    *,
    transient: Callable[[Exception], float | None],
    service: str,
    policy: Policy = Policy(),
) -> T:
    """Run `work`, again after a transient fault; `service` is whose fault it is, as it is counted.

    `transient` gives None for a permanent fault, else the seconds that the other side asked us to wait
    (`RetryInfo`, `Retry-After`), 0 when it did not say. The last exception is raised unchanged.
    """

    def told(details: Any) -> None:
        note = f"attempt {details['tries'] + 1} of {policy.attempts} after {details['wait']:.1f} s: "
        metrics.retried(service)
        heard.get()(note + in_a_line(details["exception"]))

    call: Callable[[], T] = backoff.on_exception(
        lambda: _waits(policy, transient),
        Exception,
        max_tries=policy.attempts,
        max_time=policy.total,
        jitter=None,
        giveup=lambda error: transient(error) is None,
        on_backoff=told,
        logger=None,
    )(work)
    return call()


def _waits(policy: Policy, transient: Callable[[Exception], float | None]) -> Generator[float, Any, None]:
    """backoff sends each exception in and takes the wait out; full jitter, never less than was asked for."""
    error = yield 0.0
    step = policy.first_wait
    while True:
        asked = transient(error) or 0.0
        spread = random.random()  # noqa: S311 - spreads retries, guards nothing
        error = yield max(asked, min(step, policy.longest_wait) * spread)
        step *= 2


def in_a_line(error: BaseException) -> str:
    """An exception as one short line for a person; its class when it says nothing itself."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "…"
