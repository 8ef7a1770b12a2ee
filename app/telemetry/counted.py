"""What two processes have counted, as if it were one: each of them knows only its own half of a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.samples import Sample

# Of these each process says how things stand, and both mean the same thing: the worse of the two is true.
WORST = {"servergem_github_rate_limit_remaining": min}


def together(ours: str, theirs: str) -> str:
    """Two texts of Prometheus' as one: counts are added; of what stands the worse is true."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.parser import text_string_to_metric_families as families

    registry = CollectorRegistry()
    registry.register(_Both([*families(ours), *families(theirs)]))
    return generate_latest(registry).decode()


class _Both:
    """A collector of what others have collected."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = tuple(found)

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import Metric

        made: dict[str, Metric] = {}
        for each in self._found:
            one = made.setdefault(each.name, Metric(each.name, each.documentation, each.type))
            for sample in each.samples:
                _add(one, sample)
        yield from made.values()


def _add(metric: Metric, sample: Sample) -> None:
    for number, known in enumerate(metric.samples):
        if (known.name, known.labels) == (sample.name, sample.labels):
            metric.samples[number] = known._replace(value=_of_both(metric, known.value, sample.value))
            return
    metric.samples.append(sample)


def _of_both(metric: Metric, one: float, other: float) -> float:
    if metric.type == "gauge":
        return WORST.get(metric.name, max)(one, other)
    return one + other
