"""Traces: one for each delivery, from the door to the last call to GitHub or Google; off unless a collector is named.

Where a delivery's trace begins is made of its id, so that the door, the dispatcher and whoever comes after a kill agree
without a row of their own. From there each run has its parent in what it was started with, which the journal keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from app.settings import Settings

if TYPE_CHECKING:
    from app.telemetry.trace_export import Export

P = ParamSpec("P")
T = TypeVar("T")

MISSING = (
    "OTEL_* asks for traces, and the libraries for them are not installed: pip install 'servergem[otel]'"
)
_exports: list[Export] = []


class CannotTrace(Exception):  # noqa: N818 - reads as what happened
    """Why there are no traces, in a sentence."""


def set_up(settings: Settings) -> None:
    """Send traces from here on, if the settings ask for it. CannotTrace when the libraries are missing.

    They are loaded for nobody else; where to, and with which headers, they read from OTEL_* themselves.
    """
    if not settings.traced:
        return
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        raise CannotTrace(MISSING)
    from app.telemetry.trace_export import Export

    _exports[:] = [Export()]


def close() -> None:
    """Send what has not been sent yet, within moments, and nothing more."""
    for export in _exports:
        export.close()
    _exports.clear()


def received(delivery_id: str, event: str, began: int) -> None:
    """A delivery was stored: the beginning of its trace, at `began` (nanoseconds of the epoch)."""
    for export in _exports:
        export.received(delivery_id, f"webhook {event}", began)


@contextmanager
def of_delivery(delivery_id: str) -> Iterator[None]:
    """What is started inside belongs to this delivery's trace."""
    with _exports[0].of_delivery(delivery_id) if _exports else nullcontext():
        yield


def carried() -> str:
    """The place in a trace where we are, as the `traceparent` of W3C; empty where we are in none."""
    return _exports[0].carried() if _exports else ""


@contextmanager
def under(carried: str) -> Iterator[None]:
    """What is done inside belongs below that place."""
    with _exports[0].under(carried) if _exports and carried else nullcontext():
        yield


def here(work: Callable[P, T]) -> Callable[P, T]:
    """`work` for another thread, below the place where we are."""
    place = carried()

    def placed(*words: P.args, **named: P.kwargs) -> T:
        with under(place):
            return work(*words, **named)

    return placed if place else work


@contextmanager
def span(name: str, *, outside: bool = False, **attributes: str) -> Iterator[None]:
    """What is done inside as one part of the trace; `outside`: it is a call to somebody else.

    Nothing of it where we are in no trace: what looks around by itself, all the time, would be a trace each time.
    """
    with _exports[0].span(name, outside, attributes) if _exports else nullcontext():
        yield


def trace_id() -> str:
    """The trace where we are, 32 hexadecimal digits; empty where we are in none."""
    return carried().partition("-")[2].partition("-")[0]
