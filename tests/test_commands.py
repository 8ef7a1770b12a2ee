"""The commands as a person types them: real processes, whole texts, exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import PROJECT, SAMPLES, Sandbox

ROOT = Path(__file__).parent.parent
TEXTS = Path(__file__).parent / "texts"


GCLOUD = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$*" in *create*) echo "it already exists" >&2; exit 1;; esac
"""


def servergem(*words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "COLUMNS": "100"} | environment,
    )


def insist(name: str, said: str) -> None:
    """What a person reads is kept whole; WRITE_TEXTS=1 writes it anew."""
    path = TEXTS / f"{name}.txt"
    if os.environ.get("WRITE_TEXTS"):
        TEXTS.mkdir(exist_ok=True)
        path.write_text(said)
    assert said == path.read_text()


@pytest.fixture
def google(tmp_path: Path) -> Iterator[tuple[Sandbox, dict[str, str]]]:
    """A sandbox, and the settings of a person on their own machine."""
    with Sandbox(tmp_path) as world:
        world.google.project(PROJECT)
        yield (
            world,
            {
                "GOOGLE_CLOUD_PROJECT": PROJECT,
                "GOOGLE_ENDPOINT": world.google.grpc_address,
                "STORAGE_EMULATOR_HOST": world.google.storage_url,
            },
        )


def test_help_lists_every_command() -> None:
    """`servergem --help` names what there is."""
    done = servergem("--help")
    assert done.returncode == 0
    for command in ("serve", "sandbox", "explain", "check", "preflight", "setup"):
        assert f"\n  {command} " in done.stdout


def test_check_shows_the_line() -> None:
    """A Dockerfile that does not parse is shown as a compiler shows it, and the exit status is 1."""
    done = servergem("check", str(SAMPLES / "bad-dockerfile"))
    assert done.returncode == 1
    insist("check-bad-dockerfile", done.stdout)


def test_check_passes_what_is_sound() -> None:
    """Nothing wrong: one line and 0."""
    done = servergem("check", str(SAMPLES / "shop"))
    assert (done.returncode, done.stdout) == (0, "Nothing is wrong that a parser can see: api, web.\n")


def test_explain_reads_a_log_from_standard_input() -> None:
    """A log through a pipe becomes GitHub's annotations."""
    log = "ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: COPPY\n"
    folder = str(SAMPLES / "bad-dockerfile")
    done = servergem("explain", "--repo", folder, "--format", "json", stdin=log)
    told = json.loads(done.stdout)
    assert done.returncode == 0
    [annotation] = told["annotations"]
    assert set(annotation) >= {"path", "start_line", "end_line", "annotation_level", "title", "message"}
    assert told["findings"][0]["code"] == "dockerfile-unknown-instruction"
    commands = servergem("explain", "--repo", folder, "--format", "github", stdin=log)
    assert commands.stdout.startswith("::error file=Dockerfile,line=")


def test_explain_has_no_such_format() -> None:
    """A wrong option is a usage error, 2."""
    assert servergem("explain", "--format", "xml").returncode == 2


def test_preflight_only_looks(google: tuple[Sandbox, dict[str, str]]) -> None:
    """Without --fix an empty project is left as it is; what would be made is said."""
    world, settings = google
    before = set(world.google.projects.known(PROJECT).apis)
    done = servergem("preflight", "--repo", str(SAMPLES / "hello-python"), **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "will be created" in done.stdout or "will be enabled" in done.stdout
    assert set(world.google.projects.known(PROJECT).apis) == before


def test_preflight_fixes_when_told_to(google: tuple[Sandbox, dict[str, str]]) -> None:
    """--fix makes what a deployment would make."""
    world, settings = google
    done = servergem("preflight", "--fix", "--repo", str(SAMPLES / "hello-python"), **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "created Artifact Registry repository servergem" in done.stdout
    assert "run.googleapis.com" in world.google.projects.known(PROJECT).apis


def test_preflight_says_what_would_fail(google: tuple[Sandbox, dict[str, str]]) -> None:
    """Billing off: exit 1, the finding as JSON."""
    world, settings = google
    world.google.provisioned_project(PROJECT)
    world.google.set_billing(PROJECT, False)
    done = servergem("preflight", "--json", "--repo", str(SAMPLES / "hello-python"), **settings)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["would_fail"]
    assert "billing-off" in {finding["code"] for finding in told["findings"]}


def test_preflight_looks_at_a_repository_on_github(
    google: tuple[Sandbox, dict[str, str]], tmp_path: Path
) -> None:
    """OWNER/REPO@REF with the App's key; one that the App may not see is a usage error."""
    world, settings = google
    whole = world.settings(tmp_path / "data") | settings
    world.github.create_repository("acme", "hello", SAMPLES / "bad-dockerfile")
    world.github.create_repository("acme", "sound", SAMPLES / "hello-python")
    broken = servergem("preflight", "acme/hello@main", **whole)
    assert broken.returncode == 1
    assert "COPPY" in broken.stdout or "instruction" in broken.stdout
    assert servergem("preflight", "acme/sound", **whole).returncode == 0
    for named in ("acme/nothing", "acme/sound@nothing"):
        unknown = servergem("preflight", named, **whole)
        assert unknown.returncode == 2
        assert named.partition("@")[0] in unknown.stderr


def test_preflight_wants_a_project() -> None:
    """Without a project the command line was wrong, and says which setting is missing."""
    done = servergem("preflight")
    assert done.returncode == 2
    assert "GOOGLE_CLOUD_PROJECT" in done.stderr


def test_setup_prints_every_step() -> None:
    """Each command with its reason; no key is asked for."""
    done = servergem("setup", "google", "--project", "my-shop")
    assert done.returncode == 0
    insist("setup-google", done.stdout)
    assert "keys create" not in done.stdout


def test_setup_runs_what_it_shows(tmp_path: Path) -> None:
    """--apply runs each step with gcloud, and goes on where a step was done before."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    done = servergem(
        "setup", "google", "--project", "my-shop", "--apply", PATH=f"{tmp_path}:{os.environ['PATH']}"
    )
    assert done.returncode == 0, done.stdout
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == done.stdout.count("\ngcloud") + done.stdout.startswith("gcloud")
    assert "was done before" in done.stdout
