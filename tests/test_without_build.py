"""Without a build: what `build: auto` does with Python and Node, at the wire; builds are counted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import run_v2

from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, answer_of, web
from tests.test_cli_deployments import typed

REGION = "europe-west1"
SOURCE = "services:\n  hello-python:\n    build: source\n"
# It answers what its one package makes of a word.
WITH_A_PACKAGE = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

import six


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(six.ensure_binary("six " + six.__version__))


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Hello).serve_forever()
"""

NODE_WITH_A_PACKAGE = """
const ms = require("ms");
require("http").createServer((request, response) => response.end(`ms ${ms("2 days")}`)).listen(process.env.PORT);
"""


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem as it is where nobody sets WITHOUT_BUILD."""
    house = House(world, tmp_path, settings={"WITHOUT_BUILD": "yes"})
    house.start()
    yield house
    house.kill()


def builds(house: House) -> int:
    return house.world.google.calls["CloudBuild.CreateBuild"]


def notes(deployment: dict[str, Any]) -> list[str]:
    return [note for row in deployment["rows"] for note in row["notes"]]


def container(house: House, name: str = "hello-python") -> run_v2.Container:
    service = house.world.google.run.services[f"projects/{PROJECT}/locations/{REGION}/services/{name}"]
    found: run_v2.Container = service.template.containers[0]
    return found


def test_a_service_without_packages_is_never_built(house: House) -> None:
    """Without a servergem.yml the push is live without one build; with `buildpacks` it is built."""
    work = house.repository("hello-python")
    live = house.ended(work.push("Say hello"))
    assert live["ending"] == "live", house.log_tail()
    assert "Hello from hello-python" in answer_of(live["url"]).text
    assert builds(house) == 0
    page = web.get(f"{house.address}/deployments/{live['id']}").text
    assert "No build ran, so there is no log of one. Not built: the source runs on" in page
    assert "/europe-west1/hello-python/logs?project=" in page
    told = typed(house.address, house.world.github.personal_token("ada", "repo"), "logs", live["id"])
    assert (told.returncode, told.stdout) == (0, "") and "No build ran" in told.stderr
    assert "not built: the source runs on Google's python314" in notes(live)
    assert (container(house).image, container(house).base_image_uri) == ("scratch", "python314")
    built = house.ended(work.push("Build it", **{"servergem.yml": SOURCE.replace("source", "buildpacks")}))
    assert built["ending"] == "live", house.log_tail()
    assert builds(house) == 1
    assert not container(house).source_code and container(house).image.startswith(
        "europe-west1-docker.pkg.dev/"
    )
    assert not container(house).command


def test_the_log_of_what_was_not_built_is_the_containers(house: House) -> None:
    """A program that ends at once: its log says whose it is, and then what it printed."""
    work = house.repository("hello-python")
    ended = house.ended(work.push("Crash", **{"main.py": "raise SystemExit('no database')\n"}))
    assert ended["ending"] == "failed", house.log_tail()
    first, *rest = web.get(f"{house.address}/deployments/{ended['id']}/log.txt").text.splitlines()
    assert first.startswith("— Container log of hello-python-") and "no database" in rest


def test_node_runs_without_a_build_and_its_packages_are_installed_once(house: House) -> None:
    """Without packages nothing is built; a lock is installed once, and the next push begins no build at all."""
    work = house.repository("hello-node")
    plain = house.ended(work.push("Say hello"))
    assert plain["ending"] == "live", house.log_tail()
    assert "Hello from hello-node" in answer_of(plain["url"]).text
    assert (builds(house), container(house, "hello-node").base_image_uri) == (0, "nodejs24")
    package = json.loads((work.path / "package.json").read_text()) | {"dependencies": {"ms": "2.1.3"}}
    (work.path / "package.json").write_text(json.dumps(package))
    npm = ["npm", "install", "--package-lock-only", "--no-audit", "--no-fund"]
    subprocess.run(npm, cwd=work.path, check=True, capture_output=True)
    first = house.ended(work.push("Say two days", **{"index.js": NODE_WITH_A_PACKAGE}))
    assert first["ending"] == "live", house.log_tail()
    assert (answer_of(first["url"]).text, builds(house)) == ("ms 172800000", 1), notes(first)
    again = house.ended(work.push("Say it again", **{"note.txt": "again"}))
    assert (again["ending"], builds(house)) == ("live", 1), house.log_tail()
    assert "packages as they were installed for the same package-lock.json" in notes(again)
    built = house.ended(work.push("Build it", **{".npmrc": "fund=false\n"}))
    assert (built["ending"], builds(house)) == ("live", 2), house.log_tail()
    assert "built, since .npmrc asks for more than Node and npm" in notes(built)


def test_packages_are_installed_once_for_each_lock(house: House) -> None:
    """The first push installs them, the second begins no build at all, another lock installs anew."""
    work = house.repository("hello-python")
    files = {"servergem.yml": SOURCE, "main.py": WITH_A_PACKAGE, "requirements.txt": "six==1.16.0\n"}
    first = house.ended(work.push("Say six", **files))
    assert first["ending"] == "live", house.log_tail()
    assert answer_of(first["url"]).text == "six 1.16.0"
    assert builds(house) == 1
    again = house.ended(work.push("Say it again", **{"note.txt": "again"}))
    assert again["ending"] == "live", house.log_tail()
    assert builds(house) == 1
    assert "packages as they were installed for the same requirements.txt" in notes(again)
    other = house.ended(work.push("Say another", **{"requirements.txt": "six==1.17.0\n"}))
    assert other["ending"] == "live", house.log_tail()
    assert (answer_of(other["url"]).text, builds(house)) == ("six 1.17.0", 2)


def test_what_cloud_run_refuses_is_built(house: House) -> None:
    """A refusal of the source is said, and the service is live by a build all the same."""
    work = house.repository("hello-python")
    # The first look is preflight's, without a source; the second is at the source.
    house.world.faults.add("Services.UpdateService", kind="delay")
    house.world.faults.add(
        "Services.UpdateService", status="INVALID_ARGUMENT", message="no such base image here"
    )
    live = house.ended(work.push("Say hello", **{"servergem.yml": SOURCE}))
    assert live["ending"] == "live", house.log_tail()
    assert builds(house) == 1
    assert any(
        "built, since Cloud Run refuses it" in note and "no such base image" in note for note in notes(live)
    )


def test_a_bucket_that_forgets_everything_holds_nothing_that_runs(house: House) -> None:
    """Where the bucket deletes all that is old, as those of before did, the service is built."""
    project = house.world.google.projects.known(PROJECT)
    name = f"servergem-{project.number}-{REGION}"
    house.world.google.storage.put_bucket(project, name, REGION)
    everything = {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 7}}]}
    house.world.google.storage._buckets[name].fields["lifecycle"] = everything
    work = house.repository("hello-python")
    live = house.ended(work.push("Say hello", **{"servergem.yml": SOURCE}))
    assert live["ending"] == "live", house.log_tail()
    assert builds(house) == 1
    assert any("deletes what it holds" in note for note in notes(live))
