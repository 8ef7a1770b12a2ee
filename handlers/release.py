"""release: a release was published; its tag is what deploys, and mostly its push has told of it already."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Delivery, DeployRelease, Ignore, Job
from app.payload import Installation, Repo, Sender


class _Release(msgspec.Struct):
    tag_name: str


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#release"""

    release: _Release
    repository: Repo
    sender: Sender
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Its tag, or Ignore with the reason; a draft has none yet, and is published later."""
    if delivery.action != "published":
        return (Ignore(f"ServerGem does not act on release.{delivery.action}."),)
    event = payload.read(_EVENT, delivery, "a release's")
    if event.installation is None:
        return (Ignore(payload.OWN_WEBHOOK),)
    repository = event.repository.repository(event.installation)
    who = event.sender
    return (DeployRelease(repository, event.release.tag_name, who.login, delivery.id, who.id),)
