"""app.github against a real server on loopback that answers the way GitHub does on its bad days."""

from __future__ import annotations

import json
import pickle
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import handlers
from app.github import Comparison, GitHub, GitHubError, credentials
from app.github.endpoints import permissions
from app.github.errors import refusal
from app.github.root_tree import root_tree
from app.model import Commit, Repository
from app.report import Action, Annotation, CheckRunPayload
from app.retry import Policy, heard

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
REPOSITORY = Repository(7, "acme", "hello", 42)
COMMIT = Commit(REPOSITORY, "b" * 40, "main", tree="c" * 40)
RUNNING = CheckRunPayload("in_progress", "Build image", "…")
QUICK = Policy(attempts=3, first_wait=0.001)


@dataclass(frozen=True)
class Call:
    """One request as the server saw it."""

    verb: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    port: int


@dataclass(frozen=True)
class Reply:
    """`dropped`: the request was acted on, and then the connection died."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False


Route = Callable[[Call], Reply]


def missing(_: Call) -> Reply:
    return Reply(404, {"message": "Not Found"})


class Loopback(ThreadingHTTPServer):
    """Takes as many connections at once as threads in a test make."""

    request_queue_size = 64
    daemon_threads = True


class Server:
    """Answers by routes; the first call of a route takes its first reply, the last reply stays."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.connections: set[int] = set()
        self.routes: dict[tuple[str, str], Route] = {
            ("POST", "/app/installations/42/access_tokens"): self.token
        }
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            # One write for an answer, or it waits 40 ms for the acknowledgement of its first part.
            wbufsize = -1

            def do_GET(self) -> None:
                outer._answer(self)

            def do_POST(self) -> None:
                outer._answer(self)

            def do_PATCH(self) -> None:
                outer._answer(self)

            def log_message(self, *_: Any) -> None:
                return

        self._server = Loopback(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.client = GitHub("123", PEM, self.url, QUICK)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def on(self, verb: str, path: str, *replies: Reply | Route) -> None:
        left = list(replies)

        def route(call: Call) -> Reply:
            reply = left.pop(0) if len(left) > 1 else left[0]
            return reply if isinstance(reply, Reply) else reply(call)

        self.routes[verb, path] = route

    def token(self, call: Call) -> Reply:
        minted = sum(each.path.endswith("/access_tokens") for each in self.calls)
        expires = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Reply(201, {"token": f"ghs_{minted}", "expires_at": expires})

    def seen(self) -> list[str]:
        """What was called, without the tokens."""
        return [f"{call.verb} {call.path}" for call in self.calls if not call.path.startswith("/app/")]

    def close(self) -> None:
        self.client.close()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        address = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        call = Call(
            handler.command,
            address.path,
            parse_qs(address.query),
            headers,
            json.loads(raw) if raw else None,
            self._server.server_port,
        )
        with self._lock:
            self.calls.append(call)
            self.connections.add(handler.client_address[1])
            route = self.routes.get((call.verb, call.path), missing)
            reply = route(call)
        if reply.dropped:
            handler.close_connection = True
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        handler.send_response(reply.status)
        for name, value in ({"content-length": str(len(body))} | reply.headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


HELLO = "/repositories/7"
HEAD = Reply(200, {"object": {"sha": "d" * 40}})


def create(client: GitHub, **changes: Any) -> int:
    return client.create_check_run(
        COMMIT,
        name="ServerGem / hello (production)",
        external_id="run-1",
        details_url="http://x",
        payload=RUNNING,
        **changes,
    )


def test_the_app_proves_itself_with_its_key(server: Server) -> None:
    """The JWT is signed by the key, begins in the past and ends within ten minutes."""
    server.on(
        "GET",
        "/app",
        Reply(
            200,
            {
                "slug": "servergem",
                "html_url": "https://ghe.example/github-apps/servergem",
                "owner": {"login": "acme", "type": "Organization"},
                "permissions": {"checks": "write"},
                "events": ["push"],
            },
        ),
    )
    app = server.client.app()
    assert app.permissions == {"checks": "write"}
    assert app.settings_url == "https://ghe.example/organizations/acme/settings/apps/servergem"
    bearer = server.calls[0].headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(bearer, KEY.public_key(), algorithms=["RS256"])
    now = datetime.now(UTC).timestamp()
    assert claims["iss"] == "123"
    assert now - 70 <= claims["iat"] <= now - 55
    assert now < claims["exp"] <= now + 600


@pytest.mark.parametrize("pem", ["", "nonsense", PEM[:200]])
def test_a_bad_key_is_named(pem: str) -> None:
    """A key that cannot be read stops the start and names the setting."""
    with pytest.raises(ValueError, match="GITHUB_PRIVATE_KEY"):
        GitHub("123", pem, "http://127.0.0.1:1", QUICK)


def test_many_threads_share_one_token(server: Server) -> None:
    """Sixteen threads at once ask for one token: of this repository, with the permissions we need."""
    server.on("GET", f"{HELLO}/git/ref/heads/main", HEAD)
    with ThreadPoolExecutor(16) as pool:
        heads = list(pool.map(lambda _: server.client.branch_head(REPOSITORY, "main"), range(64)))
    assert set(heads) == {"d" * 40}
    minted = [call.body for call in server.calls if call.path.endswith("/access_tokens")]
    assert minted == [{"repository_ids": [7], "permissions": permissions()}]


def test_each_repository_has_its_own_token(server: Server) -> None:
    """A token never speaks for two repositories."""
    server.on("GET", f"{HELLO}/git/ref/heads/main", HEAD)
    server.on("GET", "/repositories/8/git/ref/heads/main", HEAD)
    server.client.branch_head(REPOSITORY, "main")
    server.client.branch_head(Repository(8, "acme", "other", 42), "main")
    bearers = [call.headers["authorization"] for call in server.calls if call.verb == "GET"]
    assert len(set(bearers)) == 2


def test_the_connection_stays_open(server: Server) -> None:
    """Serial calls use one connection, and each says which version of the API it means."""
    server.on("GET", f"{HELLO}/git/ref/heads/main", HEAD)
    for _ in range(5):
        server.client.branch_head(REPOSITORY, "main")
    assert len(server.connections) == 1
    assert {call.headers["x-github-api-version"] for call in server.calls} == {"2022-11-28"}


@pytest.fixture
def aged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every token is older than any replica's lag."""
    monkeypatch.setattr(credentials, "YOUNG_SECONDS", 0)


def test_a_young_token_is_given_time(server: Server) -> None:
    """GitHub may not know it everywhere yet, nor what it may do; a newer one would be known still less."""
    denied = Reply(403, {"message": "Resource not accessible by integration"})
    server.on("GET", f"{HELLO}/git/ref/heads/main", Reply(401, {"message": "Bad credentials"}), denied, HEAD)
    assert server.client.branch_head(REPOSITORY, "main") == "d" * 40
    assert len({call.headers["authorization"] for call in server.calls if call.verb == "GET"}) == 1


def test_a_look_that_fails_is_not_taken_again(server: Server) -> None:
    """Only doubt leads to another look: the calls of one have their own attempts, and no more than those."""
    server.on("GET", f"{HELLO}/git/ref/heads/main", *[Reply(502, b"<html>")] * 12)
    with pytest.raises(GitHubError):
        server.client.settled(
            lambda: server.client.branch_head(REPOSITORY, "main"), lambda head: head is None
        )
    assert server.seen() == [f"GET {HELLO}/git/ref/heads/main"] * 3


@pytest.mark.usefixtures("aged")
def test_a_revoked_token_is_replaced(server: Server) -> None:
    """A 401 costs one more token, not the deployment."""
    server.on("GET", f"{HELLO}/git/ref/heads/main", Reply(401, {"message": "Bad credentials"}), HEAD)
    assert server.client.branch_head(REPOSITORY, "main") == "d" * 40
    bearers = [call.headers["authorization"] for call in server.calls if call.verb == "GET"]
    assert len(set(bearers)) == 2


def test_a_repository_is_asked_for_by_its_id(server: Server) -> None:
    """A name may be somebody else's by now; and no redirect is followed, which is all that an id never needs."""
    server.on("PATCH", f"{HELLO}/check-runs/1", Reply(200, {"id": 1}))
    for called in ("hello", "ahoy"):
        server.client.update_check_run(Repository(7, "acme", called, 42), 1, RUNNING)
    assert server.seen() == [f"PATCH {HELLO}/check-runs/1"] * 2
    elsewhere = {"location": f"{server.url}/repositories/8/check-runs/1"}
    server.on("PATCH", f"{HELLO}/check-runs/2", Reply(307, {"message": "Moved Permanently"}, elsewhere))
    with pytest.raises(GitHubError):
        server.client.update_check_run(REPOSITORY, 2, RUNNING)


@pytest.mark.parametrize("lost", [Reply(502, b"<html>"), Reply(dropped=True)])
def test_a_lost_answer_makes_no_second_check_run(server: Server, lost: Reply) -> None:
    """After a POST whose answer was lost, the run is looked for by its external id, on every page."""
    runs = [{"id": 8, "external_id": "another"}], [{"id": 9, "external_id": "run-1"}]
    link = {"link": f'<{server.url}/repositories/7/commits/x/check-runs?page=2>; rel="next"'}
    server.on("POST", f"{HELLO}/check-runs", lost)
    server.on("GET", f"{HELLO}/commits/{COMMIT.sha}/check-runs", Reply(200, {"check_runs": runs[0]}, link))
    server.on("GET", "/repositories/7/commits/x/check-runs", Reply(200, {"check_runs": runs[1]}))
    assert create(server.client) == 9
    assert Counter(server.seen())[f"POST {HELLO}/check-runs"] == 1


def test_a_post_that_made_nothing_is_made_again(server: Server) -> None:
    """When the look finds nothing, the POST was really lost and is sent again."""
    server.on("POST", f"{HELLO}/check-runs", Reply(500, {}), Reply(201, {"id": 5}))
    server.on("GET", f"{HELLO}/commits/{COMMIT.sha}/check-runs", Reply(200, {"check_runs": []}))
    assert create(server.client) == 5
    assert [line.split()[0] for line in server.seen()] == ["POST", "GET", "POST"]


def test_a_restart_looks_first(server: Server) -> None:
    """`again` finds what an earlier process made, without a POST."""
    found = {"check_runs": [{"id": 9, "external_id": "run-1"}]}
    server.on("GET", f"{HELLO}/commits/{COMMIT.sha}/check-runs", Reply(200, found))
    assert create(server.client, again=True) == 9
    assert len(server.seen()) == 1


def test_a_patch_is_repeated_and_heard(server: Server) -> None:
    """An update survives a 502, and whoever listens is told of the second attempt."""
    server.on("PATCH", f"{HELLO}/check-runs/1", Reply(502, b"<html>"), Reply(200, {"id": 1}))
    notes: list[str] = []
    before = heard.set(notes.append)
    server.client.update_check_run(REPOSITORY, 1, RUNNING)
    heard.reset(before)
    assert len(notes) == 1
    assert notes[0].startswith("attempt 2 of 3 after ")
    assert "502" in notes[0]


@pytest.mark.usefixtures("aged")
def test_a_refusal_is_not_repeated(server: Server) -> None:
    """A missing permission is permanent, and GitHub's own header says which one it is."""
    server.on(
        "PATCH",
        f"{HELLO}/check-runs/1",
        Reply(
            403,
            {"message": "Resource not accessible by integration"},
            {"x-accepted-github-permissions": "checks=write"},
        ),
    )
    with pytest.raises(GitHubError, match=r"not accessible by integration \(this call needs checks=write\)"):
        server.client.update_check_run(REPOSITORY, 1, RUNNING)
    assert len(server.seen()) == 1


def test_a_long_rate_limit_is_kept_by_all(server: Server) -> None:
    """GitHub asks for an hour: the call gives up with that time, and no other thread calls in it."""
    limited = Reply(403, {"message": "API rate limit exceeded"}, {"retry-after": "3600"})
    server.on("GET", f"{HELLO}/git/ref/heads/main", limited)
    for _ in range(2):
        with pytest.raises(GitHubError) as caught:
            server.client.branch_head(REPOSITORY, "main")
        assert caught.value.transient
        assert 3590 < (caught.value.retry_after or 0) <= 3600
    assert len(server.seen()) == 1


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait"),
    [
        (403, {"retry-after": "30"}, "", 30),
        (429, {"retry-after": "30", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1500"}, "", 30),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1500"}, "", 500),
        (403, {"x-ratelimit-remaining": "9"}, "You have exceeded a secondary rate limit.", 60),
        (429, {}, "Too many", 60),
        (403, {"x-ratelimit-remaining": "9"}, "Resource not accessible by integration", None),
        (502, {}, "Server Error", None),
        (503, {"retry-after": "7"}, "", 7),
        (404, {"retry-after": "7"}, "Not Found", None),
    ],
)
def test_waits_follow_githubs_order(
    status: int, headers: dict[str, str], message: str, wait: float | None
) -> None:
    """First `retry-after`, then the reset of a limit that is used up, else a minute for a secondary limit."""
    error = refusal(status, headers, json.dumps({"message": message}), now=1000.0)
    assert error.retry_after == wait
    assert error.transient is (wait is not None or status >= 500)


def test_a_422_names_the_field() -> None:
    """GitHub's list of faults is part of the message."""
    body = {
        "message": "Validation Failed",
        "errors": [{"resource": "CheckRun", "field": "name", "code": "missing"}, "x"],
    }
    error = refusal(422, {}, json.dumps(body), now=0)
    assert str(error) == "422 Validation Failed; CheckRun.name: missing; x"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_annotations_are_appended_once(server: Server) -> None:
    """120 annotations take three PATCHes, and one whose answer was lost is not sent again."""
    kept: list[Any] = []

    def append(call: Call) -> Reply:
        kept.extend(call.body["output"]["annotations"])
        return Reply(200, {"id": 1})

    def append_and_drop(call: Call) -> Reply:
        append(call)
        return Reply(dropped=True)

    server.on(
        "GET", f"{HELLO}/check-runs/1", lambda _: Reply(200, {"output": {"annotations_count": len(kept)}})
    )
    server.on("PATCH", f"{HELLO}/check-runs/1", append, append_and_drop, append)
    wanted = tuple(Annotation("app.py", line, line, "failure", "t", f"m{line}") for line in range(1, 121))
    server.client.add_annotations(REPOSITORY, 1, "title", "summary", wanted)
    assert [each["message"] for each in kept] == [each.message for each in wanted]
    assert Counter(line.split()[0] for line in server.seen()) == {"GET": 2, "PATCH": 3}


def test_the_last_word_is_never_lost(server: Server) -> None:
    """When GitHub finds the report too long, a short one with the same conclusion takes its place."""
    server.on(
        "PATCH",
        f"{HELLO}/check-runs/1",
        Reply(422, {"message": "text exceeds bytesize"}),
        Reply(200, {"id": 1}),
    )
    ended = CheckRunPayload(
        "completed",
        "It failed",
        "s",
        "t",
        conclusion="failure",
        started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        completed_at=datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC),
        actions=(Action("Run again", "Deploy it again", "again"),),
    )
    server.client.update_check_run(REPOSITORY, 1, ended)
    first, last = (call.body for call in server.calls if call.verb == "PATCH")
    assert first["completed_at"] == "2026-01-02T03:05:05Z"
    assert first["actions"] == [
        {"label": "Run again", "description": "Deploy it again", "identifier": "again"}
    ]
    assert last["conclusion"] == "failure"
    assert "text" not in last["output"]


def test_a_comparison_names_what_changed(server: Server) -> None:
    """Changed paths count both names of a renamed file."""
    path = f"{HELLO}/compare/{'a' * 40}...{'b' * 40}"
    files = [{"filename": "b/x", "previous_filename": "a/x"}, {"filename": "c"}]
    server.on("GET", path, Reply(200, {"status": "ahead", "files": files}))
    assert server.client.compare(REPOSITORY, "a" * 40, "b" * 40) == Comparison("ahead", ("a/x", "b/x", "c"))


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(200, {"status": "ahead", "files": [{"filename": f"f{n}"} for n in range(300)]}), "ahead"),
        (Reply(200, {"status": "diverged", "files": [{"filename": "x"}]}), "diverged"),
        (Reply(200, {"status": "behind", "files": []}), "behind"),
        (Reply(404, {"message": "Not Found"}), "diverged"),
    ],
)
def test_what_a_comparison_cannot_tell_is_everything(server: Server, reply: Reply, status: str) -> None:
    """300 files, another line of history and a commit that is gone all mean: everything changed."""
    server.on("GET", f"{HELLO}/compare/{'a' * 40}...{'b' * 40}", reply)
    compared = server.client.compare(REPOSITORY, "a" * 40, "b" * 40)
    assert (compared.status, compared.paths) == (status, None)


def test_what_is_not_there_is_none(server: Server) -> None:
    """A file, and a branch with a slash, that do not exist are None, not an error."""
    assert server.client.file(COMMIT, "servergem.yml") is None
    assert server.client.branch_head(REPOSITORY, "feature/ä") is None
    assert server.seen()[-1] == f"GET {HELLO}/git/ref/heads/feature/%C3%A4"


def test_a_commit_that_is_not_there_is_an_error(server: Server) -> None:
    """No configuration file and no commit are not the same answer."""
    server.on(
        "GET", f"{HELLO}/contents/servergem.yml", Reply(404, {"message": "No commit found for the ref b"})
    )
    with pytest.raises(GitHubError, match="No commit"):
        server.client.file(COMMIT, "servergem.yml")


def test_a_commit_is_listed_in_one_call(server: Server) -> None:
    """Files and the trees of their directories come together; a list that GitHub cut says so."""
    entries = [
        {"path": "services", "mode": "040000", "type": "tree", "sha": "1" * 40},
        {"path": "services/main.py", "mode": "100644", "type": "blob", "sha": "2" * 40},
        {"path": "services/config", "mode": "120000", "type": "blob", "sha": "3" * 40},
    ]
    told = {"sha": "c" * 40, "tree": entries, "truncated": True}
    server.on("GET", f"{HELLO}/git/trees/{'b' * 40}", Reply(200, told))
    listing = server.client.listing(COMMIT)
    assert listing.files == {"services/main.py", "services/config"}
    assert listing.links == {"services/config"} and listing.blobs["services/main.py"] == "2" * 40
    assert listing.trees["services"] == "1" * 40
    assert not listing.complete


def test_a_root_has_the_id_that_git_gives_it(server: Server, tmp_path: Path) -> None:
    """GitHub tells the commit's sha for the root's, so the root's is made of its entries: files, folders, links."""
    for name in ("foo", "foo.txt", "foo-bar/x", "b/y/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "run").symlink_to("foo")
    (tmp_path / "foo.txt").chmod(0o755)
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    root = subprocess.run(
        ["git", "write-tree"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.strip()
    told = subprocess.run(
        ["git", "ls-tree", "-r", "-t", root], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    lines = [(*line.partition("\t")[0].split(), line.partition("\t")[2]) for line in told.splitlines()]
    entries = [{"path": path, "mode": mode, "type": kind, "sha": sha} for mode, kind, sha, path in lines]
    body = {"sha": COMMIT.sha, "tree": entries, "truncated": False}
    server.on("GET", f"{HELLO}/git/trees/{COMMIT.sha}", Reply(200, body))
    assert server.client.listing(COMMIT).trees[""] == root


def test_a_root_with_a_name_that_lost_its_bytes_is_like_no_other() -> None:
    """Its id is not known, and so no image is taken for it."""
    assert (
        root_tree(
            [{"path": "caf\N{REPLACEMENT CHARACTER}", "mode": "100644", "type": "blob", "sha": "1" * 40}]
        )
        == ""
    )


def test_a_github_deployment_never_merges_or_waits(server: Server) -> None:
    """The two defaults that refuse our own check run or merge a branch are switched off."""
    server.on("POST", f"{HELLO}/deployments", Reply(201, {"id": 3}))
    server.on("POST", f"{HELLO}/deployments/3/statuses", Reply(201, {"id": 4}))
    assert server.client.create_github_deployment(COMMIT, "production", "x" * 200, key="run-1") == 3
    server.client.set_github_deployment_status(REPOSITORY, 3, "success", environment_url="https://x")
    deployment, status = (call.body for call in server.calls if "deployments" in call.path)
    assert deployment["auto_merge"] is False
    assert deployment["required_contexts"] == []
    assert len(deployment["description"]) == 140
    assert status == {"state": "success", "description": "", "environment_url": "https://x"}


def test_a_lost_answer_makes_no_second_github_deployment(server: Server) -> None:
    """Deployments and their statuses are looked for before they are made again."""
    payload = {"id": 3, "payload": {"servergem": "run-1"}}
    status = {"id": 4, "state": "success", "description": "Live"}
    server.on("POST", f"{HELLO}/deployments", Reply(dropped=True))
    server.on("GET", f"{HELLO}/deployments", Reply(200, [{"id": 2, "payload": ""}, payload]))
    server.on("POST", f"{HELLO}/deployments/3/statuses", Reply(504, b""))
    server.on("GET", f"{HELLO}/deployments/3/statuses", Reply(200, [status]))
    assert server.client.create_github_deployment(COMMIT, "production", "d", key="run-1") == 3
    server.client.set_github_deployment_status(REPOSITORY, 3, "success", description="Live")
    assert [line.split()[0] for line in server.seen()] == ["POST", "GET", "POST", "GET"]


def test_a_merge_instead_of_a_deployment_is_an_error(server: Server) -> None:
    """A 202 made no deployment, whatever it looks like."""
    server.on("POST", f"{HELLO}/deployments", Reply(202, {"message": "Auto-merged main into x"}))
    with pytest.raises(GitHubError, match="Auto-merged"):
        server.client.create_github_deployment(COMMIT, "production", "d", key="run-1")


def test_a_tarball_comes_in_chunks_without_our_token(server: Server) -> None:
    """The redirect to another host is followed and does not get the token."""
    archives = Server()
    archives.on("GET", "/acme/hello", Reply(200, b"x" * 300_000))
    server.on(
        "GET", f"{HELLO}/tarball/{COMMIT.sha}", Reply(302, b"", {"location": f"{archives.url}/acme/hello"})
    )
    with server.client.tarball(COMMIT) as (chunks, size):
        assert sum(map(len, chunks)) == size == 300_000
    assert "authorization" in server.calls[-1].headers
    assert "authorization" not in archives.calls[0].headers
    archives.close()


def test_a_tarball_that_breaks_off_says_so(server: Server) -> None:
    """Less than was promised is a transient error to the reader, never a short archive."""

    def hang_up(call: Call) -> Reply:
        return Reply(200, b"x" * 10, {"content-length": "20", "connection": "close"})

    away = Reply(302, b"", {"location": f"{server.url}/archive"})
    server.on("GET", f"{HELLO}/tarball/{COMMIT.sha}", Reply(503, {}), away)
    server.on("GET", "/archive", hang_up)
    with server.client.tarball(COMMIT) as (chunks, _), pytest.raises(GitHubError) as caught:
        list(chunks)
    assert caught.value.transient


def test_nobody_there_is_said_plainly() -> None:
    """A refused connection is named as the system names it."""
    client = GitHub("123", PEM, "http://127.0.0.1:1", QUICK)
    with pytest.raises(GitHubError, match="no answer from GitHub: connection refused"):
        client.app()


def test_the_manifest_asks_for_what_is_needed() -> None:
    """app.yml has the permissions of the calls we make and the events that handlers answer, and no more."""
    manifest = yaml.safe_load((Path(__file__).parent.parent / "app.yml").read_text())
    assert manifest["default_permissions"] == permissions()
    # These come without being asked for; check_suite to every App that may write check runs.
    unasked = {
        "ping",
        "installation",
        "installation_repositories",
        "github_app_authorization",
        "check_suite",
    }
    assert set(manifest["default_events"]) == set(handlers.HANDLERS) - unasked


@pytest.mark.parametrize(
    ("status", "message", "after"),
    [
        (403, "Repository was archived so is read-only.", 1),
        (403, "Resource not accessible by integration", 0),
        (403, "This installation has been suspended", 0),
        (404, "Not Found", 2),
        (410, "Gone", 1),
        (422, "Validation Failed", 2),
        (451, "Repository access blocked", 1),
        (401, "Bad credentials", 0),
        (409, "Conflict", 0),
        (429, "API rate limit exceeded", 0),
        (500, "Server Error", 0),
        (0, "no answer", 0),
    ],
)
def test_what_is_refused_for_good(status: int, message: str, after: int) -> None:
    """Only what no later attempt can change is final; a rate limit never is, whatever it says."""
    assert GitHubError(status, message).final_after == after
    assert GitHubError(status, message, transient=True).final_after == 0


@pytest.mark.parametrize(
    ("status", "message", "absent"),
    [
        (404, "Not Found", True),
        (409, "Git Repository is empty.", True),
        (409, "Conflict", False),
        (403, "Not here", False),
    ],
)
def test_what_is_not_there(status: int, message: str, absent: bool) -> None:
    """An empty repository has no branch and no tree, which GitHub says with a 409."""
    assert GitHubError(status, message).absent == absent
