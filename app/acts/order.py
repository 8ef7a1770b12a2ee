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

AHEAD, BEHIND, SAME = "ahead", "behind", "identical"


def insist_on_wanted(github: GitHub, commit: Commit, rival: Callable[[], str]) -> None:
    """The same before traffic moves; Superseded too where the App may not act any more, though it can be read still.

    Both are asked at once: this stands between a good revision and its traffic. That the App was taken off counts
    first, since it makes every other answer a refusal.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="newest") as beside:
        newest = beside.submit(copy_context().run, insist_on_newest, github, commit, rival)
        _insist_on_reach(github, commit)
    newest.result()


def insist_on_newest(github: GitHub, commit: Commit, rival: Callable[[], str], at_work: str = "") -> None:
    """Raise Superseded when the branch, or its `rival` (what serves, or is about to), has left this commit behind.

    The head of the branch is always wanted, also when it is older than what serves: that is a revert
    or a force push. An ancestor of the head is wanted until something newer on the branch serves.
    What would end this commit's way, or that of the commit `at_work` which would have to make way, is believed once
    GitHub has had the time to hear of the newer push.
    """

    def look() -> Superseded | None:
        return _superseded(github, commit, rival)

    def doubtful(found: Superseded | None) -> bool:
        return found is not None or _is_newer(github, at_work, commit)

    if superseded := github.settled(look, doubtful):
        raise superseded


def _is_newer(github: GitHub, other: str, commit: Commit) -> bool:
    """Whether that one's commit follows on this one, although nothing shows that the branch has it."""
    if commit.pull_request or commit.tag or not is_commit(other):
        return False
    return github.compare(commit.repository, commit.sha, other).status == AHEAD


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
    if github.compare(repository, commit.sha, head).status != AHEAD:
        raise Superseded(head)
    serving = rival()
    if is_commit(serving) and serving != commit.sha:
        ours = github.compare(repository, serving, commit.sha).status
        serving_is_on_branch = github.compare(repository, serving, head).status in (AHEAD, SAME)
        if ours != AHEAD and serving_is_on_branch:
            raise Superseded(serving)


def _insist_on_reach(github: GitHub, commit: Commit) -> None:
    if lost := github.lost(commit.repository):
        raise Superseded(lost)


def _insist_within(github: GitHub, commit: Commit) -> None:
    """A person asked for it where a branch had it that is not its own: that may have been pushed anew since."""
    head = github.branch_head(commit.repository, commit.within)
    status = github.compare(commit.repository, head, commit.sha).status if head else ""
    if status not in (BEHIND, SAME):
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
    if github.compare(commit.repository, commit.sha, serving).status == AHEAD:
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
