"""installation: the App was installed on an account, or taken off it."""

from __future__ import annotations

import msgspec

from app.delivery import Refused
from app.model import Delivery, Ignore, Job
from app.payload import FullName, Installation, farewells

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
    """The previews of every repository go with the installation."""
    reason = GONE.get(delivery.action or "")
    if reason is None:
        return (Ignore(f"installation.{delivery.action}: the next push deploys."),)
    try:
        event = _EVENT.decode(delivery.payload)
    except msgspec.ValidationError as error:
        raise Refused(400, f"The payload is not an installation's: {error}.") from error
    named = [(each.id, each.full_name) for each in event.repositories or []]
    return farewells(named, event.installation, reason, delivery.id) or (
        Ignore(f"{reason}; it had no repository."),
    )
