"""README.md's commands, typed as they stand after `make demo`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.world import SAMPLES
from tests.conftest import PATIENCE, eventually
from tests.test_demo import assert_ends_cleanly, demo

pytestmark = pytest.mark.wire

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DOCKER = """#!/bin/sh
echo "ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: COPPY" >&2
"""


def commands(heading: str) -> list[str]:
    """The lines of a section's shell blocks, without their remarks."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [
        line.partition(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()
    ]


@pytest.fixture
def person(tmp_path: Path) -> dict[str, str]:
    """Somebody without credentials, with Docker, a failing build's log and a repository of their own."""
    for name in ("docker", "bin/docker"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(DOCKER)
        (tmp_path / name).chmod(0o755)
    for source in (SAMPLES / "bad-dockerfile").iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    (tmp_path / "build.log").write_text(DOCKER.splitlines()[1].split('"')[1] + "\n")
    (tmp_path / "fly.toml").write_text('app = "shop"\n[http_service]\ninternal_port = 8080\n')
    (tmp_path / "my-app").mkdir()
    for name in ("main.py", "Procfile"):
        (tmp_path / "my-app" / name).write_bytes((SAMPLES / "hello-python" / name).read_bytes())
    return {
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "NO_GCE_CHECK": "true",
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
    }


def typed(line: str, person: dict[str, str]) -> subprocess.CompletedProcess[str]:
    activate = f". {ROOT}/.venv/bin/activate"
    return subprocess.run(
        ["bash", "-uc", f"{activate}; {line}"],
        cwd=person["HOME"],
        env=person,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("servergem init", 1, "servergem.yml"),
        ("servergem import fly.toml", 0, "servergem.yml is made of fly.toml"),
        ("servergem check", 1, "This cannot be deployed."),
        ("servergem config", 0, "production:"),
        ("servergem preflight --project P", 1, "gcloud auth application-default login"),
        ("servergem explain --repo . build.log", 0, "error[dockerfile-unknown-instruction]"),
        ("docker build . 2>&1 | servergem explain --format github -", 0, "::error file=Dockerfile,line=3"),
    ],
)
def test_without_a_push(person: dict[str, str], line: str, status: int, said: str) -> None:
    """Each command of "Without a push" does what its remark says, in a repository that cannot be built."""
    done = typed(line, person)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


def test_every_command_is_tried() -> None:
    """A command that is new in README.md needs its row above, or its own test."""
    assert commands("Two commands") == [
        "make demo",  # the rule of the Makefile: below
        "make test",
        ". .venv/bin/activate",  # before each of these
        "servergem sandbox --push ~/my-app",
    ]
    [table] = [mark for mark in test_without_a_push.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert commands("Without a push") == [row[0] for row in table.args[1]]


def test_make_demo(tmp_path: Path) -> None:
    """`make demo` is `servergem sandbox --demo`, and ONCE=1 ends it."""
    ready = ["make", "--no-print-directory", "-n", "-o", ".venv/ready"]
    said = subprocess.run([*ready, "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    once = subprocess.run(
        [*ready, "demo", "ONCE=1"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert said.split() == ["exec", ".venv/bin/servergem", "sandbox", "--demo"]
    assert once.split() == [*said.split(), "--once"]


def test_make_says_what_it_installs(tmp_path: Path) -> None:
    """A line for each step, before it; a Python that is too old, or none, is named with what to type."""
    steps = subprocess.run(
        ["make", "-n", "-W", "requirements-dev.lock", ".venv/ready"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for step in ("Making a Python environment", "pinned packages", "Installing ServerGem itself"):
        assert f'echo "{step}' in steps or step in steps
    old = tmp_path / "old"
    old.write_text(
        '#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9); exec(sys.argv[1])" "$2"\n'
    )
    old.chmod(0o755)
    refused = subprocess.run(
        ["make", "-W", "requirements-dev.lock", f"PYTHON={old}", ".venv/ready"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "ServerGem needs Python 3.11 or newer" in refused.stderr


def working_in(folder: Path) -> list[str]:
    """The processes that have this working directory; the dead, whom nobody has buried yet, have none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found += [process.name] if (process / "cwd").readlink() == folder else []
    return found


def test_what_is_being_installed_can_be_stopped(tmp_path: Path) -> None:
    """Ctrl-C while the environment is made ends it in make's own line, without a traceback or a process that stays."""
    for name in ("Makefile", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    # As at a terminal, not as a part of the `make test` that runs this.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    making = subprocess.Popen(
        ["make", f"PYTHON={sys.executable}", ".venv/ready"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        eventually((tmp_path / ".venv" / "bin" / "python").exists, "the environment")
        os.killpg(making.pid, signal.SIGINT)
        said, _ = making.communicate(timeout=PATIENCE)
    finally:
        making.kill()
    assert making.returncode != 0
    assert said.startswith("Making a Python environment in .venv") and "Traceback" not in said
    eventually(lambda: not working_in(tmp_path), "the end of each process")


def test_ones_own_folder_by_name(person: dict[str, str], tmp_path: Path) -> None:
    """`servergem sandbox --push ~/my-app` with a folder that is no repository; Ctrl-C ends it."""
    with demo(tmp_path, "--push", f"{tmp_path}/my-app") as running:
        running.until("Ctrl-C ends everything.")
        assert "the files of " in running.text
        assert_ends_cleanly(running, signal.SIGINT, 0)
