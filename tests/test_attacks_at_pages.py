"""Attacks at the pages and the API: tokens, addresses and forms of others, one after another at one ServerGem."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from app.pages.held_open import MOST_OF_ONE
from app.pages.strangers import MOST_WRONG
from app.process.role import Role
from sandbox.world import Sandbox
from tests.conftest import eventually
from tests.test_api import API, held, program
from tests.test_pages import Site, a_service, site


def made_up(pages: Site, token: str) -> int:
    """What a program with this token is answered."""
    answer = pages.browser().get(f"{API}/services", headers={b"authorization": token.encode("latin-1")})
    assert "acme" not in answer.text and held(answer)
    return answer.status_code


def test_a_flood_of_made_up_tokens_reaches_github_as_a_trickle(world: Sandbox, tmp_path: Path) -> None:
    """Few are refused after a question (401), the rest without one (429); who asked before asks on."""
    with site(world, tmp_path, a_service) as pages:
        reader = program(pages, "ada", "repo")
        assert reader.get(f"{API}/deployments/bad").status_code == 200
        with ThreadPoolExecutor(4) as flood:
            told = list(
                flood.map(lambda each: made_up(pages, f"Bearer ghp_{each:036}"), range(3 * MOST_WRONG))
            )
        assert set(told) == {401, 429} and told.count(401) <= MOST_WRONG
        assert reader.get(f"{API}/deployments/bad").status_code == 200
        assert pages.browser("grace").get("/").status_code == 200


def test_one_reader_leaves_live_pages_to_others(world: Sandbox, tmp_path: Path) -> None:
    """Whoever holds as many streams as one person may have gets no more, and everybody else gets theirs."""
    with site(world, tmp_path, role=Role.DOOR) as pages, ExitStack() as held_open:
        greedy, other = pages.browser("grace"), pages.browser("ada")
        greedy.get("/"), other.get("/")
        told = [
            held_open.enter_context(greedy.stream("GET", "/live/")).status_code
            for _ in range(MOST_OF_ONE + 1)
        ]
        assert told == [200] * MOST_OF_ONE + [503]
        assert held_open.enter_context(other.stream("GET", "/live/")).status_code == 200


ODD = (
    "",
    "Bearer",
    "Bearer \xe4",
    "Basic YTpi",
    "Bearer a b",
    f"Bearer {'a' * 5000}",
    "Bearer ../user",
    "Bearer %0d%0a",
)


def test_nothing_of_another_repository_is_told(world: Sandbox, tmp_path: Path) -> None:
    """Each row asks for what its person may not read: the answer is the one for what is not there, or nobody's."""
    with site(world, tmp_path, a_service) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader = program(pages, "grace", "repo")
        for token in ODD:
            assert made_up(pages, token) == 401, token
        absent = {
            "/deployments/none": 404,
            "/deployments?repository=acme/none": 404,
            "/deployments?before=none": 200,
        }
        for path, status in absent.items():
            hidden = path.replace("acme/none", "acme/blog").replace("none", "blog-run")
            answers = [reader.get(f"{API}{each}") for each in (path, hidden)]
            assert [each.status_code for each in answers] == [status, status]
            assert held(answers[0]) == held(answers[1]), path
        for path in ("/insight", "/services", "/deployments?environment=production&limit=999999999"):
            assert "blog" not in reader.get(f"{API}{path}").text
        signed_in = pages.browser("grace")
        signed_in.get("/")
        for path in (
            "/",
            "/insight",
            "/insight?repository=acme/blog",
            "/services/acme/blog",
            "/?repository=acme/blog",
        ):
            assert "About blog" not in signed_in.get(path).text, path
        for origin in (
            "null",
            "http://evil.example",
            pages.url + "0",
            pages.url.upper(),
            f"{pages.url}/",
            "",
        ):
            pressed = signed_in.post(
                "/deployments/bad/press", headers={"origin": origin}, data={"button": "retry"}
            )
            assert pressed.status_code == 403, origin
        for path in (f"{API}/deployments/bad/rollback", f"{API}/deployments/bad/rollback?token=x"):
            assert signed_in.post(path, headers={"origin": pages.url}).status_code == 401, (
                "a cookie changes nothing"
            )
        world.github.set_permission("acme/shop", "grace", "none")


def test_a_badge_says_no_more_than_what_everybody_may_see(world: Sandbox, tmp_path: Path) -> None:
    """Names that are markup, paths and other services: what is not there, and never an answer of another kind."""
    with site(world, tmp_path, a_service) as pages:
        stranger = pages.browser()
        for name in (
            "acme/shop/api",
            "acme/shop/%3Cscript%3E",
            "acme/shop/..%2Fapi",
            "acme/shop/api%00",
            "acme/none/api",
            "ACME/SHOP/api",
            "acme%2Fshop/x/api",
        ):
            told = stranger.get(f"/badge/{name}.svg?environment=%22%3E%3Cscript%3E")
            assert told.status_code == 404 and "><script>" not in told.text, name
            assert told.headers["cache-control"] == "no-store" and "svg" not in told.headers["content-type"]


def test_what_a_person_takes_back_ends_their_sessions(world: Sandbox, tmp_path: Path) -> None:
    """A stolen cookie opens nothing once its owner has revoked the App, live pages included; who signs in anew may."""
    with site(world, tmp_path, OPERATORS="Olga") as pages, ExitStack() as held_open:
        world.github.webhook_url = f"{pages.url}/webhook"
        owner, other = pages.browser("olga"), pages.browser("ada")
        owner.get("/"), other.get("/")
        thief = pages.browser()
        thief.cookies.update(
            {each.name: each.value or "" for each in owner.cookies.jar if "gem" in each.name}
        )
        assert thief.get("/deployments/blog-run").status_code == 200
        live = held_open.enter_context(thief.stream("GET", "/live/"))
        world.github.revoke_authorization("olga")
        eventually(lambda: thief.get("/deployments/blog-run").status_code == 303 or None, "the end of it")
        assert thief.get(f"{API}/deployments/blog-run").status_code == 401
        assert "event: over" not in "".join(live.iter_lines())
        assert thief.get("/live/", headers={"accept": "text/event-stream"}).status_code == 401
        assert set(thief.get("/readyz").json()) == {"ready"}
        assert other.get("/deployments/blog-run").status_code == 200
        assert owner.get("/deployments/blog-run").status_code == 200  # she signs in anew
