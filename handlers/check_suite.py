"""check_suite: somebody pressed "Re-run all checks"."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import RERUN, Delivery, Ignore, Job, PressButton
from app.payload import Installation, Repo, Sender, Sha


class _Suite(msgspec.Struct):
    head_sha: Sha
    head_branch: str | None = None


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#check_suite"""

    check_suite: _Suite
    repository: Repo
    sender: Sender
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Every check run of the commit once more, or Ignore with the reason."""
    if delivery.action != "rerequested":
        return (Ignore(f"ServerGem does not act on check_suite.{delivery.action}."),)
    event = payload.read(_EVENT, delivery, "a check suite")
    if event.installation is None:
        return (Ignore(payload.OWN_WEBHOOK),)
    suite, repository = event.check_suite, event.repository.repository(event.installation)
    branch = suite.head_branch or ""
    who = event.sender
    return (PressButton(repository, suite.head_sha, branch, RERUN, who.login, delivery.id, sender_id=who.id),)
