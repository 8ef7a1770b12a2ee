"""The sandbox's GitHub in a real browser: what a person does with a pull request, and what they see."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import OWNER, House
from tests.test_previews import live

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Where CI keeps what the pages looked like.
SCREENSHOTS = Path(__file__).parent.parent / "build" / "screenshots"


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a headless Chromium; BROWSER_TESTS=required makes a missing one a failure."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None and os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail(f"none of {', '.join(BROWSERS)} is installed")
    if path is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        yield page
        browser.close()


def shown(page: Page, name: str) -> None:
    """Keep what a person sees now."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def until(page: Page, selector: str, words: str) -> None:
    """Reload, as a person does, until these words stand there."""
    place = page.locator(selector).filter(has_text=words).first
    for _ in range(300):
        if place.count():
            return
        page.wait_for_timeout(200)
        page.reload()
    expect(place).to_be_visible(timeout=1)


def test_a_pull_request_from_its_opening_to_its_merge(house: House, page: Page) -> None:
    """Open it, follow its preview, extend, ask, re-run, roll back and merge, all by hand on GitHub's pages."""
    work = live(house)
    work.git("checkout", "-q", "-B", "idea")
    work.push("An idea", branch="idea", **{"idea.txt": "1"})
    home = f"{house.world.github.url}/{OWNER}/{work.name}"

    page.goto(home)
    page.get_by_role("link", name="New pull request").click()
    page.locator("select[name=head]").select_option("idea")
    page.locator("input[name=title]").fill("An idea")
    page.get_by_role("button", name="Create pull request").click()
    until(page, "#checks .row", "Live in")
    until(page, "#deployments", "preview/pr-1")
    until(page, ".card .body", "ServerGem preview of")
    shown(page, "pull-request")
    expect(page.get_by_role("link", name="View deployment")).to_be_visible()

    page.locator("#checks").get_by_role("link", name="Details").first.click()
    expect(page.get_by_text("What merging will change")).to_be_visible()
    page.get_by_role("button", name="Extend 24 h").click()
    until(page, ".card .body", "ada extended the preview")
    shown(page, "preview-check-run")

    page.goto(f"{home}/pull/1")
    page.locator("textarea[name=body]").fill("/status")
    page.get_by_role("button", name="Comment", exact=True).click()
    until(page, ".card .body", "Service")
    until(page, "table", "production")
    page.locator("textarea[name=body]").fill("/help")
    page.get_by_role("button", name="Comment", exact=True).click()
    until(page, "table", "/rollback")
    shown(page, "conversation")

    page.get_by_role("button", name="Merge pull request").click()
    expect(page.get_by_text("ada merged this as")).to_be_visible()
    until(page, ".card .body", "runs no preview")
    shown(page, "merged")
    page.locator("p.muted a code").click()
    page.get_by_role("heading", name="Checks").wait_for()
    until(page, ".card .body", "reused from pull request 1")
    shown(page, "production-check-run")
    page.get_by_role("button", name="Roll back").click()
    until(page, ".card .body", "Rolled back by ada")
    shown(page, "rolled-back")
    page.get_by_role("button", name="Re-run", exact=True).first.click()
    until(page, ".card .body", "Live in")
