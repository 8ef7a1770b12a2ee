"""GitHub's JSON objects for pull requests, whole."""

from __future__ import annotations

from sandbox.github.git import EMPTY_TREE
from sandbox.github.issue_shapes import common, html_of
from sandbox.github.issues import PullRequest, Trial
from sandbox.github.records import Repo
from sandbox.github.shape_words import node_id
from sandbox.github.shapes import Shapes
from sandbox.github.words import Json

_PASSED = ("success", "neutral", "skipped")


def simple(shapes: Shapes, pull: PullRequest) -> Json:
    """A pull request as lists show it."""
    url, html = f"{shapes.api(pull.repo)}/pulls/{pull.number}", html_of(shapes, pull)
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
        **common(shapes, pull),
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


def _links(shapes: Shapes, pull: PullRequest) -> Json:
    api = shapes.api(pull.repo)
    url, issue_url = f"{api}/pulls/{pull.number}", f"{api}/issues/{pull.number}"
    addresses = {
        "self": url,
        "html": html_of(shapes, pull),
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


def _mergeable_state(shapes: Shapes, pull: PullRequest, can: bool) -> str:
    if not can:
        return "dirty"
    if pull.draft:
        return "draft"
    runs = shapes.hub.latest_runs(pull.repo, pull.head.sha)
    return "clean" if all(run.conclusion in _PASSED for run in runs) else "unstable"
