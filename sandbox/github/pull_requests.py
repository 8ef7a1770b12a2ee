"""What can be done to a pull request, by a person, by the App or by a push, and what the App is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.github import issue_shapes, pull_shapes, pushes
from sandbox.github.actors import Actor
from sandbox.github.answers import Refused, invalid
from sandbox.github.issues import Head, PullRequest
from sandbox.github.merging import METHODS, merge_commit
from sandbox.github.records import Repo
from sandbox.github.words import Json, now


@dataclass(frozen=True)
class Proposal:
    """What is to be merged: a branch of `source`, the repository itself or a fork of it, into the branch `base`."""

    source: Repo
    branch: str
    base: str
    title: str
    body: str | None = None
    draft: bool = False


def open_one(actor: Actor, repo: Repo, proposal: Proposal) -> PullRequest:
    with actor.hub.lock:
        pull = _proposed(actor, repo, proposal)
        _keep_head(proposal.source, pull)
        if not repo.git.count(f"{pull.base_sha}..{pull.head.sha}"):
            raise _custom(f"No commits between {proposal.base} and {proposal.branch}")
        actor.hub.issues[repo.id, pull.number] = pull
    tell(actor, pull, "opened")
    return pull


def _proposed(actor: Actor, repo: Repo, proposal: Proposal) -> PullRequest:
    hub, source = actor.hub, proposal.source
    sha, base_sha = source.git.branches().get(proposal.branch), repo.git.branches().get(proposal.base)
    if sha is None or base_sha is None:
        raise invalid("PullRequest", ("base" if base_sha is None else "head", "invalid", ""))
    head = Head(source.id, source.owner, proposal.branch, sha)
    for other in hub.pulls_of(repo):
        if (other.state, other.head.label, other.base) == ("open", head.label, proposal.base):
            raise _custom(f"A pull request already exists for {head.label}.")
    return PullRequest(
        id=hub.new_id(),
        pull_id=hub.new_id(),
        number=next(repo.numbers),
        repo=repo,
        title=proposal.title,
        author=actor.login,
        body=proposal.body,
        draft=proposal.draft,
        base=proposal.base,
        base_sha=base_sha,
        head=head,
    )


def lock(actor: Actor, pull: PullRequest) -> None:
    """From now on only collaborators may say something."""
    pull.locked = True
    tell(actor, pull, "locked")


def edit(actor: Actor, pull: PullRequest, title: str | None, body: str | None, base: str | None) -> None:
    """A new title, text or base branch; what was there before is told."""
    changes: Json = {}
    if title is not None and title != pull.title:
        changes["title"], pull.title = {"from": pull.title}, title
    if body is not None and body != pull.body:
        changes["body"], pull.body = {"from": pull.body or ""}, body
    if base is not None and base != pull.base:
        sha = pull.repo.git.branches().get(base)
        if sha is None:
            raise invalid("PullRequest", ("base", "invalid", ""))
        changes["base"] = {"ref": {"from": pull.base}, "sha": {"from": pull.base_sha}}
        pull.base, pull.base_sha = base, sha
    if changes:
        tell(actor, pull, "edited", changes=changes)


def set_draft(actor: Actor, pull: PullRequest, draft: bool) -> None:
    if pull.draft != draft:
        pull.draft = draft
        tell(actor, pull, "converted_to_draft" if draft else "ready_for_review")


def label(actor: Actor, pull: PullRequest, name: str) -> None:
    if name not in pull.labels:
        pull.labels.append(name)
        tell(actor, pull, "labeled", label=issue_shapes.label(actor.shapes, pull.repo, name))


def unlabel(actor: Actor, pull: PullRequest, name: str) -> None:
    if name in pull.labels:
        pull.labels.remove(name)
        tell(actor, pull, "unlabeled", label=issue_shapes.label(actor.shapes, pull.repo, name))


def close(actor: Actor, pull: PullRequest) -> None:
    if pull.state == "open":
        pull.state, pull.closed_at = "closed", now()
        tell(actor, pull, "closed")


def reopen(actor: Actor, pull: PullRequest) -> None:
    """With what its branches hold today; not after it was merged, nor without its branches."""
    if pull.state == "open":
        return
    source = actor.hub.repos.get(pull.head.repo_id)
    sha = source.git.branches().get(pull.head.branch) if source else None
    base_sha = pull.repo.git.branches().get(pull.base)
    if pull.merged_at or source is None or sha is None or base_sha is None:
        raise invalid("PullRequest", ("state", "invalid", "state cannot be changed."))
    pull.state, pull.closed_at = "open", None
    pull.head, pull.base_sha = replace(pull.head, sha=sha), base_sha
    _keep_head(source, pull)
    tell(actor, pull, "reopened")


def merge(
    actor: Actor, pull: PullRequest, method: str = "merge", title: str = "", message: str = "", sha: str = ""
) -> str:
    """The commit on the base branch, made by git; `sha` is where the caller believes the head to be."""
    repo = pull.repo
    if method not in METHODS:
        raise Refused(405, f"{method.capitalize()} merges are not allowed on this repository.")
    if pull.draft:
        raise Refused(405, "Pull Request is still a draft")
    if sha and sha != pull.head.sha:
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    with repo.pushing:
        before = repo.git.refs()
        made = merge_commit(actor, pull, method, title, message) if pull.state == "open" else None
        if made is None:
            raise Refused(405, "Pull Request is not mergeable")
        repo.git.set_ref(f"refs/heads/{pull.base}", made)
        repo.pushed_at = now()
        _mark_merged(actor, pull, made)
        pushed(actor, repo, before, merged=True)
    tell(actor, pull, "closed")
    return made


def queue(actor: Actor, pull: PullRequest) -> str:
    """Into the merge queue: a merge on a branch of its own, where checks have to pass first; its commit."""
    repo = pull.repo
    with repo.pushing:
        before = repo.git.refs()
        base_sha = repo.git.branches()[pull.base]
        made = merge_commit(actor, pull, "merge", "", "") if pull.state == "open" else None
        if made is None:
            raise Refused(405, "Pull Request is not mergeable")
        ref = f"refs/heads/gh-readonly-queue/{pull.base}/pr-{pull.number}-{base_sha}"
        repo.git.set_ref(ref, made)
        pushed(actor, repo, before)
    group = {
        "head_sha": made,
        "head_ref": ref,
        "base_sha": base_sha,
        "base_ref": f"refs/heads/{pull.base}",
        "head_commit": actor.shapes.head_commit(repo.git.commit(made)),
    }
    actor.tell("merge_group", repo, {"action": "checks_requested", "merge_group": group})
    return made


def pushed(actor: Actor, repo: Repo, before: Mapping[str, str], *, merged: bool = False) -> None:
    """Tell of a push, and then of the pull requests that it moved: new commits, a merge, a branch that is gone."""
    pushes.tell(actor, repo, before, merged=merged)
    for above in repo.forked_from:
        # A fork shares its commits with its whole network: who knows one's sha can name it above too.
        above.git.fetch(repo.git, "refs/heads/*", f"refs/forks/{repo.id}/*")
    tips = repo.git.branches()
    branches = {ref.removeprefix("refs/heads/") for ref in pushes.moved(before, repo.git.refs())}
    for pull in actor.hub.pulls():
        if pull.state == "open" and pull.repo is repo and pull.base in branches:
            _follow_base(actor, pull, tips.get(pull.base))
        if pull.state == "open" and pull.head.repo_id == repo.id and pull.head.branch in branches:
            _follow_head(actor, repo, pull, tips.get(pull.head.branch))


def tell(actor: Actor, pull: PullRequest, action: str, **more: object) -> None:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request"""
    pull.updated_at = now()
    if actor.is_heard("pull_request", pull.repo, action):
        shown = pull_shapes.whole(actor.shapes, pull)
        actor.tell(
            "pull_request",
            pull.repo,
            {"action": action, "number": pull.number, "pull_request": shown, **more},
        )


def _custom(message: str) -> Refused:
    return Refused(
        422,
        "Validation Failed",
        errors=[{"resource": "PullRequest", "code": "custom", "message": message}],
    )


def _keep_head(source: Repo, pull: PullRequest) -> None:
    """The base repository has the commits too, whatever becomes of the branch."""
    if source is pull.repo:
        pull.repo.git.set_ref(pull.ref, pull.head.sha)
    else:
        pull.repo.git.fetch(source.git, f"refs/heads/{pull.head.branch}", pull.ref)


def _follow_base(actor: Actor, pull: PullRequest, tip: str | None) -> None:
    if tip is None:
        close(actor, pull)
    elif pull.repo.git.is_ancestor(pull.head.sha, tip):
        _mark_merged(actor, pull, tip)
        tell(actor, pull, "closed")


def _follow_head(actor: Actor, source: Repo, pull: PullRequest, tip: str | None) -> None:
    if tip is None:
        close(actor, pull)
        return
    old, pull.head = pull.head.sha, replace(pull.head, sha=tip)
    pull.base_sha = pull.repo.git.branches()[pull.base]
    before = pull.repo.git.refs()
    _keep_head(source, pull)
    if source is not pull.repo:
        actor.hub.replicas.pushed(pull.repo, before)
    tell(actor, pull, "synchronize", before=old, after=tip)


def _mark_merged(actor: Actor, pull: PullRequest, sha: str) -> None:
    pull.state, pull.merge_sha, pull.merged_by = "closed", sha, actor.login
    pull.merged_at = pull.closed_at = now()
