"""The commands as a person types them: real processes, whole texts, exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.setup.google_steps import steps
from app.trust.accounts import bucket_name
from sandbox.world import PROJECT, SAMPLES, Options, Sandbox
from tests.conftest import keep_traffic
from tests.warm import typed

pytestmark = pytest.mark.wire

ROOT = Path(__file__).parent.parent
TEXTS = Path(__file__).parent / "texts"


GCLOUD = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$*" in *" create "*) echo "it already exists" >&2; exit 1;; esac
"""


def servergem(*words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """What it says and how it ends; that it starts from nothing is test_check_loads_no_client's."""
    around = {"PATH": os.environ["PATH"], "COLUMNS": "100"} | environment
    return typed(*words, stdin=stdin, cwd=ROOT, environment=around)


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
    record = tmp_path / "github.jsonl"
    with Sandbox(tmp_path / "sandbox", Options(record=record)) as world:
        world.google.project(PROJECT)
        yield (
            world,
            {
                "GOOGLE_CLOUD_PROJECT": PROJECT,
                "GOOGLE_ENDPOINT": world.google.grpc_address,
                "STORAGE_EMULATOR_HOST": world.google.storage_url,
            },
        )
    keep_traffic(record)


def test_help_lists_every_command() -> None:
    """`servergem --help` names what there is."""
    done = servergem("--help")
    assert done.returncode == 0
    for command in ("serve", "sandbox", "explain", "check", "preflight", "setup", "doctor"):
        assert f"\n  {command} " in done.stdout


def test_check_shows_the_line() -> None:
    """A Dockerfile that does not parse is shown as a compiler shows it, and the exit status is 1."""
    done = servergem("check", str(SAMPLES / "bad-dockerfile"))
    assert done.returncode == 1
    insist("check-bad-dockerfile", done.stdout)


def test_check_shows_the_line_of_an_empty_file(tmp_path: Path) -> None:
    """A Dockerfile of no letters has a first line to point at."""
    (tmp_path / "Dockerfile").touch()
    done = servergem("check", str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "")
    assert ">     1 | \n" in done.stdout and "dockerfile-no-from" in done.stdout


def test_check_passes_what_is_sound() -> None:
    """Nothing wrong: one line and 0."""
    done = servergem("check", str(SAMPLES / "shop"))
    assert (done.returncode, done.stdout) == (0, "Nothing is wrong that a parser can see: api, web.\n")


@pytest.mark.parametrize(("ports", "warnings"), [(("3000",), "1 warning"), (("3000", "4000"), "2 warnings")])
def test_check_counts_its_warnings(tmp_path: Path, ports: tuple[str, ...], warnings: str) -> None:
    """Nothing is called well beneath a warning; it still may be deployed, and the exit status is 0."""
    services = "".join(f"  at-{port}:\n    path: s{port}\n" for port in ports)
    (tmp_path / "servergem.yml").write_text(f"services:\n{services}")
    for port in ports:
        (tmp_path / f"s{port}").mkdir()
        (tmp_path / f"s{port}" / "Dockerfile").write_text(f"FROM nginx\nEXPOSE {port}\n")
    done = servergem("check", str(tmp_path))
    names = ", ".join(f"at-{port}" for port in ports)
    assert done.returncode == 0
    assert done.stdout.endswith(f"\nThis may be deployed, with {warnings}: {names}.\n"), done.stdout


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


def test_preflight_only_looks(google: tuple[Sandbox, dict[str, str]], tmp_path: Path) -> None:
    """Without --fix an empty project stays as it is, and what would be made is said; also with a set-up's settings."""
    world, settings = google
    key = tmp_path / "servergem.private-key.pem"
    key.write_text(world.private_key)
    settings |= {"GITHUB_PRIVATE_KEY_FILE": str(key)}
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
    updates = [each for each in calls if " roles update " in each]
    assert len(calls) - len(updates) == done.stdout.count("\ngcloud") + done.stdout.startswith("gcloud")
    assert "was done before" in done.stdout


def test_what_builds_reaches_one_bucket_and_one_registry() -> None:
    """On the project a build account may write logs, and nothing else; the rest is on its own bucket and registry."""
    for name, ending in (("build", ""), ("preview-build", "-previews"), ("fork-build", "-forks")):
        member = f"--member=serviceAccount:servergem-{name}@my-shop.iam.gserviceaccount.com"
        given = [step.command for step in steps("my-shop", "europe-west1") if member in step.command]
        where = {
            (command[1], command[4 if command[2] != "add-iam-policy-binding" else 3], role(command))
            for command in given
            if "add-iam-policy-binding" in command
        }
        assert where == {
            ("projects", "my-shop", "roles/logging.logWriter"),
            (
                "storage",
                f"gs://servergem-{{number of my-shop}}-europe-west1{ending}",
                "roles/storage.objectViewer",
            ),
            ("artifacts", f"servergem{ending}", "roles/artifactregistry.writer"),
        }
    for powerless in ("servergem-fork@", "servergem-preview@"):
        assert not [
            step for step in steps("my-shop", "r") if f"--member=serviceAccount:{powerless}" in str(step)
        ]


def role(command: tuple[str, ...]) -> str:
    return next(word.removeprefix("--role=") for word in command if word.startswith("--role="))


def test_setup_names_a_projects_own_buckets(tmp_path: Path) -> None:
    """The number that gcloud tells is in the names of the buckets, as a deployment looks for them."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(GCLOUD + 'case "$*" in *" describe "*) echo 4711;; esac\n')
    gcloud.chmod(0o755)
    words = ("setup", "google", "--project", "my-shop", "--apply")
    done = servergem(*words, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stdout
    calls = (tmp_path / "calls").read_text()
    for ending in ("", "-previews", "-forks"):
        assert f"buckets create gs://{bucket_name(4711, 'europe-west1', ending)} " in calls


def test_setup_waits_for_an_account_that_is_new(tmp_path: Path) -> None:
    """A binding that comes too early is made once more; what fails for another reason is said at once."""
    gcloud = tmp_path / "gcloud"
    early = "ERROR: (gcloud) INVALID_ARGUMENT: Service account servergem-build@my-shop.x does not exist."
    once = f'if [ ! -e {tmp_path}/told ]; then touch {tmp_path}/told; echo "{early}" >&2; exit 1; fi'
    gcloud.write_text(GCLOUD + f'case "$*" in *" add-iam-policy-binding "*) {once};; esac\n')
    gcloud.chmod(0o755)
    words = ("setup", "google", "--project", "my-shop", "--apply")
    done = servergem(*words, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("not known everywhere yet") == 1


def test_setup_brings_roles_of_an_earlier_release_up_to_date(tmp_path: Path) -> None:
    """A role that exists gets all permissions of this release; a command that fails then ends the set-up."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    words = ("setup", "google", "--project", "my-shop", "--apply")
    done = servergem(*words, PATH=f"{tmp_path}:{os.environ['PATH']}")
    updates = [each for each in (tmp_path / "calls").read_text().splitlines() if " roles update " in each]
    assert [each.split()[3] for each in updates] == ["servergemDeployer", "servergemRepair"]
    assert "run.executions.list" in updates[0]
    assert done.stdout.count("brought up to date") == 2
    gcloud.write_text(GCLOUD + 'case "$*" in *" update "*) echo "you may not" >&2; exit 3;; esac\n')
    refused = servergem(*words, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert refused.returncode == 3
    assert "you may not" in refused.stdout


# Together they cost a check four times its own CPU time.
CLIENTS = ("google.cloud", "grpc", "github", "dbos", "sqlalchemy", "httpx", "structlog")


def test_check_loads_no_client(tmp_path: Path) -> None:
    """`check` asks nobody, and so imports neither Google's and GitHub's clients nor a database."""
    (tmp_path / "main.py").write_text("print('hello'\n")
    program = (
        "import sys\n"
        "from app.cli.commands import main\n"
        "try:\n    main(['check', sys.argv[1]])\n"
        "except SystemExit:\n    pass\n"
        "print(*(name for name in sys.argv[2:] if name in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), *CLIENTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == ""
