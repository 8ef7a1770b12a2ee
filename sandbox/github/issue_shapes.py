"""GitHub's JSON objects for issues, comments and reactions, whole, and what a pull request has in common with them."""

from __future__ import annotations

import zlib
from urllib.parse import quote

from sandbox.github.issues import Comment, Issue, PullRequest, Reaction
from sandbox.github.records import PERMISSIONS, Repo
from sandbox.github.shape_words import node_id
from sandbox.github.shapes import Shapes
from sandbox.github.words import Json

FACES = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def label(shapes: Shapes, repo: Repo, name: str) -> Json:
    return {
        "id": zlib.crc32(f"{repo.id}:{name}".encode()),
        "node_id": node_id("LA", f"{repo.id}:{name}"),
        "url": f"{shapes.api(repo)}/labels/{quote(name, safe='')}",
        "name": name,
        "description": "",
        "color": "ededed",
        "default": False,
    }


def issue(shapes: Shapes, issue: Issue) -> Json:
    url = _issue_url(shapes, issue)
    told = {
        "url": url,
        "repository_url": shapes.api(issue.repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html_of(shapes, issue),
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "number": issue.number,
        **common(shapes, issue),
        "comments": len(shapes.hub.comments_of(issue)),
        "reactions": _rollup(url, ()),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
        "state_reason": None,
    }
    if isinstance(issue, PullRequest):
        pull, html = f"{shapes.api(issue.repo)}/pulls/{issue.number}", html_of(shapes, issue)
        urls = {"url": pull, "html_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch"}
        told |= {"draft": issue.draft, "pull_request": {**urls, "merged_at": issue.merged_at}}
    return told


def comment(shapes: Shapes, comment: Comment, *, hooked: bool = False) -> Json:
    """`hooked`: as a webhook shows it, where the App has no client id."""
    repo = comment.issue.repo
    url = f"{shapes.api(repo)}/issues/comments/{comment.id}"
    app = shapes.hooked_app() if hooked else shapes.app()
    return {
        "url": url,
        "html_url": f"{html_of(shapes, comment.issue)}#issuecomment-{comment.id}",
        "issue_url": _issue_url(shapes, comment.issue),
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "user": shapes.account(comment.author),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association(shapes, repo, comment.author),
        "body": comment.body,
        "reactions": _rollup(url, comment.reactions),
        "performed_via_github_app": app if comment.by_app else None,
    }


def reaction(shapes: Shapes, reaction: Reaction) -> Json:
    return {
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": shapes.account(reaction.login),
        "content": reaction.content,
        "created_at": reaction.created_at,
    }


def collaborator(shapes: Shapes, repo: Repo, login: str) -> Json:
    """What somebody may do in a repository; maintainers are shown as writers, triagers as readers."""
    role = shapes.hub.role(repo, login)
    rank = ("none", "read", "triage", "write", "maintain", "admin").index(role)
    names = ("pull", "triage", "push", "maintain", "admin")
    abilities = {name: rank >= least for least, name in enumerate(names, start=1)}
    user = {**shapes.account(login), "permissions": abilities, "role_name": role}
    return {"permission": PERMISSIONS[role], "role_name": role, "user": user}


def association(shapes: Shapes, repo: Repo, login: str) -> str:
    if login.lower() == repo.owner.lower():
        return "OWNER"
    return "COLLABORATOR" if shapes.hub.may_write(repo, login) else "NONE"


def common(shapes: Shapes, issue: Issue) -> Json:
    """What an issue and a pull request have in common."""
    return {
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "user": shapes.account(issue.author),
        "body": issue.body,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.closed_at,
        "assignee": None,
        "assignees": [],
        "labels": [label(shapes, issue.repo, name) for name in issue.labels],
        "milestone": None,
        "author_association": association(shapes, issue.repo, issue.author),
        "active_lock_reason": None,
    }


def html_of(shapes: Shapes, issue: Issue) -> str:
    kind = "pull" if isinstance(issue, PullRequest) else "issues"
    return f"{shapes.html(issue.repo)}/{kind}/{issue.number}"


def _issue_url(shapes: Shapes, issue: Issue) -> str:
    return f"{shapes.api(issue.repo)}/issues/{issue.number}"


def _rollup(url: str, reactions: tuple[Reaction, ...] | list[Reaction]) -> Json:
    given = [reaction.content for reaction in reactions]
    counts = {face: given.count(face) for face in FACES}
    return {"url": f"{url}/reactions", "total_count": len(given), **counts}
