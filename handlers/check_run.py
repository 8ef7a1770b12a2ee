"""check_run: somebody pressed "Re-run"; the check run's service is deployed once more, as a new attempt."""

from __future__ import annotations

import msgspec

from app.delivery import Refused
from app.model import Commit, Delivery, Deploy, Ignore, Job
from app.payload import Installation, Repo, Sha

RERUN = "rerequested"


class _Suite(msgspec.Struct):
    head_branch: str | None = None


class _CheckRun(msgspec.Struct):
    name: str
    head_sha: Sha
    check_suite: _Suite


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#check_run"""

    action: str
    check_run: _CheckRun
    repository: Repo
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Deploy the commit again, or Ignore with the reason."""
    if delivery.action != RERUN:
        return (Ignore(f"ServerGem does not act on check_run.{delivery.action}."),)
    try:
        event = _EVENT.decode(delivery.payload)
    except msgspec.ValidationError as error:
        raise Refused(400, f"The payload is not a check run: {error}.") from error
    run, branch = event.check_run, event.check_run.check_suite.head_branch
    if event.installation is None or not branch:
        return (Ignore(f"{run.name} belongs to no branch that ServerGem could deploy."),)
    commit = Commit(event.repository.repository(event.installation), run.head_sha, branch)
    return (Deploy(commit, delivery_id=delivery.id, only=run.name),)
