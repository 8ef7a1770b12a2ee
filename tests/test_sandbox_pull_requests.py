"""Pull requests, forks, comments and buttons in the sandbox's GitHub, and what the App is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from github import Auth, Github

from sandbox.github.answers import Refused
from tests.test_sandbox_github import NAME, Desk, desk_in

MANIFEST = """name: ServerGem
url: https://example.com/servergem
default_permissions:
  {metadata: read, contents: write, checks: write, deployments: write, pull_requests: write, issues: write,
   administration: write, actions: read}
default_events: [push, pull_request, issue_comment, check_run, check_suite, repository, create, delete]
"""
ROOT = f"/repos/{NAME}"
Json = dict[str, Any]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, MANIFEST) as desk:
        yield desk


def told(desk: Desk, *events: str) -> list[tuple[str, Json]]:
    """What was delivered so far, as `event.action` and payload; of these events, or of pull requests."""
    desk.github.deliveries.settle()
    assert {each.status for each in desk.github.deliveries.attempts()} <= {"OK"}
    came = [
        (headers["x-github-event"], payload)
        for (headers, _), payload in zip(desk.receiver.came, desk.receiver.payloads, strict=True)
    ]
    return [
        (f"{event}.{payload['action']}" if "action" in payload else event, payload)
        for event, payload in came
        if event in (events or ("pull_request",))
    ]


def names(desk: Desk, *events: str) -> list[str]:
    return [name for name, _ in told(desk, *events)]


def feature(desk: Desk, branch: str = "feature", path: str = "feature.txt") -> str:
    """A branch with one commit more than main; its head."""
    if not desk.github.hub.of(NAME).git.branches():
        desk.push("One", main_py="one\n")
    desk.git("checkout", "-q", "-B", branch, "origin/main")
    (desk.work / path).write_text(f"{branch}\n")
    return desk.push(f"Write {path}", branch=branch)


def feature_push(desk: Desk, branch: str = "feature") -> str:
    return desk.push("More", branch=branch, more_txt="more\n")


def test_a_pull_request_is_told_from_its_opening_to_its_merge(desk: Desk) -> None:
    """opened, synchronize after its push, closed with merged true after the push of the merge."""
    first = feature(desk)
    number = desk.github.open_pull_request(NAME, "feature", title="A feature", author="ada", body="Please.")
    second = feature_push(desk)
    merged = desk.github.merge_pull_request(NAME, number)
    all_of_it = told(desk, "push", "pull_request")
    assert [name for name, _ in all_of_it[-5:]] == [
        "pull_request.opened",
        "push",
        "pull_request.synchronize",
        "push",
        "pull_request.closed",
    ]
    opened, _, moved, push, closed = (payload for _, payload in all_of_it[-5:])
    assert opened["pull_request"]["head"]["sha"] == first
    assert (opened["pull_request"]["commits"], opened["pull_request"]["changed_files"]) == (1, 1)
    assert (moved["before"], moved["after"]) == (first, second)
    assert push["after"] == merged
    assert (closed["pull_request"]["merged"], closed["pull_request"]["merge_commit_sha"]) == (True, merged)
    desk.git("fetch", "-q", "origin", "main", f"refs/pull/{number}/head")
    assert desk.git("rev-parse", f"{merged}^2") == second
    assert desk.git("log", "-1", "--format=%s", merged) == f"Merge pull request #{number} from acme/feature"


def test_each_change_of_a_pull_request_has_its_own_action(desk: Desk) -> None:
    """Draft and ready, base and title, labels, closed without a merge, and open again."""
    feature(desk)
    desk.git("push", "-q", "origin", "origin/main:refs/heads/stable")
    github = desk.github
    number = github.open_pull_request(NAME, "feature", draft=True)
    github.ready_for_review(NAME, number)
    github.set_draft(NAME, number)
    github.change_base(NAME, number, "stable")
    github.edit_pull_request(NAME, number, title="Better")
    github.label(NAME, number, "preview")
    github.unlabel(NAME, number, "preview")
    github.close_pull_request(NAME, number)
    github.reopen_pull_request(NAME, number)
    came = told(desk)
    assert [name.partition(".")[2] for name, _ in came] == [
        "opened",
        "ready_for_review",
        "converted_to_draft",
        "edited",
        "edited",
        "labeled",
        "unlabeled",
        "closed",
        "reopened",
    ]
    opened, ready, _, based, titled, labeled, _, closed, _ = (payload for _, payload in came)
    assert (opened["pull_request"]["draft"], ready["pull_request"]["draft"]) == (True, False)
    assert based["changes"]["base"]["ref"] == {"from": "main"}
    assert titled["changes"] == {"title": {"from": "A change"}}
    assert labeled["label"]["name"] == "preview"
    assert closed["pull_request"]["merged"] is False


def test_a_pull_request_is_opened_listed_edited_and_merged_over_rest(desk: Desk) -> None:
    """Filters by state, head and base; files; a squash is one commit with one parent; what cannot be is refused."""
    head = feature(desk)
    main = desk.git("rev-parse", "origin/main")
    client = desk.installed()
    body = {"title": "A feature", "head": "feature", "base": "main", "body": "Please."}
    made = client.post(f"{ROOT}/pulls", json=body)
    assert (made.status_code, made.json()["user"]["type"]) == (201, "Bot")
    again = client.post(f"{ROOT}/pulls", json=body)
    assert again.json()["errors"][0]["message"] == "A pull request already exists for acme:feature."
    assert (
        client.post(f"{ROOT}/pulls", json={**body, "head": "nothing"}).json()["errors"][0]["field"] == "head"
    )
    url = f"{ROOT}/pulls/{made.json()['number']}"
    shown = client.get(url).json()
    assert (shown["mergeable"], shown["mergeable_state"], shown["commits"]) == (True, "clean", 1)
    assert [file["filename"] for file in client.get(f"{url}/files").json()] == ["feature.txt"]
    assert [commit["sha"] for commit in client.get(f"{url}/commits").json()] == [head]
    for query, count in (
        ({"head": "acme:feature"}, 1),
        ({"head": "acme:other"}, 0),
        ({"base": "main", "state": "all"}, 1),
        ({"state": "closed"}, 0),
    ):
        assert len(client.get(f"{ROOT}/pulls", params=query).json()) == count
    assert client.patch(url, json={"title": "Better"}).json()["title"] == "Better"
    assert client.get(f"{url}/merge").status_code == 404
    assert client.put(f"{url}/merge", json={"sha": main}).status_code == 409
    merged = client.put(f"{url}/merge", json={"merge_method": "squash"}).json()
    assert merged["merged"] is True
    assert client.get(f"{url}/merge").status_code == 204
    assert client.put(f"{url}/merge").status_code == 405
    desk.git("fetch", "-q", "origin", "main")
    assert desk.git("log", "-1", "--format=%P %s", merged["sha"]) == f"{main} Better (#1)"
    [found] = client.get(f"{ROOT}/commits/{merged['sha']}/pulls").json()
    assert (found["number"], found["state"]) == (1, "closed")


def test_a_conflict_cannot_be_merged(desk: Desk) -> None:
    """mergeable is false, the state dirty, and a merge is refused with 405."""
    desk.push("One", main_py="one\n")
    desk.git("checkout", "-q", "-b", "feature")
    desk.push("Two", branch="feature", main_py="two\n")
    desk.git("checkout", "-q", "-B", "other", "origin/main")
    desk.push("Three", main_py="three\n")
    number = desk.github.open_pull_request(NAME, "feature")
    shown = desk.github.pull_request(NAME, number)
    assert (shown["mergeable"], shown["mergeable_state"]) == (False, "dirty")
    with pytest.raises(Refused, match="not mergeable"):
        desk.github.merge_pull_request(NAME, number)


def test_a_push_can_merge_or_close_a_pull_request(desk: Desk) -> None:
    """The head pushed to the base is a merge; a head branch that is deleted closes the pull request."""
    feature(desk)
    desk.github.open_pull_request(NAME, "feature")
    desk.git("push", "-q", "origin", "HEAD:main")
    feature(desk, "idea", "idea.txt")
    desk.github.open_pull_request(NAME, "idea")
    desk.git("push", "-q", "origin", ":idea")
    closed = [payload["pull_request"] for name, payload in told(desk) if name == "pull_request.closed"]
    assert [(pull["number"], pull["merged"]) for pull in closed] == [(1, True), (2, False)]
    assert "delete" in names(desk, "delete")


def fork_of(desk: Desk) -> tuple[str, Path]:
    """mallory's fork of the repository, and her clone of it with a commit on a branch."""
    fork = desk.github.fork(NAME, "mallory")
    clone = desk.folder / "fork"
    address = desk.github.clone_url(fork).replace("http://", "http://mallory:x@")
    desk.git("clone", "-q", address, str(clone), cwd=desk.folder)
    return fork, clone


def fork_push(desk: Desk, clone: Path, text: str) -> str:
    (clone / "evil.txt").write_text(text)
    desk.git("add", "-A", cwd=clone)
    desk.git("commit", "-q", "-m", text, cwd=clone)
    desk.git("push", "-q", "origin", "HEAD:patch", cwd=clone)
    desk.github.deliveries.settle()
    return desk.git("rev-parse", "HEAD", cwd=clone)


def test_a_forks_pull_request_moves_with_the_fork(desk: Desk) -> None:
    """No push is told for the fork; its commits are readable at the base; once deleted the head has no repository."""
    desk.push("One", main_py="one\n")
    fork, clone = fork_of(desk)
    first = fork_push(desk, clone, "one")
    number = desk.github.open_pull_request(NAME, "patch", author="mallory", from_fork=fork)
    second = fork_push(desk, clone, "two")
    client = desk.installed()
    run = client.post(f"{ROOT}/check-runs", json={"name": "preview", "head_sha": second}).json()
    assert (run["pull_requests"], run["head_sha"]) == ([], second)
    desk.github.delete_repository(fork)
    desk.github.close_pull_request(NAME, number)
    came = told(desk, "push", "pull_request")
    assert [name for name, _ in came] == [
        "push",
        "pull_request.opened",
        "pull_request.synchronize",
        "pull_request.closed",
    ]
    _, opened, moved, closed = (payload for _, payload in came)
    assert opened["pull_request"]["head"]["repo"]["full_name"] == "mallory/hello"
    assert opened["pull_request"]["head"]["label"] == "mallory:patch"
    assert opened["pull_request"]["author_association"] == "NONE"
    assert (moved["before"], moved["after"], moved["sender"]["login"]) == (first, second, "mallory")
    assert closed["pull_request"]["head"]["repo"] is None
    desk.git("fetch", "-q", "origin", f"refs/pull/{number}/head")
    assert desk.git("rev-parse", "FETCH_HEAD") == second
    assert client.get(f"{ROOT}/commits/{second}").status_code == 200


def test_a_forks_commit_can_be_named_at_its_parent(desk: Desk) -> None:
    """As at GitHub, whoever knows the sha: without a pull request, and no branch of the parent has it."""
    first = desk.push("One", main_py="one\n")
    _, clone = fork_of(desk)
    imposter = fork_push(desk, clone, "one")
    client = desk.installed()
    assert client.get(f"{ROOT}/commits/{imposter}").json()["parents"][0]["sha"] == first
    assert client.get(f"{ROOT}/compare/main...{imposter}").json()["status"] == "ahead"
    assert [branch["name"] for branch in client.get(f"{ROOT}/branches").json()] == ["main"]
    assert imposter not in desk.git("ls-remote", "origin")


def test_a_push_asks_for_its_checks_where_the_app_listens(desk: Desk) -> None:
    """check_suite requested names the branch and the commit."""
    sha = feature(desk)
    came = [payload["check_suite"] for name, payload in told(desk, "check_suite")]
    assert [(suite["head_branch"], suite["status"]) for suite in came] == [
        ("main", "queued"),
        ("feature", "queued"),
    ]
    assert came[1]["head_sha"] == sha


def test_nobody_pushes_to_a_pull_requests_own_ref(desk: Desk) -> None:
    """refs/pull is GitHub's."""
    feature(desk)
    number = desk.github.open_pull_request(NAME, "feature")
    with pytest.raises(Exception, match="returned non-zero"):
        desk.git("push", "-q", "origin", f"HEAD:refs/pull/{number}/head")


def test_comments_are_made_found_edited_and_deleted(desk: Desk) -> None:
    """A person's is told; the App's own shows the App; lists are paged; the same reaction is given once."""
    feature(desk)
    number = desk.github.open_pull_request(NAME, "feature")
    asked = desk.github.comment(NAME, number, "ada", "/deploy")
    client, url = desk.installed(), f"{ROOT}/issues/{number}/comments"
    mine = client.post(url, json={"body": "Deployed."}).json()
    assert mine["user"]["type"] == "Bot"
    assert mine["performed_via_github_app"]["slug"] == "servergem"
    first = client.get(url, params={"per_page": 1})
    assert [comment["id"] for comment in first.json()] == [asked]
    assert [comment["id"] for comment in client.get(first.links["next"]["url"]).json()] == [mine["id"]]
    edited = client.patch(f"{ROOT}/issues/comments/{mine['id']}", json={"body": "Deployed twice."})
    assert edited.json()["body"] == "Deployed twice."
    faces = f"{ROOT}/issues/comments/{asked}/reactions"
    assert [client.post(faces, json={"content": "rocket"}).status_code for _ in range(2)] == [201, 200]
    assert client.post(faces, json={"content": "shrug"}).status_code == 422
    assert [face["content"] for face in client.get(faces).json()] == ["rocket"]
    assert client.get(f"{ROOT}/issues/comments/{asked}").json()["reactions"]["rocket"] == 1
    assert client.delete(f"{ROOT}/issues/comments/{mine['id']}").status_code == 204
    assert client.get(f"{ROOT}/issues/comments/{mine['id']}").status_code == 404
    assert len(client.get(f"{ROOT}/issues/comments").json()) == 1
    came = told(desk, "issue_comment")
    assert [name for name, _ in came] == [
        f"issue_comment.{a}" for a in ("created", "created", "edited", "deleted")
    ]
    person, app = came[0][1], came[1][1]
    assert person["comment"]["performed_via_github_app"] is None
    assert person["issue"]["pull_request"]["url"].endswith(f"/pulls/{number}")
    assert app["sender"]["type"] == "Bot"


def test_a_comment_on_an_issue_names_no_pull_request(desk: Desk) -> None:
    """Issues and pull requests are counted together, and only the latter say so."""
    desk.push("One")
    number = desk.github.open_issue(NAME, "It does not work")
    desk.github.comment(NAME, number, "mallory", "Same here")
    [(_, payload)] = told(desk, "issue_comment")
    assert "pull_request" not in payload["issue"]
    feature(desk)
    assert desk.github.open_pull_request(NAME, "feature") == number + 1
    assert desk.installed().get(f"{ROOT}/issues/{number}").json()["title"] == "It does not work"


@pytest.mark.parametrize(
    ("role", "permission"),
    [("admin", "admin"), ("maintain", "write"), ("write", "write"), ("triage", "read"), ("none", "none")],
)
def test_a_collaborators_permission_is_what_the_owner_set(desk: Desk, role: str, permission: str) -> None:
    """A maintainer counts as a writer, a triager as a reader; an owner is an admin, an outsider nothing."""
    desk.github.set_permission(NAME, "grace", role)
    client = desk.installed()
    shown = client.get(f"{ROOT}/collaborators/grace/permission").json()
    assert (shown["permission"], shown["role_name"]) == (permission, role)
    assert client.get(f"{ROOT}/collaborators/acme/permission").json()["permission"] == "admin"
    assert client.get(f"{ROOT}/collaborators/mallory/permission").json()["permission"] == "none"


def test_buttons_and_reruns_reach_the_app(desk: Desk) -> None:
    """created and completed; a button with its identifier; a re-run of one check and of all, by hand and by REST."""
    sha = feature(desk)
    number = desk.github.open_pull_request(NAME, "feature")
    client = desk.installed()
    action = {"label": "Approve", "description": "Deploy this", "identifier": "approve"}
    run = client.post(f"{ROOT}/check-runs", json={"name": "preview", "head_sha": sha}).json()
    url = f"{ROOT}/check-runs/{run['id']}"
    assert client.post(f"{url}/rerequest").status_code == 422
    client.patch(url, json={"conclusion": "action_required", "actions": [action]})
    desk.github.press_button(run["id"], "approve", sender="grace")
    with pytest.raises(Refused, match="shows no button"):
        desk.github.press_button(run["id"], "reject")
    desk.github.rerequest_check_run(run["id"])
    desk.github.rerequest_check_suite(run["check_suite"]["id"])
    suite = f"{ROOT}/check-suites/{run['check_suite']['id']}"
    assert client.get(suite).json()["status"] == "queued"
    client.patch(url, json={"conclusion": "success"})
    assert client.get(suite).json()["status"] == "completed"
    assert client.post(f"{url}/rerequest").status_code == 201
    assert client.post(f"{suite}/rerequest").status_code == 201
    came = [each for each in told(desk, "check_run", "check_suite") if each[1]["action"] != "requested"]
    assert [name for name, _ in came] == [
        "check_run.created",
        "check_run.completed",
        "check_run.requested_action",
        "check_run.rerequested",
        "check_suite.rerequested",
        "check_run.rerequested",
        "check_suite.rerequested",
    ]
    pressed = came[2][1]
    assert pressed["requested_action"] == {"identifier": "approve"}
    assert pressed["sender"]["login"] == "grace"
    assert [pull["number"] for pull in pressed["check_run"]["pull_requests"]] == [number]


def test_repositories_and_installations_tell_what_became_of_them(desk: Desk) -> None:
    """Renamed, moved, archived, deleted; removed from the installation, suspended, uninstalled and back again."""
    desk.push("One")
    github, client = desk.github, desk.installed()
    github.ping()
    github.revoke_authorization("grace")
    github.rename_repository(NAME, "hi")
    github.remove_from_installation("acme/hi")
    assert client.get("/repos/acme/hi").status_code == 404
    github.add_to_installation("acme/hi")
    github.archive_repository("acme/hi")
    denied = client.post("/repos/acme/hi/check-runs", json={"name": "x", "head_sha": "a" * 40})
    assert denied.json()["message"] == "Repository was archived so is read-only."
    github.unarchive_repository("acme/hi")
    github.set_private("acme/hi", False)
    github.suspend("acme")
    assert client.get("/repos/acme/hi").json()["message"] == "This installation has been suspended"
    github.rename_repository("acme/hi", "unheard")
    github.unsuspend("acme")
    github.accept_permissions("acme", {"statuses": "write"})
    github.transfer_repository("acme/unheard", "globex")
    github.delete_repository("globex/unheard")
    github.uninstall("acme")
    assert client.get("/installation/repositories").status_code == 401
    github.install("acme")
    heard = ("ping", "github_app_authorization", "repository", "installation", "installation_repositories")
    assert names(desk, *heard) == [
        "ping",
        "github_app_authorization.revoked",
        "repository.renamed",
        "installation_repositories.removed",
        "installation_repositories.added",
        "repository.archived",
        "repository.unarchived",
        "repository.publicized",
        "installation.suspend",
        "installation.unsuspend",
        "installation.new_permissions_accepted",
        "repository.transferred",
        "repository.deleted",
        "installation.deleted",
        "installation.created",
    ]


@pytest.mark.wire
def test_the_app_hears_only_what_it_subscribed_to_and_may_read(tmp_path: Path) -> None:
    """No pull_request without the event or the permission; a re-run comes to everybody who may write checks."""
    manifest = (
        "name: ServerGem\nurl: https://example.com\ndefault_permissions: {contents: read, checks: write}\n"
    )
    with desk_in(tmp_path, f"{manifest}default_events: [push, pull_request]\n") as desk:
        sha = feature(desk)
        desk.github.open_pull_request(NAME, "feature")
        client = desk.installed()
        run = client.post(f"{ROOT}/check-runs", json={"name": "x", "head_sha": sha, "conclusion": "failure"})
        desk.github.rerequest(run.json()["id"])
        assert names(desk, "pull_request", "check_run", "create") == ["check_run.rerequested"]
        denied = client.post(f"{ROOT}/issues/1/comments", json={"body": "Hello"})
        assert denied.status_code == 403
        assert denied.json()["message"] == "Resource not accessible by integration"
        assert denied.headers["x-accepted-github-permissions"] == "issues=write; pull_requests=write"
        assert client.get(f"{ROOT}/pulls").headers["x-accepted-github-permissions"] == "pull_requests=read"


def test_what_is_public_may_be_read_from_outside_and_no_more(desk: Desk) -> None:
    """A token writes nothing to a public fork where the App is not installed."""
    desk.push("One")
    desk.github.set_private(NAME, False)
    fork = desk.github.fork(NAME, "mallory")
    client = desk.installed()
    assert client.get(f"/repos/{fork}").json()["parent"]["full_name"] == NAME
    answer = client.post(f"/repos/{fork}/check-runs", json={"name": "x", "head_sha": "a" * 40})
    assert answer.status_code == 403


def test_an_environment_and_its_deployments_are_deleted(desk: Desk) -> None:
    """Not while a deployment is active and another exists; with a slash in the name."""
    sha = desk.push("One")
    client, name = desk.installed(), "preview/pr-7"
    body = {"ref": sha, "auto_merge": False, "required_contexts": [], "environment": name}
    first, second = (client.post(f"{ROOT}/deployments", json=body).json()["id"] for _ in range(2))
    state = f"{ROOT}/deployments/{first}/statuses"
    client.post(state, json={"state": "success"})
    assert client.get(f"{ROOT}/environments").json()["environments"][0]["name"] == name
    assert client.delete(f"{ROOT}/deployments/{first}").status_code == 422
    client.post(state, json={"state": "inactive"})
    assert client.delete(f"{ROOT}/deployments/{first}").status_code == 204
    assert client.get(f"{ROOT}/deployments/{first}").status_code == 404
    assert client.delete(f"{ROOT}/environments/preview%2Fpr-7").status_code == 204
    assert client.delete(f"{ROOT}/environments/preview%2Fpr-7").status_code == 404
    assert [each["id"] for each in client.get(f"{ROOT}/deployments").json()] == [second]


def test_pygithub_works_with_pull_requests(desk: Desk) -> None:
    """PyGithub, unchanged, opens, comments on, reads and merges one."""
    sha = feature(desk)
    github = Github(
        auth=Auth.Token(desk.token()["token"]), base_url=desk.github.url, seconds_between_writes=None
    )
    repository = github.get_repo(NAME)
    pull = repository.create_pull(base="main", head="feature", title="A feature", body="Please.")
    comment = pull.create_issue_comment("Looks good")
    comment.create_reaction("heart")
    comment.edit("Looks very good")
    assert [each.body for each in pull.get_issue_comments()] == ["Looks very good"]
    assert [file.filename for file in pull.get_files()] == ["feature.txt"]
    assert [found.number for found in repository.get_commit(sha).get_pulls()] == [pull.number]
    assert repository.get_collaborator_permission("acme") == "admin"
    assert pull.merge(merge_method="squash").merged
    assert repository.get_pull(pull.number).merged
    github.close()


@pytest.mark.wire
def test_a_merge_queue_asks_for_checks_on_a_branch_of_its_own(tmp_path: Path) -> None:
    """checks_requested names the merge that would be made, and its branch can be fetched."""
    permissions = "{contents: read, merge_queues: read}"
    manifest = f"name: ServerGem\nurl: https://example.com\ndefault_permissions: {permissions}\n"
    with desk_in(tmp_path, f"{manifest}default_events: [merge_group]\n") as desk:
        feature(desk)
        number = desk.github.open_pull_request(NAME, "feature")
        sha = desk.github.queue_to_merge(NAME, number)
        [(name, payload)] = told(desk, "merge_group")
        assert name == "merge_group.checks_requested"
        assert payload["merge_group"]["head_sha"] == sha
        desk.git("fetch", "-q", "origin", payload["merge_group"]["head_ref"])
        assert desk.git("rev-parse", "FETCH_HEAD") == sha


def site(desk: Desk, who: str = "ada") -> httpx.Client:
    """A browser, acting as somebody."""
    client = httpx.Client(base_url=desk.github.url, follow_redirects=True, cookies={"acting_as": who})
    desk.clients.append(client)
    return client


def test_a_person_opens_discusses_and_merges_a_pull_request_in_the_browser(desk: Desk) -> None:
    """The form, the list, a comment, an edit of its state and the merge, each with its delivery."""
    feature(desk)
    ada = site(desk)
    assert "<option>feature</option>" in ada.get(f"/{NAME}/compare").text
    form = {
        "base": "main",
        "head": "feature",
        "title": "A <b>feature</b>",
        "body": "**Please**",
        "draft": "on",
    }
    page = ada.post(f"/{NAME}/pulls", data=form)
    assert page.url.path == f"/{NAME}/pull/1"
    for shown in ("A &lt;b&gt;feature", "<strong>Please</strong>", "still a draft", "<code>feature</code>"):
        assert shown in page.text
    assert "A &lt;b&gt;feature" in ada.get(f"/{NAME}/pulls").text
    assert "feature.txt" in ada.get(f"/{NAME}/pull/1/files").text
    ada.post(f"/{NAME}/pull/1/comment", data={"body": "/deploy <script>"})
    ready = ada.post(f"/{NAME}/pull/1/state", data={"to": "ready"}).text
    assert "Merge pull request" in ready
    assert "<script" not in ready
    assert "ada merged this" in ada.post(f"/{NAME}/pull/1/merge", data={"method": "squash"}).text
    assert "A &lt;b&gt;feature" in ada.get(f"/{NAME}/pulls", params={"state": "closed"}).text
    came = told(desk, "pull_request", "issue_comment")
    assert [name for name, _ in came] == [
        "pull_request.opened",
        "issue_comment.created",
        "pull_request.ready_for_review",
        "pull_request.closed",
    ]
    assert {payload["sender"]["login"] for _, payload in came} == {"ada"}


def test_a_pull_requests_page_shows_its_checks_and_its_deployment(desk: Desk) -> None:
    """The check's state, the bot's comment, and the preview with a link while it lives."""
    sha = feature(desk)
    desk.github.open_pull_request(NAME, "feature")
    client = desk.installed()
    output = {"title": "Deployed in 3 s", "summary": "Well."}
    run = {"name": "ServerGem / hello", "head_sha": sha, "conclusion": "success", "output": output}
    client.post(f"{ROOT}/check-runs", json=run)
    client.post(f"{ROOT}/issues/1/comments", json={"body": "| a |\n|---|\n| 1 |"})
    body = {"ref": sha, "auto_merge": False, "required_contexts": [], "environment": "preview/pr-1"}
    made = client.post(f"{ROOT}/deployments", json={**body, "transient_environment": True}).json()
    statuses = f"{ROOT}/deployments/{made['id']}/statuses"
    client.post(statuses, json={"state": "success", "environment_url": "http://pr-1.localhost"})
    page = site(desk).get(f"/{NAME}/pull/1").text
    for shown in (
        "ServerGem / hello",
        "Deployed in 3 s",
        "<td>1</td>",
        "This branch was deployed to <strong>preview/pr-1</strong>",
        '<a href="http://pr-1.localhost">View deployment</a>',
    ):
        assert shown in page
    client.post(statuses, json={"state": "inactive"})
    assert "no longer deployed" in site(desk).get(f"/{NAME}/pull/1").text


def test_buttons_on_a_check_run_are_for_those_who_may_write(desk: Desk) -> None:
    """ada presses and re-runs; for mallory the same form is refused, and nothing is told."""
    sha = feature(desk)
    action = {"label": "Approve", "description": "Deploy this", "identifier": "approve"}
    run = {"name": "preview", "head_sha": sha, "conclusion": "action_required", "actions": [action]}
    number = desk.installed().post(f"{ROOT}/check-runs", json=run).json()["id"]
    ada, mallory, here = site(desk), site(desk, "mallory"), f"/{NAME}/runs/{number}"
    assert 'value="approve">Approve' in ada.get(here).text
    assert 'value="approve" disabled>Approve' in mallory.get(here).text
    assert mallory.post(f"{here}/press", data={"identifier": "approve"}).status_code == 403
    assert mallory.post(f"{here}/rerequest").status_code == 403
    assert ada.post(f"{here}/press", data={"identifier": "nothing"}).status_code == 422
    assert ada.post(f"{here}/press", data={"identifier": "approve"}).status_code == 200
    assert ada.post(f"{here}/rerequest").status_code == 200
    suite = desk.github.hub.runs[number].suite.id
    assert ada.post(f"/{NAME}/suites/{suite}/rerequest").status_code == 200
    came = told(desk, "check_run", "check_suite")[-3:]
    assert [name for name, _ in came] == [
        "check_run.requested_action",
        "check_run.rerequested",
        "check_suite.rerequested",
    ]
    assert {payload["sender"]["login"] for _, payload in came} == {"ada"}


def test_a_stranger_forks_and_asks_in_the_browser(desk: Desk) -> None:
    """Acting as mallory: fork, push, a pull request from the fork, which mallory may close but not merge."""
    desk.push("One", main_py="one\n")
    mallory = site(desk)
    assert 'value="mallory"' in mallory.get("/", params={"as": "mallory"}).text
    assert mallory.post(f"/{NAME}/fork").url.path == "/mallory/hello"
    clone = desk.folder / "fork"
    desk.git("clone", "-q", desk.github.clone_url("mallory/hello"), str(clone), cwd=desk.folder)
    fork_push(desk, clone, "one")
    assert "<option>mallory:patch</option>" in mallory.get(f"/{NAME}/compare").text
    form = {"base": "main", "head": "mallory:patch", "title": "A gift"}
    page = mallory.post(f"/{NAME}/pulls", data=form).text
    assert "<code>mallory:patch</code>" in page
    assert "Merge pull request" not in page
    assert mallory.post(f"/{NAME}/pull/1/merge").status_code == 403
    assert "This pull request is closed." in mallory.post(f"/{NAME}/pull/1/state", data={"to": "closed"}).text
    assert mallory.get(f"/{NAME}/pull/2").status_code == 404
    opened = told(desk)[0][1]
    assert (opened["sender"]["login"], opened["pull_request"]["head"]["repo"]["fork"]) == ("mallory", True)
