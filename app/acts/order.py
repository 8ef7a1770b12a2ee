"""Order: may this commit go on? Decided by the branch's head and by ancestry, never by when a webhook came."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from app.github import GitHub
from app.model import Commit, Superseded, Target
from app.verdict import is_commit
from gcp import cloud_run
from gcp.cloud import Google


def insist_on_newest(github: GitHub, commit: Commit, rival: Callable[[], str], at_work: str = "") -> None:
    """Raise Superseded when this commit is not to be deployed any more, by what GitHub says now.

    The head of the branch is always wanted, even when it is older than what serves: that is a revert or a force
    push. An ancestor of the head is wanted until something newer on the branch serves. `rival` gives the commit that
    serves, or is about to, and is called only where that matters; `at_work` is the commit that would have to make way.
    An answer that would end the one or the other is asked for again until GitHub has had time to hear of a push.
    """

    def look() -> Superseded | None:
        return _superseded(github, commit, rival)

    def doubtful(found: Superseded | None) -> bool:
        return found is not None or _is_newer(github, at_work, commit)

    if superseded := github.settled(look, doubtful):
        raise superseded


def insist_on_wanted(github: GitHub, commit: Commit, rival: Callable[[], str]) -> None:
    """Raise Superseded as `insist_on_newest` does, and where the App may no longer act: before traffic moves.

    Both are asked at once, since a good revision waits for the answers. That the App was taken off counts first: it
    makes every other answer a refusal.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="newest") as beside:
        newest = beside.submit(copy_context().run, insist_on_newest, github, commit, rival)
        _insist_on_reach(github, commit)
    newest.result()


def _is_newer(github: GitHub, other: str, commit: Commit) -> bool:
    """Whether that one's commit follows on this one, although nothing shows that the branch has it."""
    if commit.pull_request or commit.tag or not is_commit(other):
        return False
    return github.compare(commit.repository, commit.sha, other).is_ahead


def _superseded(github: GitHub, commit: Commit, rival: Callable[[], str]) -> Superseded | None:
    try:
        if commit.pull_request:
            _insist_on_open(github, commit)
        elif commit.tag:
            _insist_on_tag(github, commit, rival)
        else:
            _insist_on_branch(github, commit, rival)
    except Superseded as superseded:
        return superseded
    return None


def _insist_on_branch(github: GitHub, commit: Commit, rival: Callable[[], str]) -> None:
    repository = commit.repository
    if commit.within:
        _insist_within(github, commit)
    head = github.branch_head(repository, commit.branch)
    if head == commit.sha:
        return
    if head is None:
        _insist_on_reach(github, commit)
        raise Superseded(f"the branch {commit.branch} was deleted")
    if not github.compare(repository, commit.sha, head).is_ahead:
        raise Superseded(head)
    serving = rival()
    if is_commit(serving) and serving != commit.sha:
        follows = github.compare(repository, serving, commit.sha).is_ahead
        serving_is_on_branch = github.compare(repository, serving, head).has_base
        if serving_is_on_branch and not follows:
            raise Superseded(serving)


def _insist_on_reach(github: GitHub, commit: Commit) -> None:
    if lost := github.lost(commit.repository):
        raise Superseded(lost)


def _insist_within(github: GitHub, commit: Commit) -> None:
    """A person asked for it where a branch had it that is not its own: that may have been pushed anew since."""
    head = github.branch_head(commit.repository, commit.within)
    if head is None or not github.compare(commit.repository, head, commit.sha).is_in_base:
        raise Superseded(f"the branch {commit.within} does not have {commit.short} any more")


def _insist_on_tag(github: GitHub, commit: Commit, rival: Callable[[], str]) -> None:
    """A tag is wanted while it names this commit, and nothing newer serves, but what it named itself before."""
    named = github.tagged(commit.repository, commit.tag)
    if named is None:
        _insist_on_reach(github, commit)
        raise Superseded(f"the tag {commit.tag} was deleted")
    if named != commit.sha:
        raise Superseded(named)
    serving = rival()
    if not is_commit(serving) or serving in (commit.sha, commit.replaces):
        return
    if github.compare(commit.repository, commit.sha, serving).is_ahead:
        raise Superseded(serving)


def _insist_on_open(github: GitHub, commit: Commit) -> None:
    """A preview is wanted while its pull request is open and has this head."""
    pull = github.pull_request(commit.repository, commit.pull_request)
    if pull is None:
        _insist_on_reach(github, commit)
    if pull is None or not pull.open:
        end = "merged" if pull is not None and pull.merged else "closed"
        raise Superseded(f"pull request {commit.pull_request} was {end}")
    if pull.head_sha != commit.sha:
        raise Superseded(pull.head_sha)


def serving_commit(google: Google, target: Target) -> str:
    """The commit that serves now; empty when nothing serves or somebody else deployed it."""
    state = cloud_run.service(google, target.project, target.region, target.name)
    if state is None:
        return ""
    return cloud_run.commit_of(google, target.project, target.region, target.name, state.serving)


def nobody() -> str:
    """The rival of a commit that has none."""
    return ""


def nothing_newer(_github: GitHub, _commit: Commit, _rival: Callable[[], str], _at_work: str = "") -> None:
    """For what a person has asked for, whatever the branch says."""
