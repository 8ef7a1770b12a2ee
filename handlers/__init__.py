"""The handlers: a file here is an event of GitHub's that ServerGem answers, decided without acting.

`handlers/<event>.py` has `handle(delivery) -> tuple[Job, ...]`; the file's name is the whole registration.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module

from app.model import Delivery, Ignore, Job

Handler = Callable[[Delivery], tuple[Job, ...]]

HANDLERS: dict[str, Handler] = {
    module.name: import_module(f"{__name__}.{module.name}").handle
    for module in pkgutil.iter_modules(__path__)
}


def route(delivery: Delivery) -> tuple[Job, ...]:
    """What the delivery asks for; Refused when it is not what GitHub documents for its event."""
    handle = HANDLERS.get(delivery.event)
    if handle is None:
        return (Ignore(f"ServerGem does not act on the event {_named(delivery)}."),)
    return handle(delivery)


def _named(delivery: Delivery) -> str:
    return f"{delivery.event}.{delivery.action}" if delivery.action else delivery.event
