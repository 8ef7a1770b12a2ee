"""Attacks by session: cookies, headers and addresses of others at the pages, one after another at one ServerGem."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.world import Sandbox
from tests.conftest import eventually
from tests.test_pages import Site, site

SESSION, PENDING = "servergem-session", "servergem-sign-in"
EVIL = "evil.example"


def cookie_of(browser: httpx.Client, name: str) -> str:
    return next(each.value or "" for each in browser.cookies.jar if each.name == name)


def with_cookie(pages: Site, name: str, value: str) -> httpx.Client:
    client = pages.browser()
    client.cookies.set(name, value)
    return client


def test_who_signs_out_leaves_nothing_open(world: Sandbox, tmp_path: Path) -> None:
    """A copy of the cookie, another browser and a live page of the same person end; another person's go on."""
    with site(world, tmp_path, OPERATORS="Olga") as pages, ExitStack() as held_open:
        owner, other = pages.browser("olga"), pages.browser("ada")
        owner.get("/"), other.get("/")
        thief = with_cookie(pages, SESSION, cookie_of(owner, SESSION))
        assert thief.get("/deployments/blog-run").status_code == 200
        live = held_open.enter_context(thief.stream("GET", "/live/"))
        for origin in (f"http://{EVIL}", "null"):
            assert owner.post("/sign-out", headers={"origin": origin}).status_code == 403
        assert owner.post("/sign-out", headers={"origin": pages.url}).status_code == 200
        assert thief.get("/deployments/blog-run").status_code == 303
        assert "event: over" not in "".join(live.iter_lines())
        assert other.get("/deployments/blog-run").status_code == 200
        assert owner.get("/deployments/blog-run").status_code == 200  # she signs in anew


def test_whose_access_is_taken_away_sees_no_more_of_a_live_page(
    world: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says that it is over, and no line of the log comes after that."""
    monkeypatch.setattr("app.pages.access.REMEMBERED_SECONDS", 0.0)
    with site(world, tmp_path) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader = pages.browser("grace")
        reader.get("/")
        with reader.stream("GET", "/live/deployments/shop-run") as live:
            lines = live.iter_lines()
            assert next(line for line in lines if line.startswith("event: log"))
            world.github.set_permission("acme/shop", "grace", "none")
            eventually(lambda: reader.get("/deployments/shop-run").status_code == 404, "the end of it")
            pages.store.deployments.add_log_line("shop-run", "said afterwards")
            rest = "".join(lines)
        assert "event: over" in rest and "said afterwards" not in rest


def test_a_cookie_is_its_own_persons_and_kinds(world: Sandbox, tmp_path: Path) -> None:
    """One that was planted before somebody signs in is not theirs afterwards, and none stands for another kind."""
    with site(world, tmp_path, OPERATORS="Olga") as pages:
        mallory = pages.browser("mallory")
        mallory.get("/")
        planted = cookie_of(mallory, SESSION)
        owner = pages.browser("olga")
        owner.cookies.set(SESSION, planted, domain="127.0.0.1")
        owner.get("/sign-in")
        assert owner.get("/deployments/blog-run").status_code == 200
        assert with_cookie(pages, SESSION, planted).get("/deployments/blog-run").status_code == 404
        begun = pages.browser()
        begun.get("/sign-in")
        pending = cookie_of(begun, PENDING)
        session = cookie_of(owner, SESSION)
        head, body, signature = session.split(".")
        unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
        for odd in (
            pending,
            f"{unsigned}.{body}.",
            f"{head}.{body}.",
            f"{head}.{body}.{signature[:-4]}AAAA",
            session * 20,
        ):
            assert with_cookie(pages, SESSION, odd).get("/deployments/blog-run").status_code == 303, odd[:40]


FORWARDED = {
    "host": EVIL,
    "x-forwarded-host": EVIL,
    "x-forwarded-proto": "https",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-prefix": f"//{EVIL}",
    "forwarded": f"host={EVIL};proto=https",
    "x-original-url": "/deployments/blog-run",
    "x-rewrite-url": "/deployments/blog-run",
    "x-http-method-override": "POST",
}


def test_a_header_leads_nobody_elsewhere(world: Sandbox, tmp_path: Path) -> None:
    """Whatever a proxy or a stranger says of host, way and address: links, redirects and origins are ours."""
    with site(world, tmp_path) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader = pages.browser("grace")
        reader.get("/")
        reader.follow_redirects = False
        for path in (
            *("/", "/deployments/shop-run", "/sign-in", "/api/v1/openapi.json", "/api/v1/deployments"),
            # What has a slash too many or too few is nowhere, instead of at whatever host was named.
            *("/deployments/shop-run/", "/sign-in/", "/badge/a/b/c.svg/", "/live", "/explain/", "/webhook/"),
            *("/api/v1/deployments/", "/health/", f"//{EVIL}/..", f"/sign-in?to=//{EVIL}", "/services/"),
        ):
            for client in (reader, pages.browser()):
                told = client.get(path, headers=FORWARDED)
                assert told.status_code < 500 and EVIL not in told.text, path
                assert urlsplit(told.headers.get("location", "")).hostname != EVIL, path
                assert "About blog" not in told.text
        for origin in (f"http://{EVIL}", f"https://{EVIL}"):
            refused = reader.post(
                "/deployments/shop-run/press", headers=FORWARDED | {"origin": origin}, data={"button": "lock"}
            )
            assert refused.status_code == 403


OF_ANOTHER = (
    "/deployments/blog-run",
    "/deployments/blog-run/log.txt",
    "/deployments/blog-run/log.txt?from=1",
    "/deployments/blog-run/lines?from=1",
    "/deployments/%62log-run/log.txt",
    "/deployments/shop-run/../blog-run/log.txt",
    "/deployments/shop-run/..%2fblog-run/log.txt",
    "/deployments/shop-run%2f..%2fblog-run",
    "/deployments/blog-run%00/log.txt",
    "/deployments/shop-run%00blog-run",
    "/deployments/BLOG-RUN/log.txt",
    "/deployments/blog%2Drun%2Flog.txt",
    "/deployments/%25",
    "/deployments/' OR '1'='1",
    "/deployments/%c0%ae%c0%ae/log.txt",
    "//deployments/blog-run",
    "/live/deployments/blog-run",
    "/live/deployments/blog-run?after=-1",
    "/services/..%2f..%2fblog",
    "/api/v1/deployments/blog-run/log",
    "/api/v1/deployments/shop-run%2f..%2fblog-run/log",
    "/badge/acme/blog/blog.svg",
    "/style.css/../deployments/blog-run",
    "/badge/../deployments/blog-run",
    "/badge/..%2fdeployments/blog-run",
    "/sign-in/../deployments/blog-run",
)


def test_no_way_to_write_an_address_opens_another_repositorys(world: Sandbox, tmp_path: Path) -> None:
    """Ups, signs, cases, zeros and codes: neither its subject nor a line of its log, and no failure of ours."""
    with site(world, tmp_path) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader = pages.browser("grace")
        reader.get("/")
        pages.store.deployments.add_log_line("blog-run", "only blog says this")
        for path in OF_ANOTHER:
            for client in (reader, pages.browser()):
                told = client.get(path)
                assert told.status_code < 500, path
                assert "About blog" not in told.text and "only blog says this" not in told.text, path
        for headers in (
            {"cookie": f"{SESSION}={'a' * 60_000}"},
            {"cookie": "; ".join(f"c{n}=1" for n in range(9_000))},
            {"accept": "a," * 30_000},
            {f"x-{n}": "1" for n in range(2_000)},
        ):
            with suppress(httpx.HTTPError):  # cut off, which is an answer too
                assert pages.browser().get("/", headers=headers).status_code in (303, 400, 431)
        assert reader.get("/deployments/shop-run").status_code == 200
