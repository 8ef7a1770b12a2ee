"""repository: it was renamed, moved, archived or deleted; ids stay, so only an end means work."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Delivery, Ignore, Job
from app.payload import Installation, Repo, farewells

ENDS = {"deleted": "The repository was deleted", "archived": "The repository was archived"}


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#repository"""

    repository: Repo
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Previews end with their repository; a new name or owner changes nothing."""
    reason = ENDS.get(delivery.action or "")
    if reason is None:
        return (Ignore(f"repository.{delivery.action}: repositories are known by their id."),)
    event = payload.read(_EVENT, delivery, "a repository's")
    if event.installation is None:
        return (Ignore(payload.OWN_WEBHOOK),)
    named = [(event.repository.id, event.repository.full_name)]
    return farewells(named, event.installation, reason, delivery.id)
