"""What the journal keeps of a step, as JSON: its value, or how it ended instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter

from app.model import Finding, Stop, Superseded

T = TypeVar("T")

_adapters: dict[Any, TypeAdapter[Any]] = {}


class Broke(Exception):  # noqa: N818 - reads as what happened
    """A step failed, before a restart, with an exception that is not ours; only its text was kept."""


@dataclass(frozen=True)
class Written:
    """How a step ended; at most one of these is there."""

    value: Any = None
    findings: tuple[Finding, ...] = ()
    successor: str = ""
    broke: str = ""

    def read(self, adapter: TypeAdapter[T]) -> T:
        """The step's value. Stop and Superseded as the step raised them, Broke for any other exception."""
        if self.findings:
            raise Stop(self.findings)
        if self.successor:
            raise Superseded(self.successor)
        if self.broke:
            raise Broke(self.broke)
        value: T = adapter.validate_python(self.value)
        return value


def write_down(work: Callable[[], T], adapter: TypeAdapter[T], fresh: list[Exception]) -> Written:
    """How `work` ended; an exception is also kept as it is, for whoever runs the story now."""
    try:
        return Written(value=adapter.dump_python(work(), mode="json"))
    except Stop as stop:
        fresh.append(stop)
        return Written(findings=stop.findings)
    except Superseded as superseded:
        fresh.append(superseded)
        return Written(successor=superseded.successor)
    except Exception as error:  # noqa: BLE001 - written down, and raised again where the step was called
        fresh.append(error)
        return Written(broke=f"{type(error).__name__}: {error}")


def adapter_of(type_: Any) -> TypeAdapter[Any]:
    """How values of this type are written; to build one costs milliseconds, and each story uses the same few."""
    if (known := _adapters.get(type_)) is None:
        known = _adapters[type_] = TypeAdapter(type_)
    return known
