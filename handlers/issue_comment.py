"""issue_comment: somebody wrote under a pull request; lines that begin with a slash may be meant for us."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Delivery, HearComment, Ignore, Job
from app.payload import Installation, Repo, Sender
from app.talk import speaks_to_us


class _Author(Sender):
    type: str = "User"


class _Comment(msgspec.Struct):
    id: int
    body: str
    user: _Author
    created_at: str
    html_url: str = ""


class _Issue(msgspec.Struct):
    number: int
    pull_request: dict[str, object] | None = None


class _Event(msgspec.Struct):
    """https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment"""

    action: str
    issue: _Issue
    comment: _Comment
    repository: Repo
    installation: Installation | None = None


_EVENT = msgspec.json.Decoder(_Event)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Hear the comment, or Ignore with the reason; an edited comment is not said again."""
    if delivery.action != "created":
        return (Ignore(f"ServerGem does not act on issue_comment.{delivery.action}."),)
    event = payload.read(_EVENT, delivery, "a comment's")
    comment = event.comment
    if event.installation is None or event.issue.pull_request is None:
        return (Ignore("The comment is not on a pull request."),)
    if comment.user.type != "User":
        return (Ignore(f"{comment.user.login} is not a person."),)
    if not speaks_to_us(comment.body):
        return (Ignore("The comment has no command."),)
    return (
        HearComment(
            event.repository.repository(event.installation),
            event.issue.number,
            comment.id,
            comment.user.login,
            comment.body,
            comment.created_at,
            comment.html_url,
            delivery.id,
            comment.user.id,
        ),
    )
