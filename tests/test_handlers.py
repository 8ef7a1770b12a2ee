"""What each event asks for, decided from the payload alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

import handlers
from app.delivery import Refused
from app.model import Commit, Delivery, Deploy, Ignore, Repository

OLD, NEW, TREE, ZEROS = "a" * 40, "b" * 40, "c" * 40, "0" * 40


def delivery(event: str, action: str | None = None, **payload: Any) -> Delivery:
    return Delivery("72d3162e", event, action, json.dumps(payload).encode())


def push(message: str = "A change", **changes: Any) -> Delivery:
    payload: dict[str, Any] = {
        "ref": "refs/heads/main",
        "before": OLD,
        "after": NEW,
        "created": False,
        "deleted": False,
        "forced": False,
        "repository": {
            "id": 7,
            "full_name": "acme/hello",
            "default_branch": "main",
            "created_at": 1_600_000_000,
            "owner": {"login": "acme"},
        },
        "head_commit": {"id": NEW, "tree_id": TREE, "message": message},
        "installation": {"id": 42, "node_id": "x"},
    }
    return delivery("push", None, **(payload | changes))


def test_a_push_to_a_branch_deploys_its_head() -> None:
    """Commit, tree, branch and what it was before all come from the payload."""
    repository = Repository(7, "acme", "hello", 42, "main")
    commit = Commit(repository, NEW, "feature/x", "A change", TREE)
    assert handlers.route(push(ref="refs/heads/feature/x")) == (Deploy(commit, OLD, "72d3162e"),)


@pytest.mark.parametrize("changes", [{"created": True}, {"before": ZEROS}, {"forced": True}])
def test_what_cannot_be_compared_with_is_empty(changes: dict[str, Any]) -> None:
    """A new branch and a force push have no `before`: everything counts as changed."""
    (job,) = handlers.route(push(**changes))
    assert isinstance(job, Deploy)
    assert job.before == ""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (push(ref="refs/tags/v1"), "v1 is a tag; pushes of branches deploy."),
        (push(ref="refs/notes/x"), "refs/notes/x is not a branch; pushes of branches deploy."),
        (push(deleted=True, after=ZEROS, head_commit=None), "The branch main was deleted."),
        (push("Typo [skip ci]"), "The message of bbbbbbb says [skip ci]."),
        (push("Typo\n\n[Skip Deploy]"), "The message of bbbbbbb says [skip deploy]."),
        (
            push(installation=None),
            "This is a repository's own webhook; ServerGem acts on those of its GitHub App.",
        ),
    ],
)
def test_a_push_that_deploys_nothing_says_why(given: Delivery, reason: str) -> None:
    """Tags, deletions, marks in the message and strangers' webhooks are ignored with the reason."""
    assert handlers.route(given) == (Ignore(reason),)


def test_only_the_head_commits_message_counts() -> None:
    """A mark in an older commit of the same push skips nothing."""
    (job,) = handlers.route(push(commits=[{"message": "[skip ci]"}]))
    assert isinstance(job, Deploy)


@pytest.mark.parametrize(
    "changes",
    [
        {"after": "../../etc"},
        {"after": NEW + "\n"},
        {"before": None},
        {"ref": 3},
        {"repository": {"id": "7", "full_name": "acme/hello"}},
        {"repository": {"id": 7, "full_name": "acme/hello/../x"}},
        {"head_commit": {"id": NEW}},
        {"installation": {}},
    ],
)
def test_a_push_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    """Signed but not of GitHub's form is a 400 that names the field."""
    with pytest.raises(Refused) as caught:
        handlers.route(push(**changes))
    assert caught.value.status == 400
    assert "`" in caught.value.reason


def rerun(**changes: Any) -> Delivery:
    payload: dict[str, Any] = {
        "action": "rerequested",
        "check_run": {
            "name": "ServerGem / hello (production)",
            "head_sha": NEW,
            "check_suite": {"head_branch": "main"},
        },
        "repository": {"id": 7, "full_name": "acme/hello", "default_branch": "main"},
        "installation": {"id": 42},
    }
    text = json.dumps(payload | changes).encode()
    return Delivery("72d3162e", "check_run", "rerequested", text)


def test_a_rerun_deploys_the_service_of_that_check_run() -> None:
    """The commit, the branch and the one name come from the check run."""
    commit = Commit(Repository(7, "acme", "hello", 42, "main"), NEW, "main")
    wanted = Deploy(commit, delivery_id="72d3162e", only="ServerGem / hello (production)")
    assert handlers.route(rerun()) == (wanted,)


@pytest.mark.parametrize(
    "changes", [{"check_run": {}}, {"repository": None}, {"check_run": {"name": "x", "head_sha": "../x"}}]
)
def test_a_rerun_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    """Signed but not of GitHub's form is a 400."""
    with pytest.raises(Refused) as caught:
        handlers.route(rerun(**changes))
    assert caught.value.status == 400


def test_other_news_of_check_runs_are_ignored() -> None:
    """That a check run was created or completed is no reason to deploy."""
    (job,) = handlers.route(delivery("check_run", "completed"))
    assert job == Ignore("ServerGem does not act on check_run.completed.")


def test_ping_is_ignored() -> None:
    """A ping needs no work."""
    (job,) = handlers.route(delivery("ping", zen="Design for failure."))
    assert isinstance(job, Ignore)


def test_an_unknown_event_is_ignored_by_name() -> None:
    """GitHub may send new events and actions at any time; they are answered with their name."""
    (job,) = handlers.route(delivery("check_suite", "requested"))
    assert job == Ignore("ServerGem does not act on the event check_suite.requested.")


def test_each_file_is_an_event() -> None:
    """The files of handlers/ are the whole list of events."""
    assert {"push", "ping", "check_run"} <= set(handlers.HANDLERS)
