"""check_run: somebody pressed "Re-run" or one of the buttons that a check run shows."""

from __future__ import annotations

import msgspec

from app import payload
from app.delivery import Refused
from app.model import RERUN, Delivery, Ignore, Job, PressButton
from app.payload import Installation, Repo, Sender, Sha

PRESSED, RERUN_PRESSED = "requested_action", "rerequested"


class _Suite(msgspec.Struct):
    head_branch: str | None = None


class _CheckRun(msgspec.Struct):
    name: str
    head_sha: Sha
    check_suite: _Suite
    external_id: str | None = None


class _Action(msgspec.Struct):
    identifier: str


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#check_run"""

    action: str
    check_run: _CheckRun
    repository: Repo
    sender: Sender
    requested_action: _Action | None = None
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """The press, or Ignore with the reason."""
    if delivery.action not in (PRESSED, RERUN_PRESSED):
        return (Ignore(f"ServerGem does not act on check_run.{delivery.action}."),)
    event = payload.read(_EVENT, delivery, "a check run")
    run = event.check_run
    if event.installation is None:
        return (Ignore(payload.OWN_WEBHOOK),)
    if event.action == PRESSED and event.requested_action is None:
        raise Refused(400, "The payload names no button.")
    return (
        PressButton(
            event.repository.repository(event.installation),
            run.head_sha,
            run.check_suite.head_branch or "",
            event.requested_action.identifier if event.requested_action else RERUN,
            event.sender.login,
            delivery.id,
            check_name=run.name,
            deployment_id=run.external_id or "",
            sender_id=event.sender.id,
        ),
    )
