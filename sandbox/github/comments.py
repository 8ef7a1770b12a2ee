"""What is said under an issue or a pull request, and what the App is told of it."""

from __future__ import annotations

from sandbox.github import issue_shapes
from sandbox.github.actors import Actor
from sandbox.github.answers import Refused, invalid, malformed
from sandbox.github.issues import Comment, Issue, Reaction
from sandbox.github.words import now

LONGEST = 65_536


def say(actor: Actor, issue: Issue, body: str) -> Comment:
    _insist(body)
    if issue.locked and actor.is_app:
        # Collaborators may, and no App is one: https://docs.github.com/communities/moderating-comments-and-conversations/locking-conversations
        raise Refused(403, "Unable to create comment because issue is locked.")
    comment = Comment(id=actor.hub.new_id(), issue=issue, author=actor.login, body=body, by_app=actor.is_app)
    with actor.hub.lock:
        actor.hub.comments[comment.id] = comment
    _tell(actor, comment, "created")
    return comment


def edit(actor: Actor, comment: Comment, body: str) -> None:
    _insist(body)
    was, comment.body, comment.updated_at = comment.body, body, now()
    _tell(actor, comment, "edited", changes={"body": {"from": was}})


def delete(actor: Actor, comment: Comment) -> None:
    with actor.hub.lock:
        del actor.hub.comments[comment.id]
    _tell(actor, comment, "deleted")


def react(actor: Actor, comment: Comment, content: str) -> tuple[Reaction, bool]:
    """The reaction, and whether it is new: nobody gives the same one twice."""
    if content not in issue_shapes.FACES:
        raise malformed(f'"{content}" is not a member of {list(issue_shapes.FACES)}.')
    with actor.hub.lock:
        for given in comment.reactions:
            if (given.login, given.content) == (actor.login, content):
                return given, False
        comment.reactions.append(Reaction(actor.hub.new_id(), actor.login, content))
        return comment.reactions[-1], True


def _insist(body: str) -> None:
    if not body.strip():
        raise invalid("IssueComment", ("body", "missing_field", ""))
    if len(body) > LONGEST:
        raise invalid(
            "IssueComment", ("body", "custom", f"body is too long (maximum is {LONGEST} characters)")
        )


def _tell(actor: Actor, comment: Comment, action: str, **more: object) -> None:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment"""
    shown = issue_shapes.comment(actor.shapes, comment, hooked=True)
    told = {"action": action, "issue": issue_shapes.issue(actor.shapes, comment.issue), "comment": shown}
    actor.tell("issue_comment", comment.issue.repo, {**told, **more})
