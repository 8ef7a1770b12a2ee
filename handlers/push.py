"""push: a branch moved; its new head is to be deployed wherever the configuration says."""

from __future__ import annotations

import msgspec

from app.delivery import Refused
from app.model import Commit, Delivery, Deploy, Ignore, Job
from app.payload import Installation, Repo, Sha, epoch
from app.skip_mark import skip_mark

# https://docs.github.com/webhooks/webhook-events-and-payloads#push
BRANCH, TAG = "refs/heads/", "refs/tags/"
NO_COMMIT = "0" * 40


class _Author(msgspec.Struct):
    username: str = ""


class _HeadCommit(msgspec.Struct):
    id: Sha
    tree_id: Sha
    message: str = ""
    timestamp: str | None = None
    author: _Author | None = None


class _Sender(msgspec.Struct):
    login: str = ""


class _Push(msgspec.Struct):
    ref: str
    before: Sha
    after: Sha
    repository: Repo
    created: bool = False
    deleted: bool = False
    forced: bool = False
    head_commit: _HeadCommit | None = None
    installation: Installation | None = None
    sender: _Sender | None = None


_PUSH = msgspec.json.Decoder(_Push)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Deploy the branch's new head, or Ignore with the reason."""
    push = _read(delivery)
    if reason := _reason_to_ignore(push):
        return (Ignore(reason),)
    comparable = not (push.created or push.forced or push.before == NO_COMMIT)
    before, pusher = push.before if comparable else "", push.sender.login if push.sender else ""
    return (Deploy(_commit(push), before=before, delivery_id=delivery.id, pusher=pusher),)


def _read(delivery: Delivery) -> _Push:
    try:
        return _PUSH.decode(delivery.payload)
    except msgspec.ValidationError as error:
        raise Refused(400, f"The payload is not a push: {error}.") from error


def _reason_to_ignore(push: _Push) -> str | None:
    if push.ref.startswith(TAG):
        return f"{push.ref.removeprefix(TAG)} is a tag; pushes of branches deploy."
    if not push.ref.startswith(BRANCH):
        return f"{push.ref} is not a branch; pushes of branches deploy."
    if push.deleted or push.after == NO_COMMIT:
        return f"The branch {push.ref.removeprefix(BRANCH)} was deleted."
    if push.installation is None:
        return "This is a repository's own webhook; ServerGem acts on those of its GitHub App."
    if mark := skip_mark(push.head_commit.message if push.head_commit else ""):
        return f"The message of {push.after[:7]} says {mark}."
    return None


def _commit(push: _Push) -> Commit:
    assert push.installation is not None, "_reason_to_ignore has looked"
    head = push.head_commit if push.head_commit and push.head_commit.id == push.after else None
    return Commit(
        push.repository.repository(push.installation),
        sha=push.after,
        branch=push.ref.removeprefix(BRANCH),
        message=head.message if head else "",
        tree=head.tree_id if head else "",
        author=_author(push, head),
        written=epoch(head.timestamp or "") if head else 0.0,
    )


def _author(push: _Push, head: _HeadCommit | None) -> str:
    """Whose commit it is; of an author without an account at GitHub, who pushed it."""
    author = head.author.username if head and head.author else ""
    return author or (push.sender.login if push.sender else "")
