"""What each event asks for, decided from the payload alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import handlers
from app.delivery import Refused
from app.model import (
    RERUN,
    Commit,
    Delivery,
    Deploy,
    HearComment,
    Ignore,
    LeaveRepository,
    LookAtPullRequest,
    PressButton,
    Repository,
)

OLD, NEW, TREE, ZEROS = "a" * 40, "b" * 40, "c" * 40, "0" * 40


def delivery(event: str, action: str | None = None, **payload: Any) -> Delivery:
    told = payload | ({"action": action} if action else {})
    return Delivery("72d3162e", event, action, json.dumps(told).encode())


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


@pytest.mark.parametrize(
    ("author", "shown"), [({"username": "grace"}, "grace"), ({"name": "Grace"}, "ada"), (None, "ada")]
)
def test_a_commit_is_its_authors(author: dict[str, str] | None, shown: str) -> None:
    """The account of who wrote it, or of who pushed it where the author has none at GitHub."""
    head = {"id": NEW, "tree_id": TREE, "message": "A change", "author": author}
    [job] = handlers.route(push(head_commit=head, sender={"login": "ada"}))
    assert isinstance(job, Deploy) and job.commit.author == shown


@pytest.mark.parametrize(
    ("timestamp", "written"),
    [
        ("2026-11-28T14:00:00+01:00", 1795870800.0),
        ("2026-11-28T13:00:00Z", 1795870800.0),
        ("1969-01-01T00:00:00Z", 0.0),
        ("2026-11-28T14:00:00+518:00", 0.0),
        (None, 0.0),
    ],
)
def test_a_commit_has_its_committers_time(timestamp: str | None, written: float) -> None:
    """From which its lead time is counted; a time that no calendar has keeps no push from being deployed."""
    head = {"id": NEW, "tree_id": TREE, "message": "A change", "timestamp": timestamp}
    [job] = handlers.route(push(head_commit=head))
    assert isinstance(job, Deploy) and job.commit.written == written


@pytest.mark.parametrize("changes", [{"created": True}, {"before": ZEROS}, {"forced": True}])
def test_what_cannot_be_compared_with_is_empty(changes: dict[str, Any]) -> None:
    """A new branch and a force push have no `before`: everything counts as changed."""
    (job,) = handlers.route(push(**changes))
    assert isinstance(job, Deploy)
    assert job.before == ""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            push(ref="refs/notes/x"),
            "refs/notes/x is neither a branch nor a tag; only pushes of those deploy.",
        ),
        (
            push(ref="refs/tags/v1", deleted=True, after=ZEROS, head_commit=None),
            "The tag v1 was deleted; what it brought serves on.",
        ),
        (push(ref="refs/tags/v1", head_commit=None), "The tag v1 names no commit."),
        (push(deleted=True, after=ZEROS, head_commit=None), "The branch main was deleted."),
        (push("Typo [skip ci]"), "The message of bbbbbbb says [skip ci]."),
        (push("Typo [Skip Deploy]"), "The message of bbbbbbb says [skip deploy]."),
        (push("Typo\n\n\nskip-checks: true"), "The message of bbbbbbb says skip-checks: true."),
        (
            push(installation=None),
            "This is a repository's own webhook; ServerGem acts on those of its GitHub App.",
        ),
    ],
)
def test_a_push_that_deploys_nothing_says_why(given: Delivery, reason: str) -> None:
    """Notes, deletions, marks in the message and strangers' webhooks are ignored with the reason."""
    assert handlers.route(given) == (Ignore(reason),)


def test_a_push_of_a_tag_deploys_the_commit_that_it_names() -> None:
    """Of an annotated one `after` is the tag itself; a mark in the message was about the push of the commit."""
    (job,) = handlers.route(push("Release [skip ci]", ref="refs/tags/v1", after=OLD, before=ZEROS))
    repository = Repository(7, "acme", "hello", 42, "main")
    commit = Commit(repository, NEW, "main", "Release [skip ci]", TREE, tag="v1")
    assert job == Deploy(commit, "", "72d3162e")


def test_only_the_head_commits_message_counts() -> None:
    """A mark in an older commit of the same push skips nothing."""
    (job,) = handlers.route(push(commits=[{"message": "[skip ci]"}]))
    assert isinstance(job, Deploy)


def test_a_mark_in_a_squashed_body_skips_nothing() -> None:
    """GitHub puts the messages of all commits into the body of a squash; none of them speaks for it."""
    (job,) = handlers.route(push("Add a button (#7)\n\n* Typo [skip ci]\n\n* Draw it"))
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
        {"repository": {"id": 10**30, "full_name": "acme/hello"}},
        {"installation": {"id": 2**63}},
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
            "external_id": "72d-hello-production",
            "check_suite": {"head_branch": "main"},
        },
        "repository": {"id": 7, "full_name": "acme/hello", "default_branch": "main"},
        "sender": {"login": "ada"},
        "installation": {"id": 42},
    }
    told = payload | changes
    return Delivery("72d3162e", "check_run", told["action"], json.dumps(told).encode())


PRESS = PressButton(
    Repository(7, "acme", "hello", 42, "main"),
    NEW,
    "main",
    RERUN,
    "ada",
    "72d3162e",
    check_name="ServerGem / hello (production)",
    deployment_id="72d-hello-production",
)


def test_a_rerun_is_a_press() -> None:
    """The commit, the branch, the deployment and the person come from the check run."""
    assert handlers.route(rerun()) == (PRESS,)


def test_a_button_is_a_press() -> None:
    """A button of our own comes back by the identifier that we gave it."""
    pressed = rerun(action="requested_action", requested_action={"identifier": "extend"})
    assert handlers.route(pressed) == (replace(PRESS, button="extend"),)


def test_a_button_without_a_name_is_refused() -> None:
    """GitHub always names it."""
    with pytest.raises(Refused):
        handlers.route(rerun(action="requested_action"))


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
    (job,) = handlers.route(delivery("star", "created"))
    assert job == Ignore("ServerGem does not act on the event star.created.")


def test_each_file_is_an_event() -> None:
    """The files of handlers/ are the whole list of events: each answers under its file's name, and no other does."""
    files = {path.stem for path in Path(handlers.__path__[0]).glob("*.py")} - {"__init__"}
    assert {event for event in files if answered(event)} == files == set(handlers.HANDLERS)
    assert not answered("star")


def answered(event: str) -> bool:
    """Whether a delivery of this event comes to a handler, which may refuse its empty body."""
    try:
        jobs = handlers.route(Delivery("d", event, None, b"{}"))
    except Refused:
        return True
    return not any(isinstance(job, Ignore) and "does not act on the event" in job.reason for job in jobs)


REPOSITORY = {"id": 7, "full_name": "acme/hello", "default_branch": "main"}
HOME = Repository(7, "acme", "hello", 42, "main")


def pull_request(action: str, **more: Any) -> Delivery:
    told = {"number": 12, "repository": REPOSITORY, "installation": {"id": 42}, "pull_request": {}}
    return delivery("pull_request", action, **(told | more))


@pytest.mark.parametrize(
    "action", ["opened", "reopened", "synchronize", "ready_for_review", "labeled", "closed"]
)
def test_news_of_a_pull_request_is_a_look_at_it(action: str) -> None:
    """The event says when to look, and nothing else of it is believed."""
    (job,) = handlers.route(pull_request(action))
    assert job == LookAtPullRequest(HOME, 12, "72d3162e")


def test_only_another_base_makes_an_edit_news() -> None:
    """A new title changes no preview."""
    (title,) = handlers.route(pull_request("edited", changes={"title": {"from": "Old"}}))
    (base,) = handlers.route(pull_request("edited", changes={"base": {"ref": {"from": "main"}}}))
    assert isinstance(title, Ignore)
    assert isinstance(base, LookAtPullRequest)


def said(body: str, **more: Any) -> Delivery:
    comment = {
        "id": 5,
        "body": body,
        "user": {"login": "ada", "type": "User"},
        "created_at": "2026-11-24T10:00:00Z",
    } | more
    told = {
        "issue": {"number": 12, "pull_request": {}},
        "comment": comment,
        "repository": REPOSITORY,
        "installation": {"id": 42},
    }
    return delivery("issue_comment", "created", **told)


def test_a_comment_with_a_command_is_heard() -> None:
    """Who said it, where and when come with it."""
    (job,) = handlers.route(said("/deploy"))
    assert isinstance(job, HearComment)
    assert (job.author, job.number, job.text) == ("ada", 12, "/deploy")


@pytest.mark.parametrize(
    "heard",
    [
        said("Looks good to me"),
        said("> /deploy"),
        said("/deploy", user={"login": "x[bot]", "type": "Bot"}),
        delivery(
            "issue_comment",
            "created",
            issue={"number": 3},
            comment={"id": 1, "body": "/deploy", "user": {"login": "ada"}, "created_at": ""},
            repository=REPOSITORY,
            installation={"id": 42},
        ),
        delivery("issue_comment", "edited"),
    ],
)
def test_other_comments_are_ignored(heard: Delivery) -> None:
    """Talk, quotes, robots, issues and edits ask nothing of us."""
    (job,) = handlers.route(heard)
    assert isinstance(job, Ignore)


def test_a_removed_installation_is_a_farewell_to_each_repository() -> None:
    """Nothing of its previews may stay behind."""
    named = [{"id": 7, "full_name": "acme/hello"}, {"id": 8, "full_name": "acme/shop"}]
    jobs = handlers.route(delivery("installation", "deleted", installation={"id": 42}, repositories=named))
    assert [job.repository.id for job in jobs if isinstance(job, LeaveRepository)] == [7, 8]
