"""push: a branch or a tag moved; its new head is to be deployed wherever the configuration says."""

from __future__ import annotations

import msgspec

from app import payload
from app.model import Commit, Delivery, Deploy, Ignore, Job, Repository
from app.payload import Installation, Repo, Sender, Sha, epoch
from app.text.skip_mark import skip_mark

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
    sender: Sender | None = None


_PUSH = msgspec.json.Decoder(_Push)


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """Deploy the new head of the branch, or what the tag names, or Ignore with the reason."""
    push = payload.read(_PUSH, delivery, "a push")
    if reason := _reason_to_ignore(push):
        return (Ignore(reason),)
    # What a tag named before may be a tag itself, and no commit to compare with.
    comparable = not (push.created or push.forced or push.before == NO_COMMIT or push.ref.startswith(TAG))
    before, who = push.before if comparable else "", push.sender or Sender("")
    return (
        Deploy(_commit(push), before=before, delivery_id=delivery.id, pusher=who.login, pusher_id=who.id),
    )


def _reason_to_ignore(push: _Push) -> str | None:
    if not push.ref.startswith((BRANCH, TAG)):
        return f"{push.ref} is neither a branch nor a tag; only pushes of those deploy."
    if push.deleted or push.after == NO_COMMIT:
        return _gone(push.ref)
    if push.installation is None:
        return payload.OWN_WEBHOOK
    if push.ref.startswith(TAG):
        # A mark speaks of the push of its commit; whoever tags it afterwards wants it.
        return None if push.head_commit else f"The tag {push.ref.removeprefix(TAG)} names no commit."
    if mark := skip_mark(push.head_commit.message if push.head_commit else ""):
        return f"The message of {push.after[:7]} says {mark}."
    return None


def _gone(ref: str) -> str:
    if ref.startswith(TAG):
        return f"The tag {ref.removeprefix(TAG)} was deleted; what it brought serves on."
    return f"The branch {ref.removeprefix(BRANCH)} was deleted."


def _commit(push: _Push) -> Commit:
    assert push.installation is not None, "_reason_to_ignore has looked"
    if push.ref.startswith(TAG):
        return _tagged(push, push.repository.repository(push.installation))
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


def _tagged(push: _Push, repository: Repository) -> Commit:
    """Its commit: what an annotated tag points at is a tag itself, whose own sha `after` is."""
    head = push.head_commit
    assert head is not None, "_reason_to_ignore has looked"
    return Commit(
        repository,
        sha=head.id,
        branch=repository.default_branch,
        message=head.message,
        tree=head.tree_id,
        author=_author(push, head),
        tag=push.ref.removeprefix(TAG),
    )


def _author(push: _Push, head: _HeadCommit | None) -> str:
    """Whose commit it is; of an author without an account at GitHub, who pushed it."""
    author = head.author.username if head and head.author else ""
    return author or (push.sender.login if push.sender else "")
