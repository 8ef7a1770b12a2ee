"""REST, for issues, their comments and reactions, and for what a collaborator may do."""

from __future__ import annotations

from sandbox.github import comments, issue_shapes
from sandbox.github.answers import Answer, Call, malformed, not_found
from sandbox.github.issues import Comment, Issue


def issue(call: Call) -> Answer:
    return Answer(200, issue_shapes.issue(call.shapes, _issue(call)))


def listed(call: Call) -> Answer:
    """Oldest first."""
    return _page(call, call.hub.comments_of(_issue(call)))


def listed_of_repository(call: Call) -> Answer:
    with call.hub.lock:
        found = [comment for comment in call.hub.comments.values() if comment.issue.repo is call.repo]
    return _page(call, found)


def create(call: Call) -> Answer:
    comment = comments.say(call.actor, _issue(call), _body(call))
    told = issue_shapes.comment(call.shapes, comment)
    return Answer(201, told, {"location": told["url"]})


def get(call: Call) -> Answer:
    return Answer(200, issue_shapes.comment(call.shapes, _comment(call)))


def update(call: Call) -> Answer:
    comment = _comment(call)
    comments.edit(call.actor, comment, _body(call))
    return Answer(200, issue_shapes.comment(call.shapes, comment))


def delete(call: Call) -> Answer:
    comments.delete(call.actor, _comment(call))
    return Answer(204)


def reactions(call: Call) -> Answer:
    wanted = call.query.get("content")
    found = [each for each in _comment(call).reactions if wanted in (None, each.content)]
    page, links = call.page(found)
    return Answer(200, [issue_shapes.reaction(call.shapes, each) for each in page], links)


def react(call: Call) -> Answer:
    """200 when the same reaction is there already."""
    reaction, new = comments.react(call.actor, _comment(call), str(call.body.get("content")))
    return Answer(201 if new else 200, issue_shapes.reaction(call.shapes, reaction))


def permission(call: Call) -> Answer:
    return Answer(200, issue_shapes.collaborator(call.shapes, call.repo, call.params["username"]))


def _page(call: Call, found: list[Comment]) -> Answer:
    since = call.query.get("since", "")
    page, links = call.page([comment for comment in found if comment.updated_at >= since])
    return Answer(200, [issue_shapes.comment(call.shapes, each) for each in page], links)


def _body(call: Call) -> str:
    body = call.body.get("body")
    if not isinstance(body, str):
        raise malformed('"body" wasn\'t supplied.')
    return body


def _issue(call: Call) -> Issue:
    found = call.hub.issues.get((call.repo.id, call.number("issue_number")))
    if found is None:
        raise not_found()
    return found


def _comment(call: Call) -> Comment:
    found = call.hub.comments.get(call.number("comment_id"))
    if found is None or found.issue.repo is not call.repo:
        raise not_found()
    return found
