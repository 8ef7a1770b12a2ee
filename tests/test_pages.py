"""The pages: who may see what, how somebody signs in, and what a browser is told. A real server beside the sandbox."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn

from app.connections import Connection
from app.github.sign_in import web_url
from app.main import create_app
from app.model import Commit, Delivery, Ending, Finding, Place, Report, Repository, Row, RowState
from app.pages.session import Cookies
from app.pages.sign_in import inside
from app.process.role import Role
from app.settings import BadSettings, load
from app.store import Store
from app.store.presses import Pressed
from app.store.pull_requests import Looked
from app.store.traffic import Lock, Shift
from sandbox.ports import free_port
from sandbox.world import Sandbox
from tests.conftest import PATIENCE
from tests.test_settings import GOOD

pytestmark = pytest.mark.wire

LOG_LINE = "password=hunter2 says the container"
PAGES = ("/", "/deployments.json", "/deployments/shop-run")


@dataclass
class Site:
    """A ServerGem with a deployment of acme/shop and one of acme/blog, both private."""

    world: Sandbox
    url: str
    browsers: ExitStack
    server: uvicorn.Server
    store: Store

    def browser(self, login: str = "") -> httpx.Client:
        """Somebody's browser: nobody's, or one that is this person's at GitHub."""
        client = self.browsers.enter_context(
            httpx.Client(base_url=self.url, timeout=PATIENCE, follow_redirects=bool(login))
        )
        if login:
            self.world.github.authorizations.authorized.add(login)
            client.cookies.set("acting_as", login)
        return client


def nothing_more(_store: Store, _shop: Repository) -> None:
    """The two deployments are enough."""


@contextmanager
def site(
    world: Sandbox,
    folder: Path,
    fill: Callable[[Store, Repository], None] = nothing_more,
    role: Role = Role.SERVE,
    **settings: str,
) -> Iterator[Site]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    store = Store.open(folder / "data")
    for name in ("shop", "blog"):
        id_ = world.github.create_repository("acme", name)
        installation = world.github.hub.installed("acme")
        assert installation is not None
        repository = Repository(id_, "acme", name, installation.id)
        run = f"{name}-run"
        report = Report(
            Commit(repository, "a" * 40, "main", f"About {name}"), f"ServerGem / {name}", deployment_id=run
        )
        store.deployments.opened(run, report, "")
        store.deployments.add_log_line(run, LOG_LINE)
        if name == "shop":
            fill(store, repository)
    store.close()
    every = world.settings(folder / "data") | {"SERVERGEM_PUBLIC_URL": url, "LOG_FORMAT": "json"} | settings
    app = create_app(load(every), role)
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, http=Connection, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "it did not start"
        time.sleep(0.01)
    try:
        with ExitStack() as browsers:
            yield Site(world, url, browsers, server, app.state.store)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def test_pages_are_for_those_who_may_read(world: Sandbox, tmp_path: Path) -> None:
    """A stranger sees nothing, a reader their repository alone, and what one may not read is as what is not there."""
    world.github.create_repository("acme", "warm-up")
    with site(world, tmp_path) as pages:
        stranger = pages.browser()
        for path in PAGES:
            answer = stranger.get(path)
            assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/sign-in")
            asked = stranger.get(path, headers={"accept": "application/json"})
            assert asked.status_code == 401
            assert "acme" not in answer.text + asked.text
        assert stranger.post("/sign-out", headers={"origin": "https://evil.example"}).status_code == 403
        assert stranger.post("/sign-out").status_code == 403

        world.github.set_permission("acme/shop", "grace", "read")
        reader = pages.browser("grace")
        assert [each["repository"] for each in reader.get("/deployments.json").json()] == ["acme/shop"]
        page = reader.get("/deployments/shop-run")
        assert (
            page.status_code == 200
            and "password=[hidden] says the container" in page.text
            and "grace" in page.text
        )
        hidden, absent = reader.get("/deployments/blog-run"), reader.get("/deployments/none-run")
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text.replace("blog-run", "none-run") == absent.text

        outsider = pages.browser("mallory")
        assert outsider.get("/deployments.json").json() == []
        assert outsider.get("/deployments/shop-run").status_code == 404
        assert "acme" not in outsider.get("/").text

        out = reader.post("/sign-out", headers={"origin": pages.url})
        assert out.status_code == 200
        reader.follow_redirects = False
        assert reader.get("/").status_code == 303


def test_a_right_that_was_taken_ends_within_a_minute(
    world: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub is asked once for many pages, and again when its answer is old."""
    monkeypatch.setattr("app.pages.access.REMEMBERED_SECONDS", PATIENCE)
    with site(world, tmp_path) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader = pages.browser("grace")
        for _ in range(3):
            assert reader.get("/deployments/shop-run").status_code == 200
        assert world.github.calls["GET /repos/{owner}/{repo}/collaborators/{username}/permission"] == 1
        monkeypatch.setattr("app.pages.access.time.monotonic", lambda: 10 * PATIENCE + time.perf_counter())
        world.github.set_permission("acme/shop", "grace", "none")
        assert reader.get("/deployments/shop-run").status_code == 404


def test_operators_see_everything(world: Sandbox, tmp_path: Path) -> None:
    """An operator needs no right on a repository, and alone is told what /readyz found."""
    with site(world, tmp_path, OPERATORS="Olga") as pages:
        operator = pages.browser("olga")
        assert len(operator.get("/deployments.json").json()) == 2
        assert set(operator.get("/readyz").json()) == {"ready", "store", "github", "google"}
        stranger = pages.browser()
        assert set(stranger.get("/readyz").json()) == {"ready"}
        assert stranger.get("/health").text == "ok\n"


def test_without_a_client_the_pages_are_closed(world: Sandbox, tmp_path: Path) -> None:
    """Nobody sees anything until the operator has set what the page names."""
    with site(world, tmp_path, GITHUB_CLIENT_SECRET="") as pages:
        for path in (*PAGES, "/sign-in", "/deployments/none"):
            answer = pages.browser().get(path)
            assert answer.status_code == 403
            assert "GITHUB_CLIENT_SECRET" in answer.text and "acme" not in answer.text


def test_a_browser_is_told_to_be_careful(world: Sandbox, tmp_path: Path) -> None:
    """Each answer carries the headers of a private page; over https also that it is only there."""
    with site(world, tmp_path) as pages:
        for answer in (pages.browser().get("/"), pages.browser("ada").get("/"), pages.browser().get("/none")):
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "no-store"
            assert "strict-transport-security" not in answer.headers
        assert "<style" not in pages.browser("ada").get("/").text
        assert pages.browser().get("/style.css").headers["content-type"].startswith("text/css")


def test_https_is_insisted_on(tmp_path: Path, world: Sandbox) -> None:
    """Where the public address is https, cookies go over nothing else, and the browser remembers it."""
    with site(world, tmp_path, SERVERGEM_PUBLIC_URL="https://gem.example") as pages:
        answer = pages.browser().get("/sign-in")
        [cookie] = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-servergem-sign-in=")
        for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert word in cookie
        assert answer.headers["strict-transport-security"]


def test_a_sign_in_is_bound_to_its_browser(world: Sandbox, tmp_path: Path) -> None:
    """Another browser's code, a code twice, and a state that is not ours sign nobody in."""
    with site(world, tmp_path) as pages:
        mine, other = pages.browser(), pages.browser()
        to_github = mine.get("/sign-in", params={"to": "/deployments/shop-run"}).headers["location"]
        asked = parse_qs(urlsplit(to_github).query)
        assert asked["code_challenge_method"] == ["S256"] and asked["redirect_uri"] == [
            f"{pages.url}/sign-in/callback"
        ]
        back = httpx.get(to_github).headers["location"]
        other.get("/sign-in")
        assert other.get(back).status_code == 403
        assert mine.get(back.partition("&state")[0]).status_code == 403
        mine.get("/sign-in")
        assert mine.get(back).status_code == 403  # begun anew: the state is another one
        again = httpx.get(mine.get("/sign-in").headers["location"]).headers["location"]
        landed = mine.get(again)
        assert (landed.status_code, landed.headers["location"]) == (303, "/")
        [session] = [each for each in landed.headers.get_list("set-cookie") if "session=" in each]
        assert "HttpOnly" in session and "SameSite=lax" in session
        assert mine.get(again).status_code == 403
        refused = mine.get("/sign-in").headers["location"]
        state = parse_qs(urlsplit(refused).query)["state"][0]
        assert mine.get(f"/sign-in/callback?error=access_denied&state={state}").status_code == 403


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("/deployments/x?y=1", "/deployments/x?y=1"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(to: str, where: str) -> None:
    """After signing in only paths of this host are gone to."""
    assert inside(to) == where


def test_a_cookie_is_good_for_one_thing() -> None:
    """The key is not the secret itself, and differs with it."""
    one, other = (Cookies.derived(each, "http://x") for each in ("secret", "another"))
    assert one.key != other.key and len(one.key) == 32 and b"secret" not in one.key


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://github.acme.corp/api/v3", "https://github.acme.corp"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
    ],
)
def test_people_are_sent_to_the_github_that_we_ask(api: str, web: str) -> None:
    """The page for signing in is beside the API: also on GitHub Enterprise Server, and with data residency."""
    assert web_url(api) == web


@pytest.mark.parametrize(("name", "text"), [("PAGES", "public"), ("OPERATORS", "ada, gr ace")])
def test_settings_of_the_pages_are_read_strictly(name: str, text: str) -> None:
    """A word that could be meant to open something does not."""
    with pytest.raises(BadSettings, match=name):
        load(GOOD | {name: text})


LANE = "/p/europe-west1/api"
KEY_LINE = "MIIEpAIBAAKCAQEA1Zx9QmVbT7k3LrPq8WsYn2uHd5JfGcE4aKoXiRvBt6yMzlNj"
FOUND = Finding(
    "start", "It listens on 127.0.0.1", "Write `PORT`, see https://evil.example/x", place=Place("a b.py", 4)
)


def a_service(store: Store, shop: Repository) -> None:
    """One service: live, then a push that failed; locked, and with a log of 1,000 lines that holds a key."""
    lane = f"{shop.id}{LANE}"
    for run, sha, ending in (("good", "b" * 40, Ending.LIVE), ("bad", "c" * 40, Ending.FAILED)):
        commit = Commit(shop, sha, "main", f"<script>{run}</script>\nmore", author="grace")
        verified = Row("Verify", RowState.DONE, notes=("/health answered 200, 2 times in a row",))
        rows = (Row("Build image", RowState.DONE, 1.0, 3.0), verified)
        report = Report(commit, "ServerGem / api (production)", rows=rows, deployment_id=run)
        store.deployments.opened(run, report, lane)
        if ending is Ending.LIVE:
            store.traffic.shifted(Shift(run, lane, sha, "api-1", "https://api.example", ()))
        found = (replace(FOUND, excerpt="line 300"),) if run == "bad" else ()
        store.deployments.ended(run, replace(report, ending=ending, ending_note="It stopped", findings=found))
    store.traffic.lock(Lock(lane, "ada", "sale", "https://github.example/1", time.time() + 3 * 3600), 1)
    for number in range(1, 1001):
        store.deployments.add_log_line("bad", _line(number))


def _line(number: int) -> str:
    if number == 700:
        return "-----BEGIN RSA PRIVATE KEY-----"
    return KEY_LINE if 700 < number < 720 else f"line {number}"


def test_a_log_is_searched_as_it_is_shown(world: Sandbox, tmp_path: Path) -> None:
    """Found in whatever case, each with its link; what is hidden is not found, and each log in it has a link too."""

    def printed(store: Store, shop: Repository) -> None:
        a_service(store, shop)
        for line in ("— Container log of api-2 —", "100%_sure it Is <here>", LOG_LINE):
            store.deployments.add_log_line("bad", line)

    with site(world, tmp_path, printed, PAGES="open") as pages:

        def asked(words: str) -> str:
            return pages.browser().get("/deployments/bad", params={"find": words}).text

        shown = asked("%_SURE IT is")
        assert '<a href="?at=1002#L1002">1002</a><span>100%_sure it Is &lt;here&gt;</span>' in shown
        assert '<a href="?at=1#L1">Build log</a><a href="?at=1001#L1001">Container log of api-2</a>' in shown
        assert "The first lines with “line 1”" in asked("line 1")
        for hidden in ("hunter2", KEY_LINE, "nowhere"):
            assert "No line has “" in asked(hidden)


def test_home_and_service_say_what_serves(world: Sandbox, tmp_path: Path) -> None:
    """What serves, what failed after it, the lock, exact times and links; filters leave out what does not fit."""
    with site(world, tmp_path, a_service) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader, outsider = pages.browser("grace"), pages.browser("mallory")
        home = reader.get("/").text
        for words in (
            "Live",
            "ccccccc: It stopped",
            "/health answered 200",
            "Locked by ada: sale",
            "grace",
            "in 2 h",
        ):
            assert words in home
        assert f'href="{world.github.url}/acme/shop/commit/{"b" * 40}"' in home
        assert home.count("took 2.0 s") == 3  # what serves, and each of the newest
        assert '<time datetime="2' in home and ' UTC" data-ago>just now</time>' in home
        assert "<script>good" not in home and "&lt;script&gt;good&lt;/script&gt;" in home
        assert "acme/blog" not in home
        for fitting in (
            "state=failed",
            "state=locked",
            "person=Grace",
            "environment=production",
            "q=bbbbbbb+api",
        ):
            assert "Locked by ada" in reader.get(f"/?{fitting}").text
        for other in (
            "state=running",
            "person=ada",
            "environment=staging",
            "q=nowhere",
            "repository=acme/blog",
        ):
            assert "No service fits these filters" in reader.get(f"/?{other}").text
        assert "git push origin HEAD" in outsider.get("/").text

        lane = home.partition('href="/services/')[2].partition('"')[0]
        assert lane.endswith(LANE)
        service = reader.get(f"/services/{lane}").text
        for words in ("api-1", "2 deployments", "https://api.example", "It listens on 127.0.0.1", "2.0 s"):
            assert words in service
        assert "https://console.cloud.google.com/run/detail/europe-west1/api/metrics?project=p" in service
        assert "no such page of the history" in reader.get(f"/services/{lane}?page=9").text
        hidden, absent = outsider.get(f"/services/{lane}"), outsider.get("/services/1/none")
        assert (hidden.status_code, hidden.text) == (absent.status_code, absent.text) == (404, absent.text)


def test_a_deployment_leads_to_its_line_and_log(world: Sandbox, tmp_path: Path) -> None:
    """The finding leads to the line at GitHub and nowhere else; the log comes in parts, and a key in none of them."""
    with site(world, tmp_path, a_service, PAGES="open") as pages:
        anybody = pages.browser()
        page = anybody.get("/deployments/bad").text
        assert f'href="{world.github.url}/acme/shop/blob/{"c" * 40}/a%20b.py#L4"' in page
        assert f"/acme/shop/compare/{'b' * 40}...{'c' * 40}" in page
        assert "<code>PORT</code>" in page and 'href="https://evil.example' not in page
        assert 'id="L501"' in page and 'id="L1000"' in page and 'id="L500"' not in page
        assert 'href="?at=300#L300"' in page
        around = anybody.get("/deployments/bad?at=300").text
        assert 'class="ln error" id="L300"' in around and 'id="L200"' in around and "Next lines" in around

        block = anybody.get("/deployments/bad/log.txt?from=705&lines=3").text.splitlines()
        assert len(block) == 3 and KEY_LINE not in "".join(block)
        whole = anybody.get("/deployments/bad/log.txt")
        assert "attachment" in whole.headers["content-disposition"]
        assert len(whole.text.splitlines()) == 1000 and KEY_LINE not in whole.text + page
        for odd in ("from=0", "from=x", "from=99999999999", "from=5&lines=-1"):
            assert anybody.get(f"/deployments/bad/log.txt?{odd}").status_code == 200


def test_a_stream_tells_readers_alone_and_ends(world: Sandbox, tmp_path: Path) -> None:
    """Strangers are refused, outsiders hear nothing, a reader hears each line once, and a stop ends it."""
    with site(world, tmp_path) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader, path = pages.browser("grace"), "/live/deployments/shop-run"
        reader.get("/")
        asked = pages.browser().get(path, headers={"accept": "text/event-stream"})
        assert asked.status_code == 401
        outside = pages.browser("mallory").get(path).text
        assert "event: over" in outside and "shop" not in outside and "[hidden]" not in outside
        with reader.stream("GET", path) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            told = stream.iter_lines()
            assert "password=[hidden]" in next(line for line in told if '"last"' in line)
            pages.store.deployments.add_log_line("shop-run", "one more")
            assert "one more</span>" in next(line for line in told if '"last"' in line)
            pages.server.should_exit = True
            with suppress(httpx.RemoteProtocolError):
                assert not [line for line in told if '"last"' in line]


def test_deliveries_are_an_operators(world: Sandbox, tmp_path: Path) -> None:
    """Each webhook with what became of it, a deployment as a link to it; to everybody else the page is not there."""

    def delivered(store: Store, shop: Repository) -> None:
        asyncio.run(store.accept(Delivery("d-1", "push", None, b"{}", "s"), time.time()))
        store.mark("d-1", "given up: <b>odd</b>")
        asyncio.run(store.accept(Delivery("d-22", "push", None, b"[]", "t"), time.time()))
        store.mark("d-22", "started delivery:d-22:0")
        report = Report(Commit(shop, "a" * 40, "main", "A"), "ServerGem / api", deployment_id="d-22-api")
        store.deployments.opened("d-22-api", report, f"{shop.id}{LANE}")
        copy = replace(report, check_name="ServerGem / api (preview)", deployment_id="pr-7")
        store.deployments.opened("pr-7", copy, f"{shop.id}{LANE}-pr-7")
        store.pull_requests.looked("d-3", Looked("Every pull request gets a preview", ("pr-7", "not-begun")))
        store.presses.pressed(Pressed("d-4", "d-22-api", "roll-back", "ada", "ada pressed Roll back"))
        for id_, event, more in (
            ("d-3", "pull_request", ""),
            ("d-4", "check_run", ""),
            ("d-5", "push", ""),
            ("d-6", "issue_comment", ""),
            ("d-7", "installation", "; It has no repository yet."),
        ):
            repository = shop.id if id_ == "d-3" else 5 if id_ == "d-4" else 0
            came = Delivery(id_, event, None, id_.encode(), id_, repository=repository)
            asyncio.run(store.accept(came, time.time()))
            store.mark(id_, f"started delivery:{id_}:0{more}")

    with site(world, tmp_path, delivered, OPERATORS="Olga") as pages:
        shown = pages.browser("olga").get("/deliveries").text
        assert "d-1" in shown and "Given up" in shown and "&lt;b&gt;odd" in shown
        assert 'Started <a href="/deployments/d-22-api">ServerGem / api</a>' in shown
        assert "Every pull request gets a preview" in shown and "started delivery:" not in shown
        assert ': <a href="/deployments/pr-7">ServerGem / api (preview)</a>' in shown
        for said in (
            "ada pressed Roll back",
            "The push is being read",
            "A command was heard",
            "It has no repository",
        ):
            assert said in shown
        assert shown.count('<a href="/?repository=acme/shop">acme/shop</a>') == 1
        assert shown.count("not deployed yet") == 1
        mine = pages.browser("grace")
        assert mine.get("/deliveries").status_code == 404
        assert "/deliveries" not in mine.get("/").text


def test_an_operator_has_a_delivery_come_again(world: Sandbox, tmp_path: Path) -> None:
    """Of what was given up GitHub makes another try; nobody else, and no form without its token, asks for one."""
    with site(world, tmp_path, OPERATORS="Olga") as pages:
        world.github.webhook_url = f"{pages.url}/webhook"
        world.github.ping()
        world.github.deliveries.settle()
        id_ = pages.store.deliveries(1)[0].id
        operator, reader = pages.browser("olga"), pages.browser("grace")
        operator.get("/")
        reader.get("/")
        path, ours = f"/deliveries/{id_}/redeliver", {"origin": pages.url}

        def token() -> str:
            found = re.search(r'name="token" value="([0-9a-f]+)"', operator.get("/deliveries").text)
            return found[1] if found else ""

        assert token() == ""  # nothing was given up
        pages.store.mark(id_, "given up: a test")
        form = {"token": token()}
        assert operator.post(path, data={"token": "0" * 64}, headers=ours).status_code == 403
        assert operator.post(path, headers=ours).status_code == 403
        assert operator.post(path, data=form, headers={"origin": "https://evil.example"}).status_code == 403
        assert operator.get(path).status_code == 405
        assert reader.post(path, data=form, headers=ours).status_code == 404
        assert operator.post("/deliveries/none/redeliver", data=form, headers=ours).status_code == 409
        redelivered = "POST /app/hook/deliveries/{delivery_id}/attempts"
        assert not world.github.calls[redelivered]
        done = operator.post(path, data=form, headers=ours)
        assert done.status_code == 200 and "asked to deliver" in done.text and done.url.path == "/deliveries"
        assert world.github.calls[redelivered] == 1
        world.github.deliveries.settle()
        [again] = [each for each in pages.store.deliveries(50) if each.id == id_]
        assert not (again.outcome or "").startswith("given up")


def test_a_pasted_log_is_explained_within_bounds(world: Sandbox, tmp_path: Path) -> None:
    """A log is answered with its finding; too large a one, none, and one from another site's page are refused."""
    with site(world, tmp_path, PAGES="open") as pages:
        anybody, ours = pages.browser(), {"origin": pages.url}
        log = "ModuleNotFoundError: No module named 'flask' <i>x</i>"
        answer = anybody.post("/explain", data={"log": log}, headers=ours)
        assert answer.status_code == 200 and "What to do now" in answer.text and "flask" in answer.text
        assert "<i>x" not in answer.text
        assert anybody.post("/explain", data={"log": "a" * 1_100_000}, headers=ours).status_code == 413
        assert anybody.post("/explain", data={"log": " "}, headers=ours).status_code == 400
        assert anybody.post("/explain", data={"log": log}).status_code == 403
