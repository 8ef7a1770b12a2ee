"""The pages in a real browser: live without a reload, narrow, in the dark, and by keyboard."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from app.model import Commit, Delivery, Ending, Report, Repository, Row, RowState
from app.pages.log_lines import SHOWN_LINES
from app.store import Store
from app.store.presses import Pressed
from app.store.tables import LOG_LINES, open_database, transaction
from sandbox.world import Sandbox
from tests.conftest import PATIENCE
from tests.test_browser import page as page  # the fixture, for the tests below
from tests.test_insight import a_history
from tests.test_pages import Site, a_service, site
from tests.test_pressing import a_pressable

pytestmark = pytest.mark.wire
expect.set_options(timeout=PATIENCE * 1000)

AXE = Path(__file__).parent / "axe"
# What axe finds, as far as it is grave: https://github.com/dequelabs/axe-core/blob/develop/doc/API.md
GRAVE = """async () => (await axe.run()).violations
  .filter((each) => ["serious", "critical"].includes(each.impact))
  .map((each) => [each.id, each.nodes.map((node) => node.html.slice(0, 200))])"""
PAGES = ("/", "/deployments/bad", "/deployments/running", "/explain", "/deliveries")
RUNNING = (Row("Build image", RowState.RUNNING, 1.0), Row("Verify"))
# The lowest contrast of any text with what is behind it, and the text: WCAG 2.2, 1.4.3, by its own formula.
LOWEST_CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = channels(getComputedStyle(each).backgroundColor);
      if (found.length === 3 || found[3] === 1) return getComputedStyle(each).backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  let lowest = [21, ""];
  for (const each of document.querySelectorAll("body *")) {
    const says = [...each.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!says || !each.checkVisibility()) continue;
    const both = [light(getComputedStyle(each).color), light(behind(each))].sort((a, b) => b - a);
    const ratio = (both[0] + 0.05) / (both[1] + 0.05);
    if (ratio < lowest[0]) lowest = [ratio, each.textContent.trim().slice(0, 60)];
  }
  return lowest;
}"""


def a_running_one(store: Store, shop: Repository) -> None:
    """Beside the service of tests/test_pages.py a deployment that runs."""
    a_service(store, shop)
    store.deployments.opened("running", running(shop), f"{shop.id}/p/europe-west1/web")
    store.deployments.add_log_line("running", "the first line")


def running(shop: Repository) -> Report:
    commit = Commit(shop, "d" * 40, "main", "A message that is long " * 6)
    return Report(commit, "ServerGem / web (staging)", rows=RUNNING, deployment_id="running")


def test_a_deployment_is_followed_without_a_reload(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """Lines and the ending appear on the page that was opened, and one sentence is said for who cannot see it."""
    with site(world, tmp_path, a_running_one, PAGES="open") as pages:
        page.goto(f"{pages.url}/deployments/running")
        page.evaluate("window.opened = true")
        expect(page.locator("#beat")).to_have_text("Updates as it happens")
        pages.store.deployments.add_log_line("running", "</span><script>window.odd = true</script>")
        expect(page.locator("#L2")).to_contain_text("<script>window.odd")
        report = pages.store.deployments.report("running")
        assert report is not None
        ended = replace(report, ending=Ending.FAILED, ending_note="It was too much")
        pages.store.deployments.ended("running", ended)
        expect(page.locator(".outcome")).to_contain_text("It was too much")
        expect(page.locator("#say")).to_contain_text("Failed")
        expect(page.locator("#beat")).to_have_text("Ended")
        assert page.evaluate("[window.opened, window.odd]") == [True, None]


# Each of the colours, so that the contrast of each is measured.
PAINTED = "\x1b[1;31mnpm ERR!\x1b[0m" + "".join(
    f" \x1b[{code}m{code}\x1b[0m" for code in (90, 32, 33, 34, 35, 36)
)


def printing(store: Store, shop: Repository) -> None:
    a_running_one(store, shop)
    for time_ in ("0.1", "0.2"):
        store.deployments.add_log_line("running", f'Step #0 - "build": #12 {time_} {PAINTED}')


def test_prefixes_are_folded_and_colours_kept(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """In what was there and in what comes: folded, it can still be copied and found; one press shows it whole."""
    with site(world, tmp_path, printing, PAGES="open") as pages:
        page.goto(f"{pages.url}/deployments/running")
        expect(page.locator("#beat")).to_have_text("Updates as it happens")
        pages.store.deployments.add_log_line("running", f'Step #0 - "build": #12 1.2 {PAINTED} <b>more</b>')
        expect(page.locator("#L4 .red")).to_have_text("npm ERR!")
        expect(page.locator("#L4 > span")).to_contain_text("<b>more</b>")

        def width(line: str) -> float:
            box = page.locator(f"{line} .prefix").bounding_box()
            assert box is not None
            return box["width"]

        assert width("#L2") > 100 > 30 > width("#L3") == width("#L4")
        copied = page.evaluate("""() => { getSelection().selectAllChildren(document.querySelector("#L4 > span"));
            return getSelection().toString(); }""")
        assert copied == 'Step #0 - "build": #12 1.2 npm ERR! 90 32 33 34 35 36 <b>more</b>'
        assert page.evaluate("getSelection().removeAllRanges() || find('#12 1.2')")
        page.get_by_label("Prefixes").check()
        assert width("#L3") == width("#L2") == width("#L4")


def test_a_hundred_thousand_lines_open_at_their_end(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """The page brings no more than its last lines, so that it opens at once; all of them come when asked for."""
    with site(world, tmp_path, a_running_one, PAGES="open") as pages:
        print_many(tmp_path / "data", 100_000)
        for _ in range(3):  # the second time the browser has reckoned its height from what it saw before
            page.goto(f"{pages.url}/deployments/running")
            page.wait_for_function("lines.scrollHeight - lines.scrollTop - lines.clientHeight < 1")
        assert page.locator("#log-count").inner_text() == "100000"
        expect(page.locator(".ln")).to_have_count(SHOWN_LINES)
        page.get_by_role("button", name="Load all").click()
        expect(page.locator(".ln")).to_have_count(100_000)
        expect(page.locator("#L2 > span")).to_contain_text("line 2")


def print_many(data: Path, many: int) -> None:
    """Let the running deployment's build have printed so many lines, as builds of Cloud Build do."""
    lines = [
        {"deployment_id": "running", "time": 1.0, "line": f'Step #0 - "build": #12 {number}.5 line {number}'}
        for number in range(2, many + 1)
    ]
    with transaction(open_database(data, "")) as connection:
        connection.execute(insert(LOG_LINES), lines)


def test_a_long_log_makes_no_page_long(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """Below the foot of the page nothing is, whichever line of the log is the error."""
    with site(world, tmp_path, a_service, PAGES="open") as pages:
        page.goto(f"{pages.url}/deployments/bad?at=500#L500")
        below = "document.documentElement.scrollHeight - document.querySelector('.foot').offsetTop"
        assert page.evaluate(f"{below} - document.querySelector('.foot').offsetHeight") <= 1
        page.goto(f"{pages.url}/deployments/bad?at=300")
        expect(page.locator(".ln.error")).to_be_in_viewport()


def test_a_short_log_takes_no_more_room_than_its_lines(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """Below what is seen too: no place is kept for lines that there are not, and nothing jumps when it is reached."""
    with site(world, tmp_path, a_running_one, PAGES="open") as pages:
        page.set_viewport_size({"width": 390, "height": 300})
        page.goto(f"{pages.url}/deployments/running")
        room = page.locator("#lines").bounding_box()
        assert room is not None and room["y"] > 300 and room["height"] < 60


def test_home_changes_by_itself(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """What runs and what ended shows on the page that was opened; the link that has the focus keeps it."""
    with site(world, tmp_path, a_running_one, PAGES="open") as pages:
        page.goto(f"{pages.url}/")
        row = page.get_by_role("link", name="web", exact=True)
        row.focus()
        report = pages.store.deployments.report("running")
        assert report is not None
        rows = (
            replace(RUNNING[0], state=RowState.DONE, ended=9.0),
            replace(RUNNING[1], state=RowState.RUNNING),
        )
        pages.store.deployments.progressed("running", replace(report, rows=rows))
        expect(page.get_by_text("ddddddd: Verify")).to_be_visible()
        expect(row).to_be_focused()


def test_pages_are_narrow_and_legible(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """At 390 px nothing scrolls sideways, and in both schemes each text has a contrast of 4.5 at least."""
    with site(world, tmp_path, printing, PAGES="open") as pages:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(f"{pages.url}/")
        lane = page.get_by_role("link", name="api", exact=True).get_attribute("href") or ""
        for path in (*PAGES, lane, "/none"):
            page.goto(pages.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") == 390, path
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                ratio, words = page.evaluate(LOWEST_CONTRAST)
                assert ratio >= 4.5, (path, scheme, words)


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, which npm brings as tests/axe/package-lock.json names it."""
    if not shutil.which("npm"):
        if os.environ.get("AXE_TESTS") == "required":
            pytest.fail("AXE_TESTS=required, and there is no npm here: apt-get install npm")
        pytest.skip("there is no npm here: apt-get install npm")
    folder = tmp_path_factory.mktemp("axe")
    shutil.copytree(AXE, folder, dirs_exist_ok=True)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def a_bit_of_everything(store: Store, shop: Repository) -> None:
    """Each page has something to show: buttons, a lock, a finding, what runs, a preview, numbers, a delivery."""
    a_pressable(store, shop)
    a_history(store, shop)
    store.deployments.opened("running", running(shop), f"{shop.id}/p/europe-west1/web")
    with ThreadPoolExecutor(1) as beside:  # the browser's loop runs in this thread
        accepted = store.accept(Delivery("d-1", "push", None, b"{}", "s"), time.time())
        assert beside.submit(asyncio.run, accepted).result()
    store.mark("d-1", "given up: no such branch")
    store.presses.pressed(Pressed(f"page-{'1' * 32}", "good", "roll-back", "ada", "ada pressed Roll back"))


def signed_in(page: Page, pages: Site, login: str) -> None:
    """The browser is this person's, who has allowed ServerGem to know them."""
    pages.world.github.authorizations.authorized.add(login)
    page.context.add_cookies([{"name": "acting_as", "value": login, "url": pages.url}])
    page.goto(f"{pages.url}/")


def test_no_page_has_a_serious_fault_that_axe_finds(
    world: Sandbox, tmp_path: Path, page: Page, axe: str
) -> None:
    """Each page, narrow, in light and in dark, with its panels open: nothing serious or critical."""
    with site(world, tmp_path, a_bit_of_everything, OPERATORS="ada") as pages:
        page.set_viewport_size({"width": 390, "height": 800})
        signed_in(page, pages, "ada")
        lane = page.get_by_role("link", name="api", exact=True).first.get_attribute("href") or ""
        for path in (*PAGES, "/insight", lane, f"/deployments/good?pressed=page-{'1' * 32}", "/none"):
            page.goto(pages.url + path)
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            page.evaluate(axe)
            assert page.evaluate("document.documentElement.scrollWidth") == 390, path
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert page.evaluate(GRAVE) == [], (path, scheme)


def test_a_panel_asks_before_the_traffic_goes_back(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """By keyboard: the button opens what will happen, the second one presses, and the page says what came of it."""
    with site(world, tmp_path, a_pressable) as pages:
        signed_in(page, pages, "ada")
        page.goto(f"{pages.url}/deployments/good")
        page.get_by_text("Roll back…").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("The traffic goes back to what served before")).to_be_visible()
        page.get_by_role("button", name="Roll back", exact=True).press("Enter")
        expect(page.locator(".outcome-of-press")).to_contain_text("ada pressed Roll back")
        assert [each.sender for each in pages.store.presses.presses()] == ["ada"]


def test_forms_are_taken_from_a_real_browser(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """It names our origin with each: a pasted log is explained, and who signs out is out."""
    with site(world, tmp_path, a_service) as pages:
        signed_in(page, pages, "ada")
        page.goto(f"{pages.url}/explain")
        page.get_by_role("textbox").fill("ModuleNotFoundError: No module named 'flask'")
        page.get_by_role("button", name="Explain").click()
        expect(page.get_by_text("What to do now")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Signed out")).to_be_visible()


def test_the_keyboard_reaches_everything(world: Sandbox, tmp_path: Path, page: Page) -> None:
    """The first key leads past the head, "/" to the search; a line's address opens there, and all lines can be had."""
    with site(world, tmp_path, a_running_one, PAGES="open") as pages:
        page.goto(f"{pages.url}/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("nowhere")
        page.keyboard.press("Enter")
        expect(page.get_by_text("No service fits these filters.")).to_be_visible()
        page.goto(f"{pages.url}/deployments/bad#L12")
        expect(page).to_have_url(f"{pages.url}/deployments/bad?at=12#L12")
        expect(page.locator("#L12")).to_be_in_viewport()
        page.goto(f"{pages.url}/deployments/bad")
        page.get_by_role("button", name="Load all").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".ln")).to_have_count(1000)
        expect(page.locator("#L1 span")).to_have_text("line 1")
