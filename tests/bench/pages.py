"""A deployment's page in a real browser: how soon the end of a long log stands there, beside a short one's."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from sandbox.world import Sandbox
from tests.bench.table import Row
from tests.test_browser import browser_here
from tests.test_pages import site
from tests.test_pages_browser import a_running_one, print_many

LONG_LOG, LOADS = 100_000, 7


def rows() -> list[Row]:
    browser = browser_here()
    if browser is None:
        return [Row("pages in a browser", "no browser here", "")]
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(Path(folder) / "sandbox") as world,
        site(world, Path(folder), a_running_one, PAGES="open") as pages,
        sync_playwright() as playwright,
    ):
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
        address = f"{pages.url}/deployments/running"
        short = _opened(page, address, 1)
        print_many(Path(folder) / "data", LONG_LOG)
        long = _opened(page, address, LONG_LOG)
    return [
        Row(
            f"a log of {LONG_LOG:,} lines open",
            f"{long * 1000:.0f} ms",
            "at most 1,000 ms",
            f"of {LOADS} loads",
        ),
        Row("a log of one line open", f"{short * 1000:.0f} ms", ""),
    ]


def _opened(page: Page, address: str, last: int) -> float:
    """Median seconds until the last line is on the screen."""
    took = []
    for _ in range(LOADS):
        page.goto("about:blank")
        begun = time.monotonic()
        page.goto(address)
        page.locator(f"#L{last}").wait_for()
        took.append(time.monotonic() - begun)
    return statistics.median(took)
