"""The real gcloud as judge of the sandbox, and of the set-up that we tell people to run with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.setup.google_steps import BUILDER, FORK_BUILDER, FORKS, PREVIEWS, RUNTIME, YARDS, email
from app.trust.accounts import PREVIEW_BUILDER
from sandbox.google.rest import gcloud_settings
from sandbox.google.server import GoogleSandbox
from sandbox.world import PROJECT, Options, Sandbox
from tests.conftest import OWNER, House, answer_of, keep_traffic
from tests.setting_up import REGION, set_up
from tests.test_forks import approved, asked, container_of, fork_of
from tests.test_previews import SAMPLE, gone, opened, preview
from tests.test_release_command import MIGRATE

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif(
        shutil.which("gcloud") is None and os.environ.get("GCLOUD_TESTS") != "required",
        reason="there is no gcloud here: https://cloud.google.com/sdk/docs/install",
    ),
]

ROOT = Path(__file__).parent.parent
CONFIG = f"""
services:
  {SAMPLE}:
    release: python migrate.py
previews:
  forks: approve
"""
OPERATOR = "user:operator@example.com"
DEPLOYER = f"serviceAccount:servergem-deployer@{PROJECT}.iam.gserviceaccount.com"


class Shell:
    """Somebody who types, with a gcloud that asks this sandbox and has a token that nobody ever gave it."""

    def __init__(self, google: GoogleSandbox, folder: Path) -> None:
        folder.mkdir()
        token = folder / "token"
        token.write_text("made-up")
        self.environment = os.environ | gcloud_settings(google.rest_url)
        self.environment |= {
            "CLOUDSDK_CONFIG": str(folder / "gcloud"),
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_CORE_PROJECT": PROJECT,
        }

    def says(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=550,
        )

    def lines(self, *command: str, given: str = "") -> list[str]:
        """What a command of gcloud prints that succeeds."""
        done = self.says("gcloud", *command, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sandbox]:
    """A new project of an operator's, in which nobody has done anything."""
    record = tmp_path / "github.jsonl"
    with Sandbox(tmp_path / "sandbox", Options(record=record)) as world:
        world.google.projects.caller = OPERATOR
        world.google.project(PROJECT)
        yield world
    keep_traffic(record)


@pytest.fixture
def shell(world: Sandbox, tmp_path: Path) -> Shell:
    return Shell(world.google, tmp_path / "shell")


def granted(google: GoogleSandbox) -> dict[str, set[tuple[str, str]]]:
    """Who has which role on all that a set-up makes; the operator aside, who is another one in each sandbox."""
    home = google.projects.known(PROJECT)
    buckets = (f"buckets/servergem-{home.number}-{REGION}{yard.bucket_ending}" for yard in YARDS)
    repositories = (f"locations/{REGION}/repositories/{yard.repository}" for yard in YARDS)
    accounts = (f"serviceAccounts/{each}" for each in home.service_accounts)
    names = [home.name, *(f"{home.name}/{each}" for each in (*buckets, *repositories, *accounts))]
    policies = {name: google.projects.access.policy(name).bindings for name in names}
    return {
        name: {
            (each.role, member) for each in bindings for member in each.members if each.role != "roles/owner"
        }
        for name, bindings in policies.items()
    }


def test_what_setup_types_is_what_gcloud_does_and_all_that_servergem_does_goes_with_it(
    world: Sandbox, shell: Shell, tmp_path: Path
) -> None:
    """`servergem setup google --apply` in an empty project leaves what tests/setting_up.py says; a push with a release
    command, a preview and an approved fork then need nothing more, and gcloud shows who built what."""
    done = shell.says(sys.executable, "-m", "app.cli", "setup", "google", "--project", PROJECT, "--apply")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    other = GoogleSandbox(tmp_path / "other", world.runner, world.builder)
    other.project(PROJECT)
    set_up(other, PROJECT)
    assert granted(world.google) == granted(other)
    assert set(world.google.projects.known(PROJECT).apis) == set(other.projects.known(PROJECT).apis)
    before = granted(world.google)
    world.google.projects.caller = DEPLOYER
    house = House(world, tmp_path, settings=accounts_named())
    try:
        house.start()
        _everything_goes(house)
    finally:
        house.kill()
    assert granted(world.google) == before
    world.google.projects.caller = OPERATOR
    here = f"--region={REGION}"
    built = shell.lines("builds", "list", here, "--format=value(status,serviceAccount.basename())")
    builders = (BUILDER, PREVIEW_BUILDER, FORK_BUILDER)
    assert sorted(built) == sorted(f"SUCCESS\t{email(each, PROJECT)}" for each in builders)
    assert shell.lines(
        "logging", "read", 'resource.type="build"', "--limit=1", "--format=value(resource.type)"
    ) == ["build"]


def _everything_goes(house: House) -> None:
    """A push that runs a release command goes live, a preview comes and goes, and so does a fork's."""
    work = house.repository(SAMPLE)
    (work.path / "servergem.yml").write_text(CONFIG)
    sha = work.push("Migrate", **{"migrate.py": MIGRATE})
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()
    assert f"migrating as {sha[:7]}" in house.check_run(SAMPLE, sha)["output"]["text"]
    assert answer_of(deployment["url"]).status_code == 200
    number, head = opened(house, work, "ours")
    assert preview(house, work, head)["conclusion"] == "success", house.log_tail()
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, f"{SAMPLE}-pr-{number}")
    fork = fork_of(work)
    name = approved(fork, asked(fork))
    assert container_of(fork, name)["account"] == email(FORKS, PROJECT)


def accounts_named() -> dict[str, str]:
    """The accounts, as the last words of the set-up name them."""
    accounts = {
        "BUILD_SERVICE_ACCOUNT": BUILDER,
        "RUNTIME_SERVICE_ACCOUNT": RUNTIME,
        "PREVIEW_SERVICE_ACCOUNT": PREVIEWS,
        "PREVIEW_BUILD_SERVICE_ACCOUNT": PREVIEW_BUILDER,
        "FORK_SERVICE_ACCOUNT": FORKS,
        "FORK_BUILD_SERVICE_ACCOUNT": FORK_BUILDER,
    }
    return {name: email(account, PROJECT) for name, account in accounts.items()}


def test_gcloud_understands_what_is_refused(world: Sandbox, shell: Shell) -> None:
    """An API that is off, a secret that is there already, and somebody without rights are told as Google tells them."""
    make = ("gcloud", "secrets", "create", "db-url", "--data-file=-")
    off = shell.says(*make, given="postgres://")
    assert "secretmanager.googleapis.com" in off.stderr
    assert "SERVICE_DISABLED" in off.stderr
    shell.lines("services", "enable", "secretmanager.googleapis.com")
    assert shell.says(*make, given="postgres://").returncode == 0
    assert world.google.secrets.value(PROJECT, "db-url", "latest") == "postgres://"
    assert "already exists" in shell.says(*make, given="postgres://").stderr
    world.google.projects.caller = "user:stranger@example.com"
    assert "PERMISSION_DENIED" in shell.says(*make, given="postgres://").stderr
