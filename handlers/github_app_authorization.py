"""github_app_authorization: a person took back what they had allowed the App to do in their name."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Delivery, EndSessions, Job
from app.payload import Id


class _Sender(msgspec.Struct):
    id: Id


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#github_app_authorization"""

    sender: _Sender


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Nothing else of anybody's is kept: who they are was all that they had allowed us to ask."""
    event = payload.read(_EVENT, delivery, "a person's")
    return (EndSessions(event.sender.id, delivery.id),)
