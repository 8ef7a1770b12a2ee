"""installation: the App was installed on an account, or taken off it."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Delivery, Ignore, Job
from app.payload import FullName, Installation, farewells, welcomes

GONE = {"deleted": "ServerGem was uninstalled", "suspend": "ServerGem was suspended"}


class Named(msgspec.Struct):
    """A repository as these events list it."""

    id: int
    full_name: FullName


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#installation"""

    installation: Installation
    repositories: list[Named] | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """A first look at each repository of a new installation; the previews of all go with an old one."""
    reason = GONE.get(delivery.action or "")
    if reason is None and delivery.action != "created":
        return (Ignore(f"installation.{delivery.action}: the next push deploys."),)
    event = payload.read(_EVENT, delivery, "an installation's")
    named = [(each.id, each.full_name) for each in event.repositories or []]
    if reason is None:
        return welcomes(named, event.installation, delivery.id) or (Ignore("It has no repository yet."),)
    return farewells(named, event.installation, reason, delivery.id) or (
        Ignore(f"{reason}; it had no repository."),
    )
