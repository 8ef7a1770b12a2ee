"""README's pictures, made of a sandbox in which a push was deployed: `make pictures`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from sandbox.github.state import FOUNDER
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, PATIENCE, House
from tests.setting_up import give_rights
from tests.test_browser import BROWSERS
from tests.test_previews import SAMPLE

WIDTH = 1040


def taken(page: Page, address: str, path: Path, height: int) -> None:
    """The top of a page, in the light scheme."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(address)
    page.screenshot(path=path)


def pictures(house: House, page: Page, folder: Path) -> None:
    """The check run at GitHub of a deployment that is live, and ServerGem's own page of the next, which fails."""
    work = house.repository(SAMPLE)
    # With an image, so that there is a log to be seen.
    built = {"servergem.yml": f"services: {{{SAMPLE}: {{build: buildpacks}}}}\n"}
    house.ended(work.push("Say hello", **built))
    sha = work.push("Greet by name", **{"greeting.txt": "by name"})
    house.ended(sha)
    run = house.check_run(work.name, sha)
    main = (work.path / "main.py").read_text()
    broken = house.ended(work.push("Greet in colour", **{"main.py": f"import colorama\n{main}"}))
    page.context.add_cookies([{"name": "acting_as", "value": FOUNDER, "url": house.address}])
    house.world.github.authorizations.authorized.add(FOUNDER)
    page.goto(f"{house.address}/sign-in")
    taken(page, f"{house.address}/deployments/{broken['id']}", folder / "deployment.png", 760)
    taken(
        page, f"{house.world.github.url}/{OWNER}/{work.name}/runs/{run['id']}", folder / "check-run.png", 600
    )


def main(folder: Path) -> None:
    """Write the pictures into this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = next(found for name in BROWSERS if (found := shutil.which(name)))
    with tempfile.TemporaryDirectory() as at, Sandbox(Path(at) / "sandbox") as world:
        world.github.deliveries.patience = PATIENCE
        world.google.project(PROJECT)
        give_rights(world.google, PROJECT)
        house = House(world, Path(at))
        house.start()
        with sync_playwright() as playwright, closing(house.process):
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(color_scheme="light")
            pictures(house, page, folder)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
