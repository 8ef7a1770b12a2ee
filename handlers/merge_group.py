"""merge_group: a merge queue waits for the checks that a branch requires, on a commit of its own."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Commit, Delivery, Ignore, Job, ReportToQueue
from app.payload import Installation, Repo, Sha

BRANCH = "refs/heads/"


class _Group(msgspec.Struct):
    head_sha: Sha
    head_ref: str


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#merge_group"""

    merge_group: _Group
    repository: Repo
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Report on the group's head, or Ignore with the reason."""
    if delivery.action != "checks_requested":
        return (Ignore(f"ServerGem does not act on merge_group.{delivery.action}."),)
    event = payload.read(_EVENT, delivery, "a merge group")
    if event.installation is None:
        return (Ignore(payload.OWN_WEBHOOK),)
    group, repository = event.merge_group, event.repository.repository(event.installation)
    commit = Commit(repository, group.head_sha, group.head_ref.removeprefix(BRANCH))
    return (ReportToQueue(commit, delivery.id),)
