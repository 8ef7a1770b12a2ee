"""The sandbox's GitHub in a real browser: what a person does with a pull request, and what they see."""

from __future__ import annotations

import io
import os
import queue
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console

from app.setup import github_app, hosting, settings_file
from sandbox.github.state import FOUNDER
from sandbox.ports import free_port
from sandbox.world import PROJECT, Options, Sandbox
from tests.conftest import OWNER, PATIENCE, QUICK, House, Work
from tests.setting_up import GCLOUD, builds_anywhere, give_rights, may_grant, take_from_builder
from tests.test_conversation import STAGING
from tests.test_forks import SETTINGS as FORKS
from tests.test_forks import fork_of
from tests.test_previews import SAMPLE, live
from tests.warm import servergem

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Where CI keeps what the pages looked like.
SCREENSHOTS = Path(__file__).parent.parent / "build" / "screenshots"


def browser_here() -> str | None:
    """Where this machine has a Chromium, if it has one."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a headless Chromium; BROWSER_TESTS=required makes a missing one a failure."""
    path = browser_here()
    if path is None and os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail(f"none of {', '.join(BROWSERS)} is installed")
    if path is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()


def shown(page: Page, name: str) -> None:
    """Keep what a person sees now."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def until(page: Page, selector: str, words: str) -> None:
    """Reload, as a person does, until these words stand there."""
    place = page.locator(selector).filter(has_text=words).first
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
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
    until(page, "#deployments", "View deployment")
    until(page, ".card .body", "ServerGem preview of")
    shown(page, "pull-request")

    page.locator("#checks").get_by_role("link", name="Details").first.click()
    expect(page.get_by_text("What merging will change")).to_be_visible()
    presses(page, "Extend 24 h", "ada extended the preview")

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
    presses(page, "Roll back", "Rolled back by ada")
    page.get_by_role("button", name="Re-run", exact=True).first.click()
    until(page, ".card .body", "Live in")


@pytest.fixture
def careful(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that changes a project only when somebody presses, and whose operator takes forks."""
    builds_anywhere(world.google, PROJECT, "servergem-fork-build")
    may_grant(world.google, PROJECT)
    own = {"SERVERGEM_ENABLE_APIS": "no", "SERVERGEM_REPAIRS": "enable-api,grant-role", "OPERATORS": FOUNDER}
    house = House(world, tmp_path, settings=FORKS | own)
    house.start()
    yield house
    house.kill()


def checks_of(page: Page, work: Work, sha: str) -> None:
    """Open the commit with its check runs, as the sign beside it on the repository's page leads to."""
    page.goto(f"{work.house.world.github.url}/{OWNER}/{work.name}/commit/{sha}/checks")
    page.get_by_role("heading", name="Checks").wait_for()


def presses(page: Page, label: str, *words: str) -> None:
    """Press this button of a check run once it shows, and read on the same page what became of it."""
    until(page, ".card .body button", label)
    page.get_by_role("button", name=label, exact=True).click()
    for each in words:
        until(page, ".card .body", each)
    shown(page, label.lower().replace(" ", "-"))


def test_each_button_of_a_check_run(careful: House, page: Page) -> None:
    """Enable API, Grant role, Retry, Promote, Approve deploy: each is pressed, and the page shows what became of it."""
    house, google = careful, careful.world.google
    work = house.repository(SAMPLE)
    (work.path / "servergem.yml").write_text(STAGING.format(name=SAMPLE))
    take_from_builder(google, PROJECT)
    checks_of(page, work, work.push("Say hello"))
    presses(page, "Enable API", "Run again for ada")
    presses(page, "Grant role", "Run again for ada", "Live in")

    google.set_billing(PROJECT, False)
    checks_of(page, work, work.push("Without billing", **{"n.txt": "2"}))
    until(page, ".card .body", "Billing is off")
    google.set_billing(PROJECT, True)
    presses(page, "Retry", "Run again for ada", "Live in")

    sha = work.push("To staging first", branch="develop", **{"n.txt": "3"})
    checks_of(page, work, sha)
    presses(page, "Promote", "Promoted from staging by ada", "ada promoted this image to production")
    until(page, f"section:has-text('{SAMPLE} (production)')", "Live in")

    fork = fork_of(work)
    sha = fork.push(**{"fork.txt": "mine"})
    number = fork.open()
    page.goto(f"{house.world.github.url}/{OWNER}/{work.name}/pull/{number}")
    until(page, "#checks .row", f"{SAMPLE} (preview)")
    page.locator("#checks").get_by_role("link", name="Details").first.click()
    presses(page, "Approve deploy", "Live in")
    assert house.ended(sha)["ending"] == "live"


def test_a_failing_push_marks_its_line(house: House, page: Page) -> None:
    """The check run shows the fault under the very line, a link leads to it, and ServerGem's page quotes it."""
    work = house.repository(SAMPLE)
    source = (work.path / "main.py").read_text().splitlines()
    number = next(index for index, line in enumerate(source, 1) if line.startswith("class Hello"))
    broken = source[number - 1].rstrip(":")
    source[number - 1] = broken
    sha = work.push("Forget a colon", **{"main.py": "\n".join(source)})
    page.goto(f"{house.world.github.url}/{OWNER}/{work.name}")
    until(page, ".row a.failure", "✗")
    page.locator(".row a.failure").first.click()
    card = page.locator(".card .card").filter(has_text="main.py")
    expect(card.locator(".marked")).to_have_text(f"{number}{broken}")
    expect(card.locator(".annotation.failure .message")).to_contain_text("main.py")
    shown(page, "annotation")
    card.get_by_role("link", name="main.py").click()
    expect(page).to_have_url(f"{house.world.github.url}/{OWNER}/{work.name}/blob/{sha}/main.py#L{number}")
    expect(page.locator(f"#L{number}")).to_contain_text(broken)
    page.context.add_cookies([{"name": "acting_as", "value": FOUNDER, "url": house.world.github.url}])
    house.world.github.authorizations.authorized.add(FOUNDER)
    page.goto(f"{house.address}/sign-in?to=/deployments/{house.ended(sha)['id']}")
    expect(page.locator(".quoted .error").first).to_have_text(f"{number}{broken}")
    expect(page.locator(".quoted .ln").first).to_contain_text(str(number - 3))


def test_the_whole_way_from_no_app_to_a_host(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page on this machine, GitHub's button, installation, every sign well, first push, live; then Cloud Run's steps,
    whose proof is no delivery that went to the place before.
    """
    with Sandbox(tmp_path / "sandbox", Options(with_app=False)) as world, ThreadPoolExecutor(1) as pool:
        world.github.deliveries.patience = PATIENCE
        world.google.project(PROJECT)
        give_rights(world.google, PROJECT)
        house = House(world, tmp_path)
        work = house.repository(SAMPLE)
        host, into = f"http://127.0.0.1:{free_port()}", tmp_path / "servergem.env"
        plan = github_app.Plan(host, world.github.url, OWNER, "ServerGem", into, False, 0, PATIENCE)
        told: queue.Queue[str] = queue.Queue()
        running = pool.submit(lambda: list(github_app.run(plan, told.put)))
        page.goto(told.get(timeout=PATIENCE).split()[1])
        page.get_by_role("button", name="Go to GitHub").click()
        page.locator("input[name=name]").fill("Deploys of Acme")
        shown(page, "register")
        page.get_by_role("button", name=f"Create GitHub App for {OWNER}").click()
        expect(page.get_by_role("heading", name="Install Deploys of Acme")).to_be_visible()
        own = {**QUICK, "PAGES": "private", "PORT": host.rpartition(":")[2], **settings_file.read(into)}
        with servergem(world, tmp_path, **own):
            page.locator("input[name=owner]").fill(OWNER)
            page.get_by_label("Only select repositories").check()
            page.get_by_label(f"{OWNER}/{SAMPLE}").check()
            page.get_by_role("button", name="Install").click()
            expect(page.get_by_role("link", name=f"{OWNER}/{SAMPLE}")).to_be_visible()
            shown(page, "installed")
            assert not [sign for sign in running.result(PATIENCE) if sign.wrong]

            page.goto(host)  # and through GitHub, which knows who signs in
            expect(page.get_by_role("heading", name="Nothing has been deployed yet")).to_be_visible()
            work.push("The first push")
            until(page, "table", "took")
            shown(page, "first-push")
            world.github.deliveries.settle()
            moved = to_cloud_run(world, tmp_path, into, monkeypatch)
            assert list(moved) == ["Round trip"] and "none has come to" in moved["Round trip"], moved
            assert world.github.webhook_url == "https://servergem-4711.europe-west1.run.app/webhook"


def to_cloud_run(world: Sandbox, folder: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is not well after `servergem setup host --apply`, with a gcloud that only writes down what it is told.

    Nothing is there then that could answer, and what GitHub sends there does not leave this machine.
    """
    gcloud = folder / "bin" / "gcloud"
    gcloud.parent.mkdir()
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gcloud.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(hosting, "REDELIVERY_SECONDS", 1.0)
    world.github.deliveries.stop()
    plan = hosting.Plan(PROJECT, "europe-west1", into, Path(__file__).parent.parent, apply=True)
    signs = list(hosting.run(plan, Console(file=io.StringIO())))
    assert "run deploy servergem" in (gcloud.parent / "calls").read_text()
    return {sign.title: sign.wrong for sign in signs if sign.wrong}
