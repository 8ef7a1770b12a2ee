"""The order in which Google judges a call: who asks comes before what is asked, https://google.aip.dev/211.

What a request's description has against it is kept back while the call is answered, until its caller is let in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sandbox.google.errors import Code, Refusal


@dataclass(frozen=True)
class _Call:
    """What is being answered, and the fault that is kept back."""

    method: str
    fault: Refusal | None


_now: ContextVar[_Call | None] = ContextVar("call", default=None)
# Said of who asks, and so before anything is said of the request.
_FIRST = (Code.PERMISSION_DENIED, Code.RESOURCE_EXHAUSTED)


@contextmanager
def asked(method: str, fault: Refusal | None) -> Iterator[None]:
    """While this call is answered. Raises Refusal."""
    before = _now.set(_Call(method, fault))
    try:
        yield
    except Refusal as refused:
        if fault is None or refused.code in _FIRST:
            raise
        raise fault from None
    finally:
        _now.reset(before)
    if fault is not None:
        # It asks nobody's permission, as reading what one may do oneself.
        raise fault


def call() -> str:
    """The short name of what is being answered; empty for what came by another door than gRPC's."""
    now = _now.get()
    return now.method if now else ""


def let_in() -> None:
    """Who asks may do so: from here on it counts what they ask. Raises Refusal."""
    now = _now.get()
    if now and now.fault is not None:
        raise now.fault
