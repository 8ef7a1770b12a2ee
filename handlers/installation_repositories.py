"""installation_repositories: the owner of an installation chose other repositories for it."""

from __future__ import annotations

import msgspec

from app.delivery import Refused
from app.model import Delivery, Ignore, Job
from app.payload import Installation, farewells
from handlers.installation import Named


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#installation_repositories"""

    installation: Installation
    repositories_removed: list[Named] = []


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """The previews of removed repositories go; of added ones the next push is the first deployment."""
    try:
        event = _EVENT.decode(delivery.payload)
    except msgspec.ValidationError as error:
        raise Refused(400, f"The payload is not an installation's: {error}.") from error
    named = [(each.id, each.full_name) for each in event.repositories_removed]
    gone = farewells(named, event.installation, "ServerGem was taken off this repository", delivery.id)
    return gone or (Ignore("Repositories were added; the next push to each deploys it."),)
