"""Buttons on the pages: pressed by a person with a session, decided where GitHub's are, and by nobody else's page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from app.deployment_ids import begun_by
from app.model import Button, Commit, Ending, Report, Repository
from app.pages.offers import ASKED, OVERTAKEN, offers_at, offers_of
from app.pages.served import Served
from app.pages.session import Cookies
from app.process.role import Role
from app.store import Store
from app.store.history import Listed
from app.store.presses import Pressed
from app.store.traffic import Lock, Shift
from sandbox.world import Sandbox
from tests.conftest import House, eventually
from tests.test_conversation import PRODUCTION
from tests.test_orders import HOME
from tests.test_pages import LANE, Site, a_service, site
from tests.test_previews import live, remark

PRESSED = {"button": "roll-back", "at": "deployment"}


def token_in(text: str) -> str:
    """The token of the forms of a page."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', text)
    return found[1] if found else ""


def a_pressable(store: Store, shop: Repository) -> None:
    """What is live has the button that its check run has."""
    a_service(store, shop)
    good = store.deployments.report("good")
    assert good is not None
    buttons = (Button.ROLL_BACK, Button.PROMOTE)
    store.deployments.ended("good", replace(good, revision="api-1", buttons=buttons))


@pytest.mark.wire
def test_a_person_rolls_back_locks_and_retries_on_a_page(house: House) -> None:
    """The traffic goes back, who pressed stands on the check run, and each press leads to what came of it."""
    work = live(house)
    first = dict(house.world.runner.traffic(work.name))
    sha = work.push("Worse", **{"n.txt": "2"})
    worse = house.ended(sha)
    house.world.github.authorizations.authorized.add("ada")
    with httpx.Client(base_url=house.address, timeout=300.0, follow_redirects=True) as ada:
        ada.cookies.set("acting_as", "ada")
        ada.get("/sign-in")
        page = ada.get(f"/deployments/{worse['id']}")
        lane = re.findall(r'href="(/services/[^"]+)"', page.text)[0]
        ours = {"origin": house.address}

        def press(run: str, button: str, at: str, **more: str) -> httpx.Response:
            form = {"token": token_in(ada.get(lane).text), "button": button, "at": at, **more}
            return ada.post(f"/deployments/{run}/press", data=form, headers=ours)

        locked = press(worse["id"], "lock", "service", words="sale <now>")
        assert locked.url.path == lane and "sale &lt;now&gt;" in locked.text, locked.text + house.log_tail()
        assert "Locked by ada" in locked.text and "Unlock" in locked.text
        unlocked = press(worse["id"], "unlock", "service")
        assert "ada unlocked" in unlocked.text and "Locked by" not in unlocked.text

        back = press(worse["id"], "roll-back", "deployment")
        assert back.url.path == f"/deployments/{worse['id']}" and "ada pressed Roll back" in back.text
        begun = re.findall(r'href="/deployments/(rollback-page-[0-9a-f]{32})"', back.text)[0]
        assert f"rollback-{back.url.params['pressed']}" == begun
        rolled = eventually(
            lambda: next((d for d in house.deployments() if d["id"] == begun and d["ending"]), None),
            "its end",
        )
        assert rolled["ending"] == "rolled-back" and dict(house.world.runner.traffic(work.name)) == first
        assert eventually(lambda: remark(house, work, sha, "ada pressed Roll back", PRODUCTION), "the remark")
        again = press(worse["id"], "roll-back", "deployment")
        assert again.status_code == 409 and "not there any more" in again.text
        assert OVERTAKEN in ada.get(f"/deployments/{worse['id']}").text


def pressed(browser: httpx.Client, pages: Site, run: str, **changes: str | None) -> httpx.Response:
    """A press as a page of ours sends it, with these changes; None takes a part away."""
    page = browser.get(f"/deployments/{run}")
    form = PRESSED | {"token": token_in(page.text)} | {k: v for k, v in changes.items() if k != "origin"}
    origin = changes.get("origin", pages.url)
    return browser.post(
        f"/deployments/{run}/press",
        data={name: value for name, value in form.items() if value is not None},
        headers={"origin": origin} if origin else {},
    )


@pytest.mark.wire
def test_nobody_elses_page_presses(world: Sandbox, tmp_path: Path) -> None:
    """Without its token, with another session's, from another origin, as a link, from a stranger: nothing is begun."""
    with site(world, tmp_path, a_pressable) as pages:
        world.github.set_permission("acme/shop", "ada", "write")
        world.github.set_permission("acme/shop", "mia", "write")
        ada, mia = pages.browser("ada"), pages.browser("mia")
        own, others = (token_in(each.get("/deployments/good").text) for each in (ada, mia))
        assert own and others and own != others
        attacks = [
            pressed(ada, pages, "good", token=None),
            pressed(ada, pages, "good", token=""),
            pressed(ada, pages, "good", token=own[:-1] + "é"),
            pressed(ada, pages, "good", token=others),
            pressed(ada, pages, "good", origin="https://evil.example"),
            pressed(ada, pages, "good", origin="null"),
            pressed(ada, pages, "good", origin=None),
            pressed(ada, pages, "good", words="x" * 20_000),
        ]
        assert [each.status_code for each in attacks] == [403] * len(attacks)
        stranger = pages.browser()
        assert pressed(stranger, pages, "good", token=own).status_code == 401
        link = ada.get("/deployments/good/press", params=PRESSED | {"token": own})
        assert link.status_code == 405
        assert ada.put("/deployments/good/press", headers={"origin": pages.url}).status_code == 405
        assert not pages.store.presses.presses()
        assert not [each for each in pages.store.deployments.reports(50) if each.ending is Ending.ROLLED_BACK]


@pytest.mark.wire
def test_a_press_takes_write_permission_and_what_is_there(world: Sandbox, tmp_path: Path) -> None:
    """A reader sees no button and is told what it takes; what one may not read, or is not offered, is not pressed."""
    with site(world, tmp_path, a_pressable, OPERATORS="Olga") as pages:
        world.github.set_permission("acme/shop", "ada", "write")
        world.github.set_permission("acme/blog", "ada", "none")
        for each in ("grace", "olga"):
            world.github.set_permission("acme/shop", each, "read")
        ada, grace = pages.browser("ada"), pages.browser("grace")
        token = token_in(ada.get("/deployments/good").text)
        for login in ("grace", "olga"):
            reader = pages.browser(login)
            text = reader.get("/deployments/good").text
            assert "/press" not in text and token_in(text) == ""
            cookies = Cookies.derived(world.settings(tmp_path)["GITHUB_WEBHOOK_SECRET"], pages.url)
            request = httpx.Request("GET", pages.url, headers={"cookie": _cookies(reader)})
            refused = pressed(reader, pages, "good", token=_token_of(cookies, request))
            assert refused.status_code == 403 and "write permission to acme/shop" in refused.text
        assert pressed(grace, pages, "good").status_code == 403

        hidden, absent = (pressed(ada, pages, each, token=token) for each in ("blog-run", "none-run"))
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text.replace("blog-run", "none-run") == absent.text
        for button in ("retry", "explode", "", "lock", "approve"):
            assert pressed(ada, pages, "good", button=button).status_code == 409
        assert (
            pressed(ada, pages, "good", button="lock", at="service").status_code == 409
        )  # the newest has it
        assert not pages.store.presses.presses()

        world.github.set_permission("acme/shop", "ada", "read")  # taken since the page was loaded
        refused = pressed(ada, pages, "good", token=token)
        assert refused.status_code == 403 and "write permission" in refused.text
        assert not pages.store.presses.presses()


@pytest.mark.wire
def test_a_door_says_where_to_press(world: Sandbox, tmp_path: Path) -> None:
    """It begins nothing: its pages lead to the check run, and a press that comes all the same is told so."""
    with site(world, tmp_path, a_pressable, role=Role.DOOR) as pages:
        world.github.set_permission("acme/shop", "ada", "write")
        ada = pages.browser("ada")
        text = ada.get("/deployments/good").text
        assert "/press" not in text and "Roll back, Promote: this page comes from a" in text
        cookies = Cookies.derived(world.settings(tmp_path)["GITHUB_WEBHOOK_SECRET"], pages.url)
        request = httpx.Request("GET", pages.url, headers={"cookie": _cookies(ada)})
        refused = pressed(ada, pages, "good", token=_token_of(cookies, request))
        assert refused.status_code == 503 and "servergem door" in refused.text
        assert not pages.store.presses.presses()


def _cookies(browser: httpx.Client) -> str:
    return "; ".join(f"{each.name}={each.value}" for each in browser.cookies.jar)


def _token_of(cookies: Cookies, request: httpx.Request) -> str:
    """The very token of somebody's session, as if they had found it out."""
    headers = [(b"cookie", request.headers["cookie"].encode())]
    return cookies.form_token(Request({"type": "http", "headers": headers}), "session")


@pytest.mark.wire
def test_another_repositorys_press_is_not_told(world: Sandbox, tmp_path: Path) -> None:
    """The address may ask about any press; it is told of one that is this repository's, and of none elsewhere."""
    mine, other = f"page-{'1' * 32}", f"page-{'2' * 32}"

    def fill(store: Store, shop: Repository) -> None:
        a_pressable(store, shop)
        for id_, run in ((mine, "good"), (other, "blog-run")):
            store.presses.pressed(Pressed(id_, run, "roll-back", "mia", f"mia <pressed> on {run}"))

    with site(world, tmp_path, fill) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        reader = pages.browser("grace")
        assert "mia &lt;pressed&gt; on good" in reader.get(f"/deployments/good?pressed={mine}").text
        lane = re.findall(r'href="(/services/[^"]+)"', reader.get("/deployments/good").text)[0]
        assert "mia &lt;pressed&gt; on good" in reader.get(f"{lane}?pressed={mine}").text
        told = reader.get(f"/deployments/good?pressed={other}").text
        assert "mia" not in told and "Being decided" not in told
        assert "Being decided" in reader.get(f"/deployments/good?pressed=page-{'3' * 32}").text
        assert "Being decided" not in reader.get("/deployments/good?pressed=page-x").text


def listed(run: str, ending: Ending | None, *buttons: Button, revision: str = "api-1") -> Listed:
    report = Report(
        Commit(HOME, "c" * 40, "main"),
        "ServerGem / api (production)",
        ending=ending,
        revision=revision,
        buttons=buttons,
    )
    return Listed(run, f"{HOME.id}{LANE}", 1.0, 2.0 if ending else 0.0, 0, report)


SHIFT = Shift("good", "lane", "b" * 40, "api-1", "", ())
GOOD = listed("good", Ending.LIVE, Button.ROLL_BACK, Button.PROMOTE)
BAD = listed("bad", Ending.FAILED, Button.RETRY, revision="")
RUNNING = listed("running", None, Button.RETRY)


def test_a_page_offers_what_its_check_run_has() -> None:
    """Nothing while it runs; Roll back of what serves no more is shown with the reason; each that asks says why."""
    assert [each.button for each in offers_of(GOOD, SHIFT)] == [Button.ROLL_BACK, Button.PROMOTE]
    assert offers_of(RUNNING, SHIFT) == ()
    for newest in (None, replace(SHIFT, revision="api-2")):
        assert [each.why_not for each in offers_of(GOOD, newest)] == [OVERTAKEN, ""]
    assert {each.button for each in offers_of(GOOD, SHIFT) if each.asks} == {Button.ROLL_BACK, Button.PROMOTE}
    assert not {Button.RETRY, Button.EXTEND, Button.UNLOCK} & set(ASKED)


def test_a_service_offers_its_lock_and_what_to_do_with_the_newest() -> None:
    """Of what serves, of what failed after it, and the lock on what has ended."""
    served = Served(BAD, SHIFT, GOOD)
    told = [(each.button, each.deployment_id, each.of) for each in offers_at(served, (RUNNING, BAD, GOOD))]
    assert told == [
        (Button.ROLL_BACK, "good", ""),
        (Button.PROMOTE, "good", ""),
        (Button.RETRY, "bad", "ccccccc"),
        (Button.LOCK, "bad", ""),
    ]
    locked = replace(served, lock=Lock("lane", "ada", "", "", 9e9))
    assert offers_at(locked, (GOOD,))[-1].button is Button.UNLOCK
    assert offers_at(Served(RUNNING), (RUNNING,)) == ()


@pytest.mark.parametrize(
    ("run", "by"),
    [
        ("rollback-page-1", True),
        ("d-api-production-again-page-1", True),
        ("page-1-api-production", True),
        ("page-12-api-production", False),
        ("rollback-page-2", False),
        ("d-api-production", False),
    ],
)
def test_what_a_press_has_begun_is_known_by_its_id(run: str, by: bool) -> None:
    """As each button makes it of the press's own."""
    assert begun_by("page-1", run) is by
