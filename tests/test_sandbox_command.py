"""`servergem sandbox` alone: what it prints is enough for a ServerGem beside it, and a push to a new name founds it."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.github.state import Hub
from sandbox.ports import free_port
from sandbox.pushing import push, repository_name
from sandbox.servergem import servergem
from sandbox.world import SAMPLES, Sandbox
from tests.conftest import PATIENCE, eventually, web
from tests.test_demo import Shell, demo

pytestmark = pytest.mark.wire

ROOT = Path(__file__).parent.parent
AUTHOR = "-c user.name=Eve -c user.email=eve@example.com"


def exported(said: str) -> dict[str, str]:
    """What a shell has after it has read these lines."""
    done = subprocess.run(
        ["sh", "-euc", 'eval "$SAID"; env -0'],
        env={"SAID": said, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(each.split("=", 1) for each in done.stdout.split("\0") if each)
    return {name: found[name] for name in re.findall(r"^export (\w+)=", said, re.MULTILINE)}


@contextmanager
def serving(settings: dict[str, str], port: int) -> Iterator[None]:
    """A ServerGem that a person starts in another terminal."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", str(port)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_a_servergem_beside_it_needs_no_more(tmp_path: Path) -> None:
    """With the printed settings `servergem serve` deploys a push; every call to GitHub and Google is recorded."""
    port = free_port()
    record = tmp_path / "record.jsonl"
    webhook = f"http://127.0.0.1:{port}/webhook"
    with demo(tmp_path, "--webhook", webhook, "--record", str(record)) as running:
        running.until("# Faults, counts")
        settings = exported(running.text)
        key = Path(settings["GITHUB_PRIVATE_KEY_FILE"])
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert "PRIVATE KEY" not in running.text
        with serving(settings, port):
            door = f"http://127.0.0.1:{port}"
            eventually(lambda: ready(door), "a ready ServerGem")
            site = settings["GITHUB_API_URL"]
            with Shell(SAMPLES / "hello-python", {}) as terminal:
                of = f"git --git-dir={tmp_path}/git --work-tree=. {AUTHOR}"
                terminal.type(f"git init -q --bare {tmp_path}/git && {of} -c core.bare=false add -A")
                terminal.type(
                    f"{of} -c core.bare=false commit -qm Mine && {of} push -q {site}/eve/mine HEAD:main"
                )
            eventually(
                lambda: [d["ending"] for d in listed(door)] == ["live"],
                "it live",
            )
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0
        assert list(running.folders.iterdir()) == []
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert any(line.get("event") == "push" for line in lines)
    assert any(line.get("path", "").endswith("/check-runs") for line in lines)
    assert {"Services.CreateService", "Services.UpdateService"} <= {line.get("method") for line in lines}


def listed(door: str) -> list[dict[str, Any]]:
    """What a person's browser gets, who is signed in by GitHub on the way."""
    found: list[dict[str, Any]] = web.get(f"{door}/deployments.json", follow_redirects=True).json()
    return found


def ready(door: str) -> bool:
    try:
        return bool(web.get(f"{door}/readyz", timeout=PATIENCE).json()["ready"])
    except httpx.HTTPError:
        return False


def test_it_is_a_module_too() -> None:
    """`python -m sandbox` is the same command, under its own name."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: python -m sandbox [OPTIONS]")
    assert "--push FOLDER" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--once"],
        ["--github-latency", "soon"],
        ["--google-latency", "-1s"],
        ["--push", "/nowhere"],
        ["--webhook", "localhost:8080"],
        ["--folder", "/dev/null/state"],
        ["--record", "/dev/null/record"],
    ],
)
def test_a_wrong_command_line(words: list[str]) -> None:
    """What means nothing is refused with 2 and a sentence."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox") as world:
        yield world


def test_it_starts_where_a_repository_has_an_app_of_its_own(
    site: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the folder that it is typed in is taken for a part of ServerGem, whatever it is called."""
    mine = tmp_path / "mine"
    for name in ("app", "gcp", "handlers", "sandbox", "starlette", "json"):
        (mine / name).mkdir(parents=True)
        (mine / name / "__init__.py").write_text("raise SystemExit('this is mine')")
    monkeypatch.chdir(mine)
    with servergem(site, tmp_path / "data") as started:
        assert web.get(f"{started.address}/health").status_code == 200


def test_a_push_to_a_new_name_founds_the_repository(site: Sandbox, tmp_path: Path) -> None:
    """Its first branch is the default one and the App is on it; a clone founds nothing; a second push is a push."""
    url = site.github.clone_url("eve/tool")
    assert web.get(f"{url}/info/refs?service=git-upload-pack").status_code == 404
    with Shell(tmp_path, {}) as terminal:
        terminal.type(f"git init -qb trunk work && cd work && git {AUTHOR} commit -q --allow-empty -m One")
        terminal.type(
            f"git push -q {url} HEAD && git {AUTHOR} commit -q --allow-empty -m Two && git push -q {url} HEAD"
        )
        terminal.type(
            f"git push {url} HEAD:idea 2>&1 | grep -F '{site.github.url}/eve/tool/compare?head=idea'"
        )
    repo = site.github.hub.of("eve/tool")
    assert repo.git.default_branch == "trunk"
    assert repo.git.count("trunk") == 2
    assert site.github.hub.installed_on(repo) is not None


def test_a_shallow_clone_is_pushed_as_its_files(site: Sandbox, tmp_path: Path) -> None:
    """GitHub takes no push of a history without its beginning; what is there goes as one commit."""
    with Shell(tmp_path, {}) as terminal:
        terminal.type(f"git init -qb trunk whole && cd whole && git {AUTHOR} commit -q --allow-empty -m One")
        terminal.type(f"echo two > a.txt && git add . && git {AUTHOR} commit -q -m Two")
        terminal.type(f"git clone -q --depth 1 file://{tmp_path}/whole {tmp_path}/shallow")
    pushed = push(site, tmp_path / "shallow")
    repo = site.github.hub.of(pushed.full_name)
    assert (repo.git.default_branch, repo.git.count("main")) == ("main", 1)
    assert pushed.what == f"the files of {tmp_path}/shallow"


@pytest.mark.parametrize(
    ("owner", "name", "founded"),
    [
        ("eve", "a.b_c-1", True),
        ("eve", "..", False),
        ("-eve", "x", False),
        ("eve", "x" * 101, False),
        ("e e", "x", False),
    ],
)
def test_what_may_be_a_name(site: Sandbox, owner: str, name: str, founded: bool) -> None:
    """GitHub's own rules for the names of accounts and repositories."""
    hub: Hub = site.github.hub
    assert (hub.founded(owner, name) is not None) is founded


def test_a_token_founds_nothing(site: Sandbox) -> None:
    """Only a person's push makes a repository; an App's token, good or not, meets a 404."""
    address = f"{site.github.clone_url('eve/tool')}/info/refs?service=git-receive-pack"
    assert web.get(address, auth=("x-access-token", "ghs_x")).status_code == 404


def test_new_repository_page(site: Sandbox) -> None:
    """The start page leads to the form; what it makes says how to push; a name that is taken or none is refused."""
    url = site.github.url
    assert 'href="/new"' in web.get(url).text
    assert "Create repository" in web.get(f"{url}/new").text
    form = {"owner": "eve", "name": "tool"}
    made = web.post(f"{url}/new", data=form, follow_redirects=True)
    assert f"{url}/eve/tool.git HEAD:main" in made.text
    for wrong in (form, form | {"name": "a b"}, form | {"owner": ""}):
        assert web.post(f"{url}/new", data=wrong).status_code == 422


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("my own app", "my-own-app"),
        ("žluťák", "lu-k"),
        ("...", "app"),
        (".config", "config"),
    ],
)
def test_a_folder_gives_its_name(tmp_path: Path, folder: str, name: str) -> None:
    """Any folder's name becomes one that GitHub takes."""
    assert repository_name(tmp_path / folder) == name
