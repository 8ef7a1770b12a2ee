"""repository: it was renamed, moved, archived or deleted; ids stay, so only an end means work."""

from __future__ import annotations

import msgspec

from app.delivery import Refused
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
    try:
        event = _EVENT.decode(delivery.payload)
    except msgspec.ValidationError as error:
        raise Refused(400, f"The payload is not a repository's: {error}.") from error
    if event.installation is None:
        return (Ignore("This is a repository's own webhook; ServerGem acts on those of its GitHub App."),)
    named = [(event.repository.id, event.repository.full_name)]
    return farewells(named, event.installation, reason, delivery.id)
