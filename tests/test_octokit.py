"""Octokit as judge of the sandbox's GitHub: a user's script reads and writes, a receiver verifies what is sent.

`npm` brings it, with the versions of tests/octokit/package-lock.json; OCTOKIT_TESTS=required makes a missing one red.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.test_sandbox_github import APP_ID, PRIVATE, SECRET, Desk, desk_in

pytestmark = pytest.mark.wire

SCRIPTS = Path(__file__).parent / "octokit"
MANIFEST = """name: ServerGem
url: https://example.com/servergem
default_permissions: {metadata: read, contents: write, checks: write, deployments: write, pull_requests: write}
default_events: [push, check_run, pull_request, issue_comment, deployment, deployment_status]
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and what they import."""
    if not shutil.which("npm"):
        if os.environ.get("OCTOKIT_TESTS") == "required":
            pytest.fail("OCTOKIT_TESTS=required, and there is no npm here: apt-get install npm")
        pytest.skip("there is no npm here: apt-get install npm")
    folder = tmp_path_factory.mktemp("octokit")
    shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, MANIFEST) as desk:
        yield desk


def test_a_script_reads_and_writes(desk: Desk, scripts: Path) -> None:
    """Pages are followed, tokens made, check runs, comments, merges and deployments written; a refusal is GitHub's."""
    desk.push("Say hello", main_py="print('hello')\n")
    desk.push("An idea", branch="idea", idea_py="print('idea')\n")
    owner, repo = "acme", "hello"
    environment = {
        "API_URL": desk.github.url,
        "APP_ID": APP_ID,
        "PRIVATE_KEY": PRIVATE,
        "OWNER": owner,
        "REPO": repo,
    }
    done = subprocess.run(
        ["node", "script.mjs"],
        cwd=scripts,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "repository": "acme/hello",
        "message": "Say hello",
        "file": "print('hello')\n",
        "runs": [
            "more 0 queued null",
            "more 1 queued null",
            "more 2 queued null",
            "script completed neutral",
        ],
        "annotations": ["look here"],
        "comments": ["second"],
        "merged": True,
        "statuses": ["success"],
        "missing": {"status": 404, "link": True},
    }


@contextmanager
def receiver(scripts: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Octokit's receiver and its address; what it heard is read from its output, a line each."""
    process = subprocess.Popen(
        ["node", "receiver.mjs"],
        cwd=scripts,
        env=os.environ | {"SECRET": SECRET},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/webhook", process
    finally:
        process.kill()
        process.communicate()


def test_a_receiver_takes_what_is_signed_and_nothing_else(desk: Desk, scripts: Path) -> None:
    """@octokit/webhooks verifies the sandbox's deliveries; one with a letter changed is refused."""
    with receiver(scripts) as (address, process):
        desk.github.webhook_url = address
        desk.push("Say hello", main_py="print('hello')\n")
        pushed = heard(process)
        assert (pushed["name"], pushed["action"]) == ("push", "")
        first = desk.as_app().get("/app/hook/deliveries").json()[0]
        assert (first["guid"], first["status_code"]) == (pushed["id"], 200)
        whole = desk.as_app().get(f"/app/hook/deliveries/{first['id']}").json()
        headers = whole["request"]["headers"]
        forged = json.dumps(whole["request"]["payload"] | {"ref": "refs/heads/other"})
        assert httpx.post(address, content=forged, headers=headers).status_code == 400


def heard(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told
