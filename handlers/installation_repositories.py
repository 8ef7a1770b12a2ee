"""installation_repositories: the owner of an installation chose other repositories for it."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Delivery, Ignore, Job
from app.payload import Installation, farewells, welcomes
from handlers.installation import Named


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#installation_repositories"""

    installation: Installation
    repositories_added: list[Named] = []
    repositories_removed: list[Named] = []


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """A first look at each repository that was added; the previews of those that were removed go."""
    event = payload.read(_EVENT, delivery, "an installation's")
    added = [(each.id, each.full_name) for each in event.repositories_added]
    removed = [(each.id, each.full_name) for each in event.repositories_removed]
    gone = farewells(removed, event.installation, "ServerGem was taken off this repository", delivery.id)
    jobs: tuple[Job, ...] = (*welcomes(added, event.installation, delivery.id), *gone)
    return jobs or (Ignore("No repository was added or removed."),)
