"""What a push did to a repository's refs, told as GitHub tells it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from sandbox.github import check_events
from sandbox.github.actors import Actor
from sandbox.github.git import EMPTY_TREE, NO_COMMIT
from sandbox.github.git_words import CommitFacts
from sandbox.github.records import Activity, Repo
from sandbox.github.shapes import Shapes
from sandbox.github.words import Json, now

MOST_COMMITS = 2048
# More tags, or branches, at once than these are pushed in silence.
MOST_TAGS, MOST_BRANCHES = 3, 5000
_ids = itertools.count(31_000_000_001)


def tell(actor: Actor, repo: Repo, before: Mapping[str, str], *, merged: bool = False) -> None:
    """One push event for each branch and tag that changed, and what is new, gone or to be checked."""
    after = repo.git.refs()
    actor.hub.replicas.pushed(repo, before)
    changed = sorted(moved(before, after))
    branches = [ref for ref in changed if ref.startswith("refs/heads/")]
    tags = [ref for ref in changed if ref.startswith("refs/tags/")]
    loud = (branches if len(branches) <= MOST_BRANCHES else []) + (tags if len(tags) <= MOST_TAGS else [])
    repo.activities += [_activity(actor, repo, ref, before, after, merged=merged) for ref in branches]
    for ref in loud:
        _tell_of_name(actor, repo, ref, before, after)
        if actor.is_heard("push", repo):
            actor.tell("push", repo, _payload(actor, repo, ref, before, after))
        if ref in branches and ref in after and actor.hub.installed_on(repo) is not None:
            # GitHub makes a suite for every App that may write checks, whether or not it hears of it.
            suite = actor.hub.suite_of(repo, after[ref], ref.removeprefix("refs/heads/"))
            if actor.is_heard("check_suite", repo, "requested"):
                check_events.tell_suite(actor, suite, "requested")


def moved(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The refs that are not what they were."""
    return {ref for ref in before.keys() | after.keys() if before.get(ref) != after.get(ref)}


def _activity(
    actor: Actor, repo: Repo, ref: str, before: Mapping[str, str], after: Mapping[str, str], *, merged: bool
) -> Activity:
    """https://docs.github.com/rest/repos/repos#list-repository-activities"""
    old, new = before.get(ref, NO_COMMIT), after.get(ref, NO_COMMIT)
    if old == NO_COMMIT:
        kind = "branch_creation"
    elif new == NO_COMMIT:
        kind = "branch_deletion"
    elif merged:
        kind = "pr_merge"
    else:
        kind = "push" if repo.git.is_ancestor(old, new) else "force_push"
    return Activity(next(_ids), kind, ref, old, new, actor.login, now())


def _tell_of_name(
    actor: Actor, repo: Repo, ref: str, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    """A branch or a tag is new, or gone."""
    kind = "branch" if ref.startswith("refs/heads/") else "tag"
    told = {"ref": ref.split("/", 2)[2], "ref_type": kind, "pusher_type": "user"}
    if ref not in before:
        main = repo.git.default_branch
        actor.tell("create", repo, {**told, "master_branch": main, "description": None})
    elif ref not in after:
        actor.tell("delete", repo, told)


def _payload(actor: Actor, repo: Repo, ref: str, before: Mapping[str, str], after: Mapping[str, str]) -> Json:
    shapes, pusher = actor.shapes, actor.login
    old, new = before.get(ref, NO_COMMIT), after.get(ref, NO_COMMIT)
    created, deleted = old == NO_COMMIT, new == NO_COMMIT
    tip = repo.git.resolve(new) if not deleted else None
    known = {sha for name, sha in before.items() if name.startswith(("refs/heads/", "refs/tags/"))}
    commits = [] if deleted or ref.startswith("refs/tags/") else _pushed(repo, old, new, known)
    new_ones = {c.sha for c in (repo.git.log(new, "--not", *known, limit=MOST_COMMITS) if tip else ())}
    head = _commit(repo, shapes, repo.git.commit(tip), tip in new_ones) if tip else None
    same = next(
        (r for r, sha in before.items() if created and sha == new and r.startswith("refs/heads/")), None
    )
    forced = not created and not deleted and not repo.git.is_ancestor(old, new)
    return {
        "ref": ref,
        "before": old,
        "after": new,
        "repository": shapes.pushed_repository(repo),
        "pusher": {"name": pusher, "email": f"{pusher}@users.noreply.github.com"},
        "created": created,
        "deleted": deleted,
        "forced": forced,
        "base_ref": same,
        "compare": _compare(shapes.html(repo), ref, old, new),
        "commits": [_commit(repo, shapes, commit, commit.sha in new_ones) for commit in commits],
        "head_commit": head,
    }


def _pushed(repo: Repo, old: str, new: str, known: set[str]) -> list[CommitFacts]:
    """Oldest first; for a new branch what no other branch had."""
    without = sorted(known) if old == NO_COMMIT else [old]
    return list(reversed(repo.git.log(new, "--not", *without, limit=MOST_COMMITS)))


def _commit(repo: Repo, shapes: Shapes, commit: CommitFacts, distinct: bool) -> Json:
    changes = repo.git.changes(commit.parents[0] if commit.parents else EMPTY_TREE, commit.sha)
    paths: dict[str, list[str]] = {"added": [], "removed": [], "modified": []}
    for change in changes:
        if change.previous and change.status == "renamed":
            paths["removed"].append(change.previous)
        kind = change.status if change.status in ("added", "removed") else "modified"
        paths["added" if change.previous else kind].append(change.path)
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": distinct,
        "message": commit.message,
        "timestamp": commit.committer.when,
        "url": f"{shapes.html(repo)}/commit/{commit.sha}",
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
        **paths,
    }


def _compare(html: str, ref: str, old: str, new: str) -> str:
    if old == NO_COMMIT:
        return f"{html}/compare/{ref.split('/', 2)[2]}"
    return f"{html}/compare/{old[:12]}...{new[:12]}"
