"""The sandbox's GitHub, asked by git, PyGithub and httpx, and its whole record held to GitHub's description."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import json
import re
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth, Github, GithubException, GithubIntegration

from sandbox.faults import Faults
from sandbox.github import GitHubSandbox
from sandbox.github.git_words import line_counts
from tests.conftest import PATIENCE, web
from tests.traffic import faults_of_answers

ROOT = Path(__file__).parent.parent
CHECKER = ROOT.parent / "shared" / "tools" / "github_openapi_check.py"
WHOLE = ROOT.parent / "shared" / "reference" / "github-openapi.json.gz"
WEBHOOKS = WHOLE.with_name("github-webhooks-schema.json.gz")
SECRET = "It's a Secret to Everybody"
APP_ID = "4711"
NAME = "acme/hello"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
MANIFEST = """name: ServerGem
url: https://example.com/servergem
default_permissions: {metadata: read, contents: read, checks: write, deployments: write}
default_events: [push]
"""


class Receiver:
    """Whoever listens to webhooks; keeps what came and answers `status`."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 202
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]


@dataclass
class Desk:
    """A sandbox, somebody who listens to it, and a clone."""

    github: GitHubSandbox
    receiver: Receiver
    folder: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *arguments]
        done = subprocess.run(command, cwd=cwd or self.work, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @property
    def work(self) -> Path:
        path = self.folder / "work"
        if not path.exists():
            self.git("clone", "-q", self.github.clone_url(NAME), str(path), cwd=self.folder)
        return path

    def push(self, message: str, branch: str = "main", **files: str) -> str:
        """Commit these files and push; the commit's sha."""
        for name, text in files.items():
            path = self.work / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", f"HEAD:{branch}")
        self.github.deliveries.settle()
        return self.git("rev-parse", "HEAD")

    def as_app(self, **claims: object) -> httpx.Client:
        now = int(time.time())
        whole = {"iat": now - 60, "exp": now + 540, "iss": APP_ID} | claims
        return self._client(jwt.encode(whole, KEY, algorithm="RS256"))

    def token(self, **body: object) -> dict[str, Any]:
        installation = self.as_app().get(f"/repos/{NAME}/installation").json()["id"]
        answer = self.as_app().post(f"/app/installations/{installation}/access_tokens", json=body)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def installed(self, **body: object) -> httpx.Client:
        return self._client(self.token(**body)["token"])

    def _client(self, token: str) -> httpx.Client:
        client = httpx.Client(base_url=self.github.url, headers={"authorization": f"Bearer {token}"})
        self.clients.append(client)
        return client


@contextmanager
def desk_in(folder: Path, manifest: str) -> Iterator[Desk]:
    """An empty repository; afterwards all that was said is checked against GitHub's description.

    Without a manifest there is no App, and somebody has to register one.
    """
    (folder / "app.yml").write_text(manifest)
    receiver = Receiver()
    record = folder / "record.jsonl"
    github = GitHubSandbox(
        folder / "github",
        app_manifest=folder / "app.yml" if manifest else None,
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        app_id=APP_ID,
        public_key_pem=PUBLIC,
        faults=Faults(),
        record=record,
    )
    github.deliveries.patience = PATIENCE
    github.start()
    github.create_repository("acme", "hello")
    desk = Desk(github, receiver, folder)
    yield desk
    for client in desk.clients:
        client.close()
    github.stop()
    receiver.server.shutdown()
    receiver.server.server_close()
    if record.exists():
        assert not faults_of_answers(record)
    if CHECKER.exists():
        _insist_on_description(record, folder)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, MANIFEST) as desk:
        yield desk


# What the checker says about requests: the tests ask wrongly on purpose, and are told so by the sandbox.
ABOUT_REQUESTS = ("request", "checks.", "deploy.", "headers.", "query", "token.", "trailing-slash")
# GitHub redirects each write to a renamed repository, and documents it for few.
REDIRECTED = re.compile(r"-> 307\n      status-undocumented:.*")
# The description says that a head always has a repository; GitHub sends null when the fork is gone.
FORK_IS_GONE = re.compile(r"      \S+-schema: /?\S*/head/repo: null is not of type 'object'.*")


def _insist_on_description(record: Path, folder: Path) -> None:
    """Every answer and every webhook is one that GitHub could have sent."""
    if not record.exists() or not record.read_text():
        return
    description, webhooks = folder / "openapi.json", folder / "webhooks.json"
    description.write_bytes(gzip.decompress(WHOLE.read_bytes()))
    webhooks.write_bytes(gzip.decompress(WEBHOOKS.read_bytes()))
    command = [
        sys.executable,
        str(CHECKER),
        str(description),
        str(record),
        "--webhook-schemas",
        str(webhooks),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    findings = REDIRECTED.sub("", done.stdout.partition("violations:")[2])
    findings = FORK_IS_GONE.sub("", findings)
    ours = [
        line.strip()
        for line in findings.splitlines()
        if line.startswith("      ") and not line.strip().startswith(ABOUT_REQUESTS)
    ]
    assert not ours, findings


def test_a_push_is_a_signed_delivery(desk: Desk) -> None:
    """Clone, commit, push: one delivery with GitHub's headers, signed over its raw bytes."""
    sha = desk.push("Say hello", main_py="print('hello')\n")
    [(headers, body)] = desk.receiver.came
    assert (
        headers["x-hub-signature-256"]
        == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    )
    assert headers["x-github-event"] == "push"
    assert headers["x-github-hook-installation-target-type"] == "integration"
    assert headers["x-github-hook-installation-target-id"] == APP_ID
    payload = json.loads(body)
    assert (payload["ref"], payload["after"], payload["created"]) == ("refs/heads/main", sha, True)
    assert payload["before"] == "0" * 40
    assert payload["head_commit"]["added"] == ["main.py"]
    assert payload["repository"]["default_branch"] == "main"
    assert isinstance(payload["repository"]["pushed_at"], int)
    installation = desk.as_app().get(f"/repos/{NAME}/installation").json()
    assert payload["installation"]["id"] == installation["id"]


def test_a_force_push_and_a_deletion_say_so(desk: Desk) -> None:
    """`forced` on a force push; a deleted branch has forty zeros and no head commit."""
    first = desk.push("One")
    desk.push("Two")
    desk.git("reset", "-q", "--hard", first)
    desk.git("commit", "-q", "--allow-empty", "-m", "Another two")
    desk.git("push", "-q", "--force", "origin", "HEAD:main")
    desk.git("push", "-q", "origin", "HEAD:idea")
    desk.git("push", "-q", "origin", ":idea")
    desk.github.deliveries.settle()
    _, _, forced, idea, gone = desk.receiver.payloads
    assert (forced["forced"], forced["created"]) == (True, False)
    assert idea["base_ref"] == "refs/heads/main"
    assert (gone["deleted"], gone["after"], gone["head_commit"]) == (True, "0" * 40, None)


def test_deliveries_are_held_shuffled_and_redelivered(desk: Desk) -> None:
    """Held deliveries come in the order that is asked for; a redelivery has the same GUID and a new id."""
    desk.github.deliveries.hold()
    desk.push("One")
    desk.push("Two")
    assert not desk.receiver.came
    desk.github.deliveries.release([1, 0, 1])
    desk.github.deliveries.settle()
    messages = [payload["head_commit"]["message"] for payload in desk.receiver.payloads]
    assert messages == ["Two", "One", "Two"]
    app = desk.as_app()
    page = app.get("/app/hook/deliveries", params={"per_page": 2})
    assert [item["status"] for item in page.json()] == ["OK", "OK"]
    following = app.get(page.links["next"]["url"])
    assert len(following.json()) == 1
    oldest = following.json()[0]
    assert (
        app.get(f"/app/hook/deliveries/{oldest['id']}").json()["request"]["payload"]["ref"]
        == "refs/heads/main"
    )
    assert app.post(f"/app/hook/deliveries/{oldest['id']}/attempts").status_code == 202
    desk.github.deliveries.settle()
    newest = app.get("/app/hook/deliveries", params={"per_page": 1}).json()[0]
    assert (newest["guid"], newest["redelivery"]) == (oldest["guid"], True)
    assert newest["id"] != oldest["id"]


def test_a_delivery_that_is_refused_is_recorded_as_failed(desk: Desk) -> None:
    """A 503 is kept with its status code, and is tried once only."""
    desk.receiver.status = 503
    desk.push("One")
    [item] = desk.as_app().get("/app/hook/deliveries").json()
    assert (item["status_code"], item["status"]) == (503, "Invalid HTTP Response: 503")
    assert len(desk.receiver.came) == 1


def test_a_token_is_long_and_narrowed(desk: Desk) -> None:
    """The long form, for one repository, with the permissions that were asked for; no more than granted."""
    id = desk.github.create_repository("acme", "other")  # noqa: A001 - GitHub's word
    told = desk.token(repository_ids=[id], permissions={"contents": "read"})
    assert told["token"].startswith(f"ghs_{APP_ID}_")
    assert 450 < len(told["token"]) < 600
    assert told["permissions"] == {"metadata": "read", "contents": "read"}
    assert [repository["full_name"] for repository in told["repositories"]] == ["acme/other"]
    narrow = desk.installed(repository_ids=[id], permissions={"contents": "read"})
    assert narrow.get("/repos/acme/other").status_code == 200
    assert narrow.get(f"/repos/{NAME}").status_code == 404
    denied = narrow.post("/repos/acme/other/check-runs", json={"name": "x", "head_sha": "a" * 40})
    assert denied.status_code == 403
    assert denied.json()["message"] == "Resource not accessible by integration"
    assert denied.headers["x-accepted-github-permissions"] == "checks=write"
    app = desk.as_app()
    installation = app.get("/repos/acme/other/installation").json()["id"]
    much = app.post(
        f"/app/installations/{installation}/access_tokens", json={"permissions": {"contents": "write"}}
    )
    assert much.status_code == 422
    assert much.json()["message"] == "The permissions requested are not granted to this installation."


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": 10**10}, "too far in the future"),
        ({"exp": 1}, "numeric value representing the future time"),
        ({"iss": "1"}, "could not be decoded"),
    ],
)
def test_a_bad_jwt_is_told_why(desk: Desk, claims: dict[str, object], message: str) -> None:
    """401 in GitHub's words."""
    answer = desk.as_app(**claims).get("/app")
    assert answer.status_code == 401
    assert message in answer.json()["message"]


def test_an_expired_token_is_bad_credentials(desk: Desk) -> None:
    """After its time a token is nobody's."""
    client = desk.installed()
    assert client.get(f"/repos/{NAME}").status_code == 200
    desk.github.tokens.revoke_all()
    answer = client.get(f"/repos/{NAME}")
    assert answer.status_code == 401
    assert answer.json()["message"] == "Bad credentials"
    assert answer.json()["status"] == "401"


def test_sources_are_readable(desk: Desk) -> None:
    """Files, folders, branches, refs, commits, trees, comparisons and the archive of a commit."""
    first = desk.push("One", main_py="one\n", services__api__app_py="api\n")
    second = desk.push("Two", main_py="two\n")
    desk.git("push", "-q", "origin", f"{first}:refs/heads/feature/x")
    client = desk.installed()
    root = f"/repos/{NAME}"
    assert client.get(f"{root}/contents/main.py", params={"ref": second}).json()["encoding"] == "base64"
    raw = client.get(f"{root}/contents/main.py", headers={"accept": "application/vnd.github.raw+json"})
    assert raw.text == "two\n"
    assert [entry["type"] for entry in client.get(f"{root}/contents/").json()] == ["file", "dir"]
    assert client.get(f"{root}/contents/nothing").status_code == 404
    assert client.get(f"{root}/branches/main").json()["commit"]["sha"] == second
    assert client.get(f"{root}/branches/feature/x").json()["commit"]["sha"] == first
    assert client.get(f"{root}/branches").status_code == 200
    assert client.get(f"{root}/git/ref/heads/main").json()["object"]["sha"] == second
    assert client.get(f"{root}/git/ref/heads/mai").status_code == 404
    assert client.get(f"{root}/commits/{second}").json()["files"][0]["filename"] == "main.py"
    assert (
        client.get(f"{root}/commits", params={"per_page": 1}).links["next"]["url"].count("/repositories/")
        == 1
    )
    commit = client.get(f"{root}/git/commits/{second}").json()
    tree = client.get(f"{root}/git/trees/{commit['tree']['sha']}", params={"recursive": "1"}).json()
    assert "services/api/app.py" in [entry["path"] for entry in tree["tree"]]
    compared = client.get(f"{root}/compare/{first}...main").json()
    assert (compared["status"], compared["ahead_by"]) == ("ahead", 1)
    assert [file["filename"] for file in compared["files"]] == ["main.py"]
    behind = client.get(f"{root}/compare/main...feature/x").json()
    assert (behind["status"], behind["behind_by"], behind["files"]) == ("behind", 1, [])
    assert client.get(f"{root}/compare/{'a' * 40}...main").status_code == 404


def test_a_tarball_is_a_redirect_to_one_folder(desk: Desk) -> None:
    """302 with no body, then a tar.gz whose one folder carries the commit's short sha."""
    sha = desk.push("One", main_py="one\n")
    client = desk.installed()
    answer = client.get(f"/repos/{NAME}/tarball/{sha}")
    assert (answer.status_code, answer.content) == (302, b"")
    archive = web.get(answer.headers["location"])
    assert archive.headers["content-type"] == "application/x-gzip"
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
        assert f"acme-hello-{sha[:7]}/main.py" in tar.getnames()
        assert tar.pax_headers["comment"] == sha
    assert web.get(answer.headers["location"].partition("?")[0]).status_code == 404


def test_a_check_run_grows_within_githubs_limits(desk: Desk) -> None:
    """Made, updated, annotated and found again; bytes, annotations, actions and conclusions are held to."""
    sha = desk.push("One", main_py="one\n")
    client, runs = desk.installed(), f"/repos/{NAME}/check-runs"
    made = client.post(runs, json={"name": "build", "head_sha": sha, "external_id": "7", "status": "queued"})
    assert made.status_code == 201
    url = f"{runs}/{made.json()['id']}"
    note = {"path": "main.py", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "no"}
    output = {"title": "Built", "summary": "s", "annotations": [note] * 50}
    for count in (50, 100):
        assert client.patch(url, json={"output": output}).json()["output"]["annotations_count"] == count
    assert len(client.get(f"{url}/annotations", params={"per_page": 100}).json()) == 100
    assert client.patch(url, json={"output": {**output, "annotations": [note] * 51}}).status_code == 422
    wide = client.patch(url, json={"output": {"title": "t", "summary": "é" * 40_000}})
    assert wide.status_code == 422
    assert wide.json()["errors"][0]["message"] == "summary exceeds a maximum bytesize of 65535"
    assert client.patch(url, json={"status": "completed"}).status_code == 422
    action = {"label": "Try", "description": "again", "identifier": "again"}
    assert client.patch(url, json={"actions": [action] * 4}).status_code == 422
    done = client.patch(url, json={"conclusion": "success", "actions": [action]}).json()
    assert (done["status"], done["conclusion"]) == ("completed", "success")
    again = client.post(runs, json={"name": "build", "head_sha": sha}).json()
    listing = f"/repos/{NAME}/commits/{sha}/check-runs"
    assert [
        run["id"] for run in client.get(listing, params={"check_name": "build"}).json()["check_runs"]
    ] == [again["id"]]
    assert client.get(listing, params={"filter": "all"}).json()["total_count"] == 2
    assert (
        client.get(f"/repos/{NAME}/check-suites/{done['check_suite']['id']}").json()["status"]
        == "in_progress"
    )
    assert client.get(f"/repos/{NAME}/commits/{sha}/check-suites").json()["total_count"] == 1
    assert client.post(runs, json={"name": "build", "head_sha": "a" * 40}).status_code == 422
    assert client.post(runs, json={"name": "build"}).status_code == 422
    assert client.get(url).status_code == 200


def test_a_deployment_with_githubs_defaults_meets_its_own_check_run(desk: Desk) -> None:
    """409 while a check run is open; with empty contexts it is made, and its statuses follow."""
    sha = desk.push("One")
    client = desk.installed()
    client.post(f"/repos/{NAME}/check-runs", json={"name": "build", "head_sha": sha, "status": "in_progress"})
    url = f"/repos/{NAME}/deployments"
    assert client.post(url, json={"ref": sha}).status_code == 409
    body = {
        "ref": sha,
        "auto_merge": False,
        "required_contexts": [],
        "environment": "staging",
        "payload": {"a": "b"},
    }
    made = client.post(url, json=body).json()
    statuses = f"{url}/{made['id']}/statuses"
    good = {
        "state": "success",
        "environment_url": "http://hello.localhost",
        "log_url": "http://x",
        "description": "ok",
    }
    assert client.post(statuses, json=good).status_code == 201
    assert client.post(statuses, json={**good, "description": "x" * 141}).status_code == 422
    second = client.post(url, json=body).json()
    assert client.post(f"{url}/{second['id']}/statuses", json=good).status_code == 201
    assert [status["state"] for status in client.get(statuses).json()] == ["inactive", "success"]
    assert [each["id"] for each in client.get(url, params={"sha": sha}).json()] == [second["id"], made["id"]]
    assert client.get(f"{url}/{made['id']}").json()["payload"] == {"a": "b"}


def test_a_branch_that_lags_is_merged_instead_of_deployed(desk: Desk) -> None:
    """202 and no deployment, which is what auto_merge's default does."""
    first = desk.push("One")
    desk.git("push", "-q", "origin", f"{first}:refs/heads/old")
    desk.push("Two")
    answer = desk.installed().post(f"/repos/{NAME}/deployments", json={"ref": "old"})
    assert answer.status_code == 202
    assert not desk.github.github_deployments(NAME)


def test_a_renamed_repository_redirects(desk: Desk) -> None:
    """301 for a read, 307 for a write, both by id; git finds it under its old name."""
    sha = desk.push("One")
    client = desk.installed()
    desk.github.rename_repository(NAME, "hi")
    read = client.get(f"/repos/{NAME}/branches/main?x=1", follow_redirects=False)
    assert read.status_code == 301
    assert "/repositories/" in read.headers["location"]
    assert client.get(read.headers["location"]).json()["commit"]["sha"] == sha
    write = client.post(f"/repos/{NAME}/check-runs", json={"name": "x", "head_sha": sha})
    assert (write.status_code, write.json()["url"]) == (307, write.headers["location"])
    assert desk.git("ls-remote", "origin", "main").startswith(sha)


def test_headers_are_githubs(desk: Desk) -> None:
    """Rate limit, request id, ETag with 304, and 400 for an API version that does not exist."""
    client = desk.installed()
    answer = client.get(f"/repos/{NAME}")
    for name in ("x-ratelimit-remaining", "x-github-request-id", "etag", "x-github-api-version-selected"):
        assert name in answer.headers
    assert client.get(f"/repos/{NAME}", headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert client.get(f"/repos/{NAME}", headers={"x-github-api-version": "2001-01-01"}).status_code == 400
    assert client.get(f"/repos/{NAME}/").status_code == 404


def test_planned_faults_are_met_and_counted(desk: Desk) -> None:
    """A rate limit, an outage, a lost connection and an answer lost after the work."""
    sha = desk.push("One")
    client, name = desk.installed(), "POST /repos/{owner}/{repo}/check-runs"
    body = {"name": "build", "head_sha": sha}
    faults = desk.github.faults
    faults.add(name, kind="status", status="403", seconds=7)
    faults.add(name, kind="status", status="502")
    faults.add(name, kind="drop")
    faults.add(name, kind="drop_after")
    limited = client.post(f"/repos/{NAME}/check-runs", json=body)
    assert (limited.status_code, limited.headers["retry-after"]) == (403, "7")
    assert client.post(f"/repos/{NAME}/check-runs", json=body).status_code == 502
    for made in (0, 1):
        with pytest.raises(httpx.TransportError):
            client.post(f"/repos/{NAME}/check-runs", json=body)
        assert len(desk.github.check_runs(NAME, sha)) == made
    assert faults.used(name) == 4
    assert not faults.unused()
    assert desk.github.calls[name] == 4


def test_pygithub_cannot_tell(desk: Desk) -> None:
    """PyGithub, unchanged, finds the installation, reads a file, and makes and edits a check run."""
    sha = desk.push("One", main_py="one\n")
    url = desk.github.url
    app = GithubIntegration(auth=Auth.AppAuth(int(APP_ID), PRIVATE), base_url=url)
    installation = app.get_repo_installation("acme", "hello")
    token = app.get_access_token(installation.id)
    github = Github(auth=Auth.Token(token.token), base_url=url, seconds_between_writes=None)
    repository = github.get_repo(NAME)
    found = repository.get_contents("main.py")
    assert not isinstance(found, list)
    assert found.decoded_content == b"one\n"
    run = repository.create_check_run("build", sha, status="in_progress")
    run.edit(conclusion="success", output={"title": "Built", "summary": "Well."})
    assert repository.get_check_run(run.id).conclusion == "success"
    assert repository.get_branch("main").commit.sha == sha
    assert [each.name for each in repository.get_commit(sha).get_check_runs()] == ["build"]
    with pytest.raises(GithubException, match="Branch not found"):
        repository.get_branch("nothing")
    assert app.get_app().slug == "servergem"
    github.close()
    app.close()


def test_git_with_a_token_needs_the_permission(desk: Desk) -> None:
    """A token that may read is good for a clone and not for a push."""
    desk.push("One")
    who = ("x-access-token", desk.token()["token"])
    refs = f"{desk.github.clone_url(NAME)}/info/refs"
    assert web.get(refs, params={"service": "git-upload-pack"}, auth=who).status_code == 200
    assert web.get(refs, params={"service": "git-receive-pack"}, auth=who).status_code == 403


def test_a_person_sees_the_check_run(desk: Desk) -> None:
    """The commit's page renders the summary's Markdown, the annotation on its line, and the buttons; no script."""
    sha = desk.push("Say <b>hello</b>", main_py="one\ntwo\nthree\n")
    note = {
        "path": "main.py",
        "start_line": 2,
        "end_line": 2,
        "annotation_level": "failure",
        "message": "Not two.",
    }
    summary = "| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>"
    run = {"name": "ServerGem / hello", "head_sha": sha, "conclusion": "failure"}
    action = {"label": "Try again", "description": "again", "identifier": "again"}
    output = {"title": "Build failed", "summary": summary, "annotations": [note]}
    made = desk.installed().post(
        f"/repos/{NAME}/check-runs", json={**run, "output": output, "actions": [action]}
    )
    page = web.get(f"{desk.github.url}/{NAME}/commit/{sha}/checks").text
    for shown in ("<td>1</td>", "Not two.", "Build failed", "Try again", "Say &lt;b&gt;hello"):
        assert shown in page
    assert "<script" not in page
    assert web.get(made.json()["html_url"], follow_redirects=True).status_code == 200
    repository = web.get(f"{desk.github.url}/{NAME}").text
    assert desk.github.clone_url(NAME) in repository
    assert "main.py" in repository
    deliveries = web.get(f"{desk.github.url}/settings/deliveries").text
    assert desk.github.deliveries.attempts()[0].event.guid in deliveries
    assert NAME in web.get(desk.github.url).text
    assert "three" in web.get(f"{desk.github.url}/{NAME}/blob/main/main.py").text
    assert web.get(f"{desk.github.url}/{NAME}/commit/{'a' * 40}").status_code == 404


def test_a_name_may_have_tabs() -> None:
    """git puts its own tabs before a name, and the rest of the line is the name as it is."""
    assert line_counts(["3\t1\ta\tb.txt", "-\t-\t\tc.png"]) == {"a\tb.txt": (3, 1), "\tc.png": (0, 0)}
