"""The real gcloud as judge of Cloud Run's first version, and of what `servergem setup host` runs with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import run_v2

from app.setup import settings_file
from sandbox.google.server import GoogleSandbox
from sandbox.world import PROJECT, Sandbox
from tests import test_gcloud
from tests.conftest import House, answer_of, eventually
from tests.setting_up import REGION, set_up
from tests.test_gcloud import DEPLOYER, OPERATOR, Shell
from tests.test_release_command import released

pytestmark = test_gcloud.pytestmark
world, shell = test_gcloud.world, test_gcloud.shell

HERE = f"--region={REGION}"
FOREVER = "import signal\nprint('migrating', flush=True)\nsignal.pause()\n"
# What stands in for ServerGem: it tells what it was given, and nothing secret of it.
TELLING = """
import http.server, os, socketserver

class Telling(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        told = [os.environ["GITHUB_APP_ID"], os.environ["SERVERGEM_PUBLIC_URL"]]
        told += [name for name in ("DATABASE_URL", "GITHUB_PRIVATE_KEY") if os.environ.get(name)]
        self.wfile.write(" ".join(told).encode())

socketserver.TCPServer(("0.0.0.0", int(os.environ["PORT"])), Telling).serve_forever()
"""
DOCKERFILE = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n'


@pytest.fixture
def ready(world: Sandbox) -> Sandbox:
    """The project as `servergem setup google` leaves it."""
    set_up(world.google, PROJECT)
    return world


@pytest.fixture
def house(ready: Sandbox, tmp_path: Path) -> Iterator[House]:
    house = House(ready, tmp_path, settings=test_gcloud.accounts_named())
    house.start()
    yield house
    house.kill()


def told(shell: Shell, *command: str) -> Any:
    return json.loads("\n".join(shell.lines(*command, HERE, "--format=json")))


def job(google: GoogleSandbox, image: str, name: str, code: int) -> None:
    """A job that ends with this exit code."""
    container = run_v2.Container(image=image, command=["python", "-c", f"raise SystemExit({code})"])
    template = run_v2.ExecutionTemplate(template=run_v2.TaskTemplate(containers=[container]))
    parent = f"projects/{PROJECT}/locations/{REGION}"
    google.jobs.create_job(
        run_v2.CreateJobRequest(parent=parent, job_id=name, job=run_v2.Job(template=template))
    )


def test_gcloud_sees_what_a_push_made_and_moves_its_traffic(house: House, shell: Shell) -> None:
    """The service with its revision, image and address; another revision beside it, to which all traffic goes."""
    google = house.world.google
    work, asks = house.repository("hello-python"), "services:\n  hello-python:\n    build: buildpacks\n"
    # A job runs no image that has nothing below itself.
    alone = work.push("Say hello", **{"servergem.yml": f"{asks}    automatic_updates: false\n"})
    assert house.ended(alone)["ending"] == "live", house.log_tail()
    whole = next(iter(google.run.services.values())).template.containers[0].image
    sha = work.push("On a base image", **{"servergem.yml": asks})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    google.projects.caller = OPERATOR
    before = next(iter(google.run.services.values()))
    (listed,) = told(shell, "run", "services", "list")
    assert listed["status"]["url"] == before.uri
    assert listed["spec"]["template"]["spec"]["containers"][0]["image"] == before.template.containers[0].image
    name = listed["metadata"]["name"]
    shell.lines("run", "services", "update", name, "--no-traffic", "--update-env-vars=COLOUR=blue", HERE)
    revisions = told(shell, "run", "revisions", "list", f"--service={name}")
    newer, older, _ = (each["metadata"]["name"] for each in revisions)
    assert before.latest_ready_revision.endswith(f"/{older}")
    traffic = ("--format=value(status.traffic[0].revisionName)", HERE)
    assert shell.lines("run", "services", "describe", name, *traffic) == [older]
    shell.lines("run", "services", "update-traffic", name, f"--to-revisions={newer}=100", HERE)
    (after,) = google.run.services.values()
    assert [status.revision for status in after.traffic_statuses if status.percent] == [newer]
    assert after.labels == before.labels and "COLOUR" in str(after.template.containers[0].env)
    assert answer_of(after.uri).status_code == 200
    read = f'resource.labels.revision_name="{newer}"'
    assert shell.lines("logging", "read", read, "--limit=1", "--format=value(resource.type)") == [
        "cloud_run_revision"
    ]
    _lends_and_takes_away(shell, google, name)
    _executes(shell, google, whole)


def _lends_and_takes_away(shell: Shell, google: GoogleSandbox, name: str) -> None:
    """Somebody may call the service, and then there is none."""
    of = ("run", "services")
    reader = ("--member=user:ada@example.com", "--role=roles/run.invoker")
    shell.lines(*of, "add-iam-policy-binding", name, *reader, HERE)
    members = "--format=value(bindings.members.flatten())"
    assert "user:ada@example.com" in shell.lines(*of, "get-iam-policy", name, members, HERE)[0]
    shell.lines(*of, "delete", name, HERE)
    assert not google.run.services


def _executes(shell: Shell, google: GoogleSandbox, image: str) -> None:
    """A job runs to its end, and how it went is what gcloud exits with."""
    for name, code in (("good", 0), ("bad", 3)):
        job(google, image, name, code)
        done = shell.says("gcloud", "run", "jobs", "execute", name, "--wait", HERE)
        assert bool(done.returncode) == bool(code), done.stderr
    ends = told(shell, "run", "jobs", "executions", "list", "--job=bad")[0]["status"]
    assert (ends["failedCount"], ends["conditions"][0]["reason"]) == (1, "NonZeroExitCode")


def test_a_release_command_is_a_job_that_gcloud_lists_and_cancels(house: House, shell: Shell) -> None:
    """While it runs it is there with its execution; cancelled by somebody else, the deployment has failed."""
    google = house.world.google
    _, sha = released(house, "python migrate.py", **{"migrate.py": FOREVER})
    eventually(lambda: google.calls["Jobs.RunJob"], "an execution", house.log_tail)
    google.projects.caller = OPERATOR
    (job,) = told(shell, "run", "jobs", "list")
    (execution,) = told(shell, "run", "jobs", "executions", "list")
    assert execution["metadata"]["labels"]["run.googleapis.com/job"] == job["metadata"]["name"]
    assert job["status"]["latestCreatedExecution"]["name"] == execution["metadata"]["name"]
    assert execution["status"]["runningCount"] == 1
    # Not waited for: as soon as it has ended, ServerGem takes the job away.
    shell.lines("run", "jobs", "executions", "cancel", execution["metadata"]["name"], "--async", HERE)
    google.projects.caller = DEPLOYER
    assert house.ended(sha)["ending"] == "failed", house.log_tail()


def test_what_setup_host_types_is_what_gcloud_does(ready: Sandbox, shell: Shell, tmp_path: Path) -> None:
    """Secrets, the image and the service, as the deployer and open to GitHub, whose webhooks then go there."""
    google = ready.google
    google.projects.caller = OPERATOR
    source = tmp_path / "source"
    source.mkdir()
    (source / "Dockerfile").write_text(DOCKERFILE)
    (source / "main.py").write_text(TELLING)
    settings = {name: text for name, text in ready.settings(tmp_path).items() if name.startswith("GITHUB_")}
    key = settings.pop("GITHUB_PRIVATE_KEY")
    database = "postgresql://servergem:hush@db.example/servergem"
    settings_file.write(tmp_path / "servergem.env", settings | {"DATABASE_URL": database}, key)
    done = shell.says(
        *(sys.executable, "-m", "app.cli", "setup", "host", "--project", PROJECT, "--apply"),
        *("--settings", str(tmp_path / "servergem.env"), "--source", str(source)),
    )
    said = done.stdout[-3000:] + done.stderr
    (service,) = google.run.services.values()
    address = f"https://servergem-{google.projects.known(PROJECT).number}.{REGION}.run.app"
    assert service.template.service_account == DEPLOYER.partition(":")[2], said
    told = answer_of(service.uri)
    assert (told.status_code, told.text) == (
        200,
        f"{settings['GITHUB_APP_ID']} {address} DATABASE_URL GITHUB_PRIVATE_KEY",
    )
    assert google.secrets.value(PROJECT, "servergem-database-url", "latest") == database
    assert shell.lines("secrets", "list", "--format=value(name)") == [
        f"servergem-{each}" for each in ("private-key", "webhook-secret", "client-secret", "database-url")
    ]
    assert ready.github.webhook_url == f"{address}/webhook", said
    (tmp_path / "newer").write_text("postgresql://newer")
    shell.lines("secrets", "versions", "add", "servergem-database-url", f"--data-file={tmp_path / 'newer'}")
    assert google.secrets.value(PROJECT, "servergem-database-url", "latest") == "postgresql://newer"
    assert _built(shell) == f"{REGION}-docker.pkg.dev/{PROJECT}/servergem/servergem-itself"
    assert "hush" not in done.stdout + done.stderr


def _built(shell: Shell) -> str:
    """The one image that there is, of the one build, whose log says that it was pushed."""
    (build,) = told(shell, "builds", "list")
    (image,) = build["results"]["images"]
    assert f"Pushing {image['name']}" in shell.lines("builds", "log", build["id"], HERE)
    place = f"{REGION}-docker.pkg.dev/{PROJECT}/servergem"
    listed = shell.lines("artifacts", "docker", "images", "list", place, "--format=value(package,version)")
    assert listed == [f"{image['name']}\t{image['digest']}"]
    return str(image["name"])
