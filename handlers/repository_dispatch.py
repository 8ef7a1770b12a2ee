"""repository_dispatch: somebody's own workflow says that an image is there; `deploy` brings it."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import BringImage, Delivery, Ignore, Job
from app.payload import Installation, Repo, Sender

DEPLOY = "deploy"


class _Wish(msgspec.Struct):
    image: str
    service: str = ""
    environment: str = ""


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#repository_dispatch

    `action` is what the sender calls the event. Sending one takes write permission to contents:
    https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event
    """

    client_payload: msgspec.Raw
    repository: Repo
    sender: Sender
    installation: Installation | None = None


_EVENT, _WISH = msgspec.json.Decoder(_Event), msgspec.json.Decoder(_Wish)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """The image that is brought, or Ignore with the reason: the event belongs to everybody's workflows too."""
    if delivery.action != DEPLOY:
        return (Ignore("ServerGem acts on repository_dispatch of the type deploy only."),)
    event = payload.read(_EVENT, delivery, "a dispatch")
    if event.installation is None:
        return (Ignore(payload.OWN_WEBHOOK),)
    try:
        wish = _WISH.decode(event.client_payload)
    except msgspec.ValidationError as error:
        return (Ignore(f"The event deploy takes client_payload with image, service, environment: {error}."),)
    repository, who = event.repository.repository(event.installation), event.sender
    return (
        BringImage(
            repository, wish.service, wish.environment, wish.image, who.login, delivery.id, by_id=who.id
        ),
    )
