"""What is counted, for Prometheus: every name and label stands here, and none of them is a repository's.

Prometheus' own library is loaded when something is counted first, which is not before the door is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# From an answer out of the journal to the longest build: BUILD_TIMEOUT. Seconds.
STAGE_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
# The text's version that Prometheus' library writes: https://prometheus.io/docs/instrumenting/exposition_formats/
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Standing:
    """How things stand at this moment. `outbox_age` is seconds; None is what nobody can tell now."""

    outbox_age: float = 0.0
    lanes_waiting: int | None = None
    running: int | None = None


class Instruments:
    """All that is counted in one process, in a registry of its own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry: CollectorRegistry = CollectorRegistry()
        self.deliveries: Counter = Counter(
            "servergem_deliveries_total",
            "Webhooks by event and by what became of them.",
            ["event", "outcome"],
            registry=self.registry,
        )
        self.deployments: Counter = Counter(
            "servergem_deployments_total", "Deployments by ending.", ["ending"], registry=self.registry
        )
        self.stages: Histogram = Histogram(
            "servergem_stage_seconds",
            "How long stages took.",
            ["stage"],
            buckets=STAGE_SECONDS,
            registry=self.registry,
        )
        self.retries: Counter = Counter(
            "servergem_retries_total",
            "Calls that were tried once more, by service.",
            ["service"],
            registry=self.registry,
        )
        self.limit: Gauge = Gauge(
            "servergem_github_rate_limit_remaining",
            "Requests that GitHub's last answer left to an installation; 0 is the App itself.",
            ["installation"],
            registry=self.registry,
        )

    def text(self, standing: Standing) -> bytes:
        """Everything in Prometheus' text format, with how things stand now."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry) + generate_latest(_standing(standing))


_made: list[Instruments] = []
_making = Lock()


def instruments() -> Instruments:
    """This process' own; made once."""
    with _making:
        if not _made:
            _made.append(Instruments())
        return _made[0]


def delivered(event: str, outcome: str) -> None:
    """A webhook came, and this became of it."""
    instruments().deliveries.labels(event, outcome).inc()


def ended(ending: str) -> None:
    """A deployment has ended so."""
    instruments().deployments.labels(ending).inc()


def stage_took(stage: str, seconds: float) -> None:
    """A stage has run."""
    instruments().stages.labels(stage).observe(seconds)


def retried(service: str) -> None:
    """A call is tried once more."""
    instruments().retries.labels(service).inc()


def limit_left(installation: int, remaining: str) -> None:
    """What GitHub says is left of a limit; an answer that does not say changes nothing."""
    if remaining.isdecimal():
        instruments().limit.labels(str(installation)).set(int(remaining))


def _standing(standing: Standing) -> CollectorRegistry:
    """Made anew for each question: what nobody can tell now has no line, instead of an old one."""
    from prometheus_client import CollectorRegistry, Gauge

    registry = CollectorRegistry()
    for name, words, value in (
        (
            "servergem_outbox_age_seconds",
            "How long the oldest report that GitHub lacks has waited.",
            standing.outbox_age,
        ),
        ("servergem_lanes_waiting", "Deployments that wait for their lane.", standing.lanes_waiting),
        ("servergem_deployments_running", "Deployments that have not ended.", standing.running),
    ):
        if value is not None:
            Gauge(name, words, registry=registry).set(value)
    return registry
