"""pull_request: something changed about a pull request; what runs for it is made to agree with it."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Delivery, Ignore, Job, LookAtPullRequest
from app.payload import Installation, Repo

# https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request
WANTED = frozenset(
    {
        "opened",
        "reopened",
        "synchronize",
        "ready_for_review",
        "converted_to_draft",
        "edited",
        "labeled",
        "unlabeled",
        "closed",
    }
)


class _Changes(msgspec.Struct):
    base: dict[str, object] | None = None


class _Event(msgspec.Struct):
    action: str
    number: int
    repository: Repo
    changes: _Changes | None = None
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Look at the pull request again, or Ignore with the reason."""
    if delivery.action not in WANTED:
        return (Ignore(f"ServerGem does not act on pull_request.{delivery.action}."),)
    event = payload.read(_EVENT, delivery, "a pull request's")
    if event.installation is None:
        return (Ignore(payload.OWN_WEBHOOK),)
    if event.action == "edited" and not (event.changes and event.changes.base):
        return (Ignore("The title or the text was edited; only another base branch changes a preview."),)
    repository = event.repository.repository(event.installation)
    return (LookAtPullRequest(repository, event.number, delivery.id),)
