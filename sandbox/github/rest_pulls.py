"""REST, for pull requests: opened, listed, edited and merged, and the files that they change."""

from __future__ import annotations

from sandbox.github import merging, pull_requests, pull_shapes
from sandbox.github.answers import Answer, Call, invalid, malformed, not_found
from sandbox.github.git import EMPTY_TREE
from sandbox.github.issues import PullRequest
from sandbox.github.records import Repo

MOST_FILES = 3000


def create(call: Call) -> Answer:
    for name in ("head", "base"):
        if not isinstance(call.body.get(name), str):
            raise malformed(f'"{name}" wasn\'t supplied.')
    title = call.body.get("title")
    if not title:
        raise invalid("PullRequest", ("title", "missing_field", ""))
    source, branch = _source(call, call.body["head"])
    text, draft = call.body.get("body"), bool(call.body.get("draft"))
    proposal = pull_requests.Proposal(source, branch, call.body["base"], str(title), text, draft)
    pull = pull_requests.open_one(call.actor, call.repo, proposal)
    told = pull_shapes.whole(call.shapes, pull)
    return Answer(201, told, {"location": told["url"]})


def listed(call: Call) -> Answer:
    """Newest first unless asked otherwise; `head` is `owner:branch`."""
    query = call.query
    state, head, base = query.get("state", "open"), query.get("head"), query.get("base")
    if state not in ("open", "closed", "all"):
        raise malformed(f'"{state}" is not a member of ["open", "closed", "all"].')
    found = [
        pull
        for pull in call.hub.pulls_of(call.repo)
        if state in ("all", pull.state) and head in (None, pull.head.label) and base in (None, pull.base)
    ]
    updated = query.get("sort") == "updated"
    if updated:
        found.sort(key=lambda pull: pull.updated_at, reverse=True)
    if query.get("direction", "asc" if updated else "desc") == "asc":
        found.reverse()
    page, links = call.page(found)
    return Answer(200, [pull_shapes.simple(call.shapes, pull) for pull in page], links)


def get(call: Call) -> Answer:
    return _shown(call, _pull(call))


def update(call: Call) -> Answer:
    pull, body = _pull(call), call.body
    state = body.get("state")
    if state not in (None, "open", "closed"):
        raise malformed(f'"{state}" is not a member of ["open", "closed"].')
    pull_requests.edit(call.actor, pull, body.get("title"), body.get("body"), body.get("base"))
    if state == "closed":
        pull_requests.close(call.actor, pull)
    if state == "open":
        pull_requests.reopen(call.actor, pull)
    return _shown(call, pull)


def files(call: Call) -> Answer:
    """What the head changed since it left the base."""
    pull = _pull(call)
    git = pull.repo.git
    changes = git.changes(git.merge_base(*pull.span) or EMPTY_TREE, pull.head.sha)[:MOST_FILES]
    page, links = call.page(changes)
    return Answer(200, [call.shapes.file(pull.repo, pull.head.sha, each) for each in page], links)


def commits(call: Call) -> Answer:
    """Oldest first."""
    pull = _pull(call)
    found = pull.repo.git.log(pull.head.sha, "--not", pull.base_sha)[::-1]
    page, links = call.page(found)
    return Answer(200, [call.shapes.commit(pull.repo, each) for each in page], links)


def merge(call: Call) -> Answer:
    body = call.body
    words = [str(body.get(name) or "") for name in ("commit_title", "commit_message", "sha")]
    made = pull_requests.merge(call.actor, _pull(call), str(body.get("merge_method") or "merge"), *words)
    return Answer(200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"})


def merged(call: Call) -> Answer:
    if _pull(call).merged_at is None:
        raise not_found()
    return Answer(204)


def of_commit(call: Call) -> Answer:
    """For a commit of the default branch the pull request that brought it, else the open ones that have it."""
    sha, git = call.commit(call.params["commit_sha"]), call.repo.git
    landed = git.is_ancestor(sha, git.default_branch) if git.default_branch in git.branches() else False
    found = [pull for pull in call.hub.pulls_of(call.repo) if _brought(pull, sha, landed)]
    page, links = call.page(found)
    return Answer(200, [pull_shapes.simple(call.shapes, pull) for pull in page], links)


def _brought(pull: PullRequest, sha: str, landed: bool) -> bool:
    git = pull.repo.git
    if landed != (pull.merged_at is not None):
        return False
    return sha == pull.merge_sha or (
        git.is_ancestor(sha, pull.head.sha) and not git.is_ancestor(sha, pull.base_sha)
    )


def _source(call: Call, head: str) -> tuple[Repo, str]:
    """`branch`, or `owner:branch` for a fork's, which has the repository's name or is named by `head_repo`."""
    owner, colon, branch = head.rpartition(":")
    if not colon or owner.lower() == call.repo.owner.lower():
        return call.repo, branch
    name = str(call.body.get("head_repo") or call.repo.name).rpartition("/")[2]
    source = call.hub.find(owner, name)
    if source is None or call.repo not in source.forked_from:
        raise invalid("PullRequest", ("head", "invalid", ""))
    return source, branch


def _pull(call: Call) -> PullRequest:
    pull = call.hub.pull(call.repo, call.number("pull_number"))
    if pull is None:
        raise not_found()
    return pull


def _shown(call: Call, pull: PullRequest) -> Answer:
    trial = merging.try_merge(pull) if pull.state == "open" else None
    return Answer(200, pull_shapes.whole(call.shapes, pull, trial))
