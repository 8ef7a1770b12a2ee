"""Attacks by holding: what somebody keeps open, has waiting or sends again and again, at one ServerGem."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.pages.explain import MOST_WAITING
from app.pages.held_open import MOST_OF_ONE
from app.pages.strangers import MOST_OF_ONE as MOST_CODES_OF_ONE
from app.pages.strangers import MOST_WRONG
from sandbox.world import Sandbox
from tests.conftest import eventually
from tests.test_api import API, program
from tests.test_pages import Site, site

PAGE, PROGRAMS = "/deployments/shop-run/log.txt", f"{API}/deployments/shop-run/log"
LINES, SAID_LATER = 14_000, "said afterwards"  # more than two kernels keep of one that does not read


def lose_access(pages: Site, _reader: httpx.Client) -> None:
    pages.world.github.set_permission("acme/shop", "grace", "none")


def sign_out(pages: Site, reader: httpx.Client) -> None:
    elsewhere = pages.browser()
    elsewhere.cookies.update({each.name: each.value or "" for each in reader.cookies.jar})
    assert elsewhere.post("/sign-out", headers={"origin": pages.url}).status_code == 200


@pytest.mark.parametrize(
    ("path", "lost"),
    [(PAGE, lose_access), (PAGE, sign_out), (PROGRAMS, lose_access)],
    ids=["access", "session", "token"],
)
def test_a_log_that_is_read_slowly_ends_with_the_right_to_it(
    world: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    lost: Callable[[Site, httpx.Client], None],
) -> None:
    """Whoever keeps a download open reads no line that comes after they may not any more, and is told so."""
    monkeypatch.setattr("app.pages.access.REMEMBERED_SECONDS", 0.0)
    with site(world, tmp_path) as pages:
        add = pages.store.deployments.add_log_line
        for number in range(LINES):
            add("shop-run", f"{number} {'word ' * 300}")
        world.github.set_permission("acme/shop", "grace", "read")
        reader = program(pages, "grace", "repo") if path == PROGRAMS else pages.browser("grace")
        reader.get("/")
        with reader.stream("GET", path) as told:
            parts = told.iter_text()
            next(parts)
            lost(pages, reader)
            add("shop-run", SAID_LATER)
            rest = "".join(parts)
        assert SAID_LATER not in rest and rest.rstrip().endswith("you may not read it any more.")


def test_one_reader_leaves_downloads_to_others(world: Sandbox, tmp_path: Path) -> None:
    """Each that is not read keeps lines in memory: one person has a few of them, and everybody else gets theirs."""
    with site(world, tmp_path) as pages, ExitStack() as held_open:
        for number in range(LINES):
            pages.store.deployments.add_log_line("shop-run", f"{number} {'word ' * 300}")
        greedy, other = pages.browser("olga"), pages.browser("ada")
        for login in ("olga", "ada"):
            world.github.set_permission("acme/shop", login, "read")
        greedy.get("/"), other.get("/")
        told = [
            held_open.enter_context(greedy.stream("GET", PAGE)).status_code for _ in range(MOST_OF_ONE + 1)
        ]
        assert told == [200] * MOST_OF_ONE + [503]
        assert held_open.enter_context(other.stream("GET", PAGE)).status_code == 200
        assert greedy.get(f"{PAGE}?from=1&lines=2").status_code == 200
        assert greedy.get("/deployments/shop-run").status_code == 200


def test_few_logs_wait_to_be_explained(world: Sandbox, tmp_path: Path) -> None:
    """Anybody at GitHub may sign in: a flood of pastes is refused unread, and the page is there for others."""
    with site(world, tmp_path) as pages, ExitStack() as held_open:
        mallory = pages.browser("mallory")
        mallory.get("/")
        cookie = "; ".join(f"{each.name}={each.value}" for each in mallory.cookies.jar)
        address = urlsplit(pages.url)
        head = (
            f"POST /explain HTTP/1.1\r\nhost: {address.netloc}\r\norigin: {pages.url}\r\ncookie: {cookie}\r\n"
            "content-type: application/x-www-form-urlencoded\r\ncontent-length: 1000000\r\n\r\nlog=a"
        ).encode()
        for _ in range(MOST_WAITING):  # which never send the rest
            held = held_open.enter_context(socket.create_connection((address.hostname, address.port)))
            held.sendall(head)
        other = pages.browser("ada")
        other.get("/")

        def refused() -> httpx.Response | None:
            told = other.post("/explain", headers={"origin": pages.url}, data={"log": "a" * 900_000})
            return told if told.status_code == 503 else None

        assert "in a moment" in eventually(refused, "its refusal").text
        held_open.close()
        eventually(
            lambda: other.post("/explain", headers={"origin": pages.url}, data={"log": "a"}).is_success,
            "room for others",
        )


def test_a_flood_of_made_up_codes_reaches_github_as_a_trickle(
    world: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-in that was begun once is no way to ask GitHub without end, nor to keep others from signing in: neither
    whoever has signed in with their browser before, nor anybody at another address.
    """
    asked: list[str] = []
    real = httpx.request

    def counted(verb: str, url: str, **words: object) -> httpx.Response:
        asked.append(url)
        return real(verb, url, **words)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr("app.github.sign_in.httpx.request", counted)
    with site(world, tmp_path) as pages:
        reader = pages.browser("ada")
        reader.get("/")
        begun = pages.browser()
        state = parse_qs(urlsplit(begun.get("/sign-in").headers["location"]).query)["state"][0]
        cookie = "; ".join(f"{each.name}={each.value}" for each in begun.cookies.jar)
        asked.clear()

        def came_back(number: int) -> int:
            address = f"{pages.url}/sign-in/callback?state={state}&code=made-up-{number}"
            return httpx.get(address, headers={"cookie": cookie}).status_code

        with ThreadPoolExecutor(4) as flood:
            told = list(flood.map(came_back, range(3 * MOST_WRONG)))
        assert set(told) == {403, 429} and len(asked) <= MOST_CODES_OF_ONE
        assert reader.get("/").status_code == 200
        assert reader.post("/sign-out", headers={"origin": pages.url}).status_code == 200
        assert reader.get("/deployments.json").status_code == 200, (
            "the browser in which ada has signed in before"
        )
        new = pages.browser("grace")
        assert new.get("/").status_code == 429
        new.headers["x-forwarded-for"] = "203.0.113.9"
        assert new.get("/").status_code == 200
