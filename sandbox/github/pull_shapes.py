"""GitHub's JSON objects for issues, pull requests, comments and reactions, whole."""

from __future__ import annotations

import zlib
from urllib.parse import quote

from sandbox.github.git import EMPTY_TREE
from sandbox.github.issues import Comment, Issue, PullRequest, Reaction, Trial
from sandbox.github.records import PERMISSIONS, Repo
from sandbox.github.shape_words import node_id
from sandbox.github.shapes import Shapes
from sandbox.github.words import Json

FACES = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
_PASSED = ("success", "neutral", "skipped")


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


def simple(shapes: Shapes, pull: PullRequest) -> Json:
    """A pull request as lists show it."""
    url, html = f"{shapes.api(pull.repo)}/pulls/{pull.number}", _html(shapes, pull)
    links = _links(shapes, pull)
    return {
        "url": url,
        "id": pull.pull_id,
        "node_id": node_id("PR", pull.pull_id),
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": links["issue"]["href"],
        "number": pull.number,
        **_common(shapes, pull),
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_sha or (pull.tried.commit if pull.tried else None),
        "requested_reviewers": [],
        "requested_teams": [],
        "draft": pull.draft,
        "commits_url": links["commits"]["href"],
        "review_comments_url": links["review_comments"]["href"],
        "review_comment_url": links["review_comment"]["href"],
        "comments_url": links["comments"]["href"],
        "statuses_url": links["statuses"]["href"],
        "head": _head(shapes, pull),
        "base": _base(shapes, pull),
        "_links": links,
        "auto_merge": None,
    }


def whole(shapes: Shapes, pull: PullRequest, trial: Trial | None = None) -> Json:
    """A pull request on its own; without a trial GitHub does not know yet whether it can be merged."""
    git = pull.repo.git
    start = git.merge_base(*pull.span) or EMPTY_TREE
    changes = git.changes(start, pull.head.sha)
    can = trial.commit is not None if trial and pull.state == "open" else None
    return {
        **simple(shapes, pull),
        "merged": pull.merged_at is not None,
        "mergeable": can,
        "rebaseable": can,
        "mergeable_state": "unknown" if can is None else _mergeable_state(shapes, pull, can),
        "merged_by": shapes.account(pull.merged_by) if pull.merged_by else None,
        "comments": len(shapes.hub.comments_of(pull)),
        "review_comments": 0,
        "maintainer_can_modify": pull.from_fork,
        "commits": git.count(f"{pull.base_sha}..{pull.head.sha}"),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
    }


def issue(shapes: Shapes, issue: Issue) -> Json:
    url = _issue_url(shapes, issue)
    told = {
        "url": url,
        "repository_url": shapes.api(issue.repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": _html(shapes, issue),
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "number": issue.number,
        **_common(shapes, issue),
        "comments": len(shapes.hub.comments_of(issue)),
        "reactions": _rollup(url, ()),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
        "state_reason": None,
    }
    if isinstance(issue, PullRequest):
        pull, html = f"{shapes.api(issue.repo)}/pulls/{issue.number}", _html(shapes, issue)
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
        "html_url": f"{_html(shapes, comment.issue)}#issuecomment-{comment.id}",
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


def _common(shapes: Shapes, issue: Issue) -> Json:
    """What an issue and a pull request have in common."""
    return {
        "state": issue.state,
        "locked": False,
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


def _html(shapes: Shapes, issue: Issue) -> str:
    kind = "pull" if isinstance(issue, PullRequest) else "issues"
    return f"{shapes.html(issue.repo)}/{kind}/{issue.number}"


def _issue_url(shapes: Shapes, issue: Issue) -> str:
    return f"{shapes.api(issue.repo)}/issues/{issue.number}"


def _links(shapes: Shapes, pull: PullRequest) -> Json:
    api = shapes.api(pull.repo)
    url, issue_url = f"{api}/pulls/{pull.number}", f"{api}/issues/{pull.number}"
    addresses = {
        "self": url,
        "html": _html(shapes, pull),
        "issue": issue_url,
        "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{pull.head.sha}",
    }
    return {name: {"href": address} for name, address in addresses.items()}


def _head(shapes: Shapes, pull: PullRequest) -> Json:
    """`repo` is null once a fork has been deleted."""
    head, source = pull.head, shapes.hub.repos.get(pull.head.repo_id)
    return {
        "label": head.label,
        "ref": head.branch,
        "sha": head.sha,
        "user": shapes.account(head.owner),
        "repo": _side(shapes, source) if source else None,
    }


def _base(shapes: Shapes, pull: PullRequest) -> Json:
    owner = pull.repo.owner
    return {
        "label": f"{owner}:{pull.base}",
        "ref": pull.base,
        "sha": pull.base_sha,
        "user": shapes.account(owner),
        "repo": _side(shapes, pull.repo),
    }


def _side(shapes: Shapes, repo: Repo) -> Json:
    """A repository with how it may be merged into."""
    return {
        **shapes.repository(repo),
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": False,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "allow_update_branch": False,
        "use_squash_pr_title_as_default": False,
        "squash_merge_commit_message": "COMMIT_MESSAGES",
        "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
        "merge_commit_message": "PR_TITLE",
        "merge_commit_title": "MERGE_MESSAGE",
    }


def _rollup(url: str, reactions: tuple[Reaction, ...] | list[Reaction]) -> Json:
    given = [reaction.content for reaction in reactions]
    counts = {face: given.count(face) for face in FACES}
    return {"url": f"{url}/reactions", "total_count": len(given), **counts}


def _mergeable_state(shapes: Shapes, pull: PullRequest, can: bool) -> str:
    if not can:
        return "dirty"
    if pull.draft:
        return "draft"
    runs = shapes.hub.latest_runs(pull.repo, pull.head.sha)
    return "clean" if all(run.conclusion in _PASSED for run in runs) else "unstable"
