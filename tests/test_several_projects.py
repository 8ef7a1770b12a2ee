"""Several projects for one ServerGem, each with accounts, bucket and registry of its own: the whole way at the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.setup.google_steps import BUILDER, DEPLOYER, PREVIEWS, RUNTIME, email
from app.trust.accounts import PREVIEW_BUILDER
from sandbox.world import Options, Sandbox
from tests.conftest import OWNER, PATIENCE, House, answer_of, keep_traffic
from tests.setting_up import set_up
from tests.test_previews import opened, preview

OPERATOR = "user:operator@example.com"
# Where ServerGem is at home, and one more.
HOME, MORE = "acme-apps", "shop-prod"
SHOP, BLOG = "hello-python", "blog"
SHOP_YML = f"""services: {{{SHOP}: {{}}}}
environments:
  production: {{branch: main, project: {MORE}}}
  staging: {{branch: next}}
"""
ACCOUNTS = {
    "BUILD_SERVICE_ACCOUNT": BUILDER,
    "RUNTIME_SERVICE_ACCOUNT": RUNTIME,
    "PREVIEW_SERVICE_ACCOUNT": PREVIEWS,
    "PREVIEW_BUILD_SERVICE_ACCOUNT": PREVIEW_BUILDER,
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sandbox]:
    """Two projects of an operator's, set up one after the other for the same deployer, who owns neither."""
    record = tmp_path / "github.jsonl"
    with Sandbox(tmp_path / "sandbox", Options(record=record)) as world:
        world.github.deliveries.patience = PATIENCE
        world.google.projects.caller = OPERATOR
        for project in (HOME, MORE):
            world.google.project(project)
        set_up(world.google, HOME)
        set_up(world.google, MORE, deployer=email(DEPLOYER, HOME))
        yield world
    keep_traffic(record)


def started(world: Sandbox, folder: Path, allowed: str, **settings: str) -> House:
    """A ServerGem that gives each repository its project, with the accounts of `settings`, else of each project."""
    file = folder / "allowed.yml"
    file.write_text(allowed)
    named = {name: email(account, "{project}") for name, account in ACCOUNTS.items()} | settings
    house = House(world, folder, settings=named | {"ALLOW_FILE": str(file)})
    house.settings["SERVERGEM_PROJECTS"] = f"{OWNER}/{SHOP}={HOME}, {OWNER}/{BLOG}={MORE}"
    house.start()
    return house


ALLOWED = f"repositories: {{{OWNER}/{SHOP}: {{projects: [{MORE}]}}, {OWNER}/{BLOG}: {{}}}}\n"


def as_whom(world: Sandbox) -> dict[str, tuple[str, str]]:
    """Each service by project and name: the account that it runs as, and the project that its image is in."""
    found = {}
    for name, service in world.google.run.services.items():
        _, project, _, _, _, short = name.split("/")
        image = service.template.containers[0].image
        found[f"{project}/{short}"] = (service.template.service_account, image.split("/")[1])
    return found


def builders(world: Sandbox) -> set[tuple[str, str]]:
    """Where something was built, and by whom."""
    return {
        (build.project_id, build.service_account.rpartition("/")[2]) for build in world.google.builds.all()
    }


def test_each_project_builds_and_serves_as_its_own_accounts(world: Sandbox, tmp_path: Path) -> None:
    """Production in one project, staging in another, and a second repository: nothing of one is used in the other."""
    house = started(world, tmp_path, ALLOWED)
    try:
        shop = house.repository(SHOP)
        live = [house.ended(shop.push("Production", **{"servergem.yml": SHOP_YML}))]
        shop.git("checkout", "-q", "-B", "next")
        live.append(house.ended(shop.push("Staging", branch="next", **{"n.txt": "1"})))
        live.append(house.ended(house.repository(SHOP, BLOG).push("Say hello")))
        assert [each["ending"] for each in live] == ["live"] * 3, house.log_tail()
        assert [answer_of(each["url"]).status_code for each in live] == [200] * 3
        number, sha = opened(house, shop)
        assert preview(house, shop, sha)["conclusion"] == "success", house.log_tail()
        run, copy = email(RUNTIME, MORE), f"{SHOP}-pr-{number}"
        home = next(name.partition("/")[0] for name in as_whom(world) if name.endswith(copy))
        assert as_whom(world) == {
            f"{MORE}/{SHOP}": (run, MORE),
            f"{HOME}/{SHOP}-staging": (email(RUNTIME, HOME), HOME),
            f"{MORE}/{BLOG}": (run, MORE),
            f"{home}/{copy}": (email(PREVIEWS, home), home),
        }
        assert builders(world) == {
            (MORE, email(BUILDER, MORE)),
            (HOME, email(BUILDER, HOME)),
            (home, email(PREVIEW_BUILDER, home)),
        }
    finally:
        house.kill()


def test_one_projects_builder_reaches_nothing_of_another(world: Sandbox, tmp_path: Path) -> None:
    """Named for all projects, the builder of one may read no source of another's: nothing is built, and it is named."""
    house = started(world, tmp_path, ALLOWED, BUILD_SERVICE_ACCOUNT=email(BUILDER, HOME))
    try:
        sha = house.repository(SHOP, BLOG).push("Say hello")
        assert house.ended(sha)["ending"] == "failed", house.log_tail()
        said = house.check_run(BLOG, sha)["output"]["summary"]
        assert email(BUILDER, HOME) in said, said
        assert as_whom(world) == {}
    finally:
        house.kill()


def test_a_project_more_is_the_same_deployers_and_makes_none() -> None:
    """`setup google --deployer` binds that account to all that a project has, and makes no deployer beside it."""
    deployer = email(DEPLOYER, HOME)
    told = CliRunner().invoke(main, ["setup", "google", "--project", MORE, "--deployer", deployer])
    assert told.exit_code == 0, told.output
    assert email(DEPLOYER, MORE) not in told.output
    assert f"create {DEPLOYER}" not in told.output
    assert "BUILD_SERVICE_ACCOUNT=servergem-build@{project}.iam.gserviceaccount.com" in told.output
    assert f"SERVERGEM_PROJECTS=OWNER/REPOSITORY={MORE}" in told.output
    refused = CliRunner().invoke(main, ["setup", "google", "--project", MORE, "--deployer", "me"])
    assert refused.exit_code == 2
    assert ".gserviceaccount.com" in refused.output
