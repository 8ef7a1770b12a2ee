"""The action and the hook for other people's repositories, run as GitHub's runner and pre-commit run them."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import site
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from sandbox.world import SAMPLES
from tests.sources import ROOT

pytestmark = pytest.mark.wire

ACTION = yaml.safe_load((ROOT / ".github/actions/explain/action.yml").read_text())
[HOOK] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
LOG = "ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: COPPY\n"
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]  # what `shell: bash` means
MADE_OF = ("app", "gcp", "handlers", "sandbox", ".github", "pyproject.toml", "README.md")
# pip finds what it needs beside these tests, and asks nobody: the libraries, and what builds ServerGem itself.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one the other way round
    "PYTHONPATH": site.getsitepackages()[0],
}


@dataclass(frozen=True)
class Runner:
    """A runner's folders: what is checked out, the action at its ref, and the files that a step writes."""

    folder: Path

    def run(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """A step of the action, with its expressions filled in and the variables that GitHub sets."""
        [step] = [each for each in ACTION["runs"]["steps"] if each.get("name") == name]
        return subprocess.run(
            [*BASH, "-c", step["run"]],
            cwd=self.folder / "workspace",
            env=self._github() | {key: _filled(word, inputs) for key, word in step["env"].items()},
            capture_output=True,
            text=True,
            check=False,
        )

    def _github(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "GITHUB_ACTION_PATH": str(self.folder / "action/.github/actions/explain"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "RUNNER_TEMP": str(self.folder / "temp"),
            **OFFLINE,
        }

    def written(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""


def _filled(expression: str, inputs: dict[str, str]) -> str:
    word = expression.removeprefix("${{").removesuffix("}}").strip()
    if word == "steps.python.outputs.python-path":
        return sys.executable
    name = word.removeprefix("inputs.")
    return inputs.get(name, str(ACTION["inputs"][name]["default"]))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action's own first step, once for all of pytest's workers: what it installs is what the other steps run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "installed"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(Runner(folder))
    return folder


def _install(runner: Runner) -> None:
    runner.folder.mkdir()
    for name in MADE_OF:
        source, target = ROOT / name, runner.folder / "action" / name
        target.parent.mkdir(exist_ok=True, parents=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    for name in ("workspace", "temp"):
        (runner.folder / name).mkdir()
    done = runner.run("Install ServerGem")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def runner(installed: Path, tmp_path: Path) -> Runner:
    for name in ("action", "temp"):
        (tmp_path / name).symlink_to(installed / name)
    shutil.copytree(SAMPLES / "bad-dockerfile", tmp_path / "workspace")
    (tmp_path / "workspace/build.log").write_text(LOG)
    return Runner(tmp_path)


def test_a_log_is_annotated_and_summed_up(runner: Runner) -> None:
    """The annotation stands on the line, the summary says the fix, and the step does not fail by itself."""
    done = runner.run("Explain", log="build.log")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("::error file=Dockerfile,line=3,endLine=3,title=")
    assert "COPPY" in runner.written("summary")
    assert runner.written("output") == "status=0\n"


def test_a_step_fails_when_it_is_asked_to(runner: Runner) -> None:
    """`fail` makes 1 of a log, and of a command its own status; both are explained all the same."""
    assert runner.run("Explain", log="build.log", fail="true").returncode == 1
    done = runner.run("Explain", command="cat build.log >&2; exit 7", fail="true")
    assert done.returncode == 7
    assert LOG in done.stdout and "\n::error file=Dockerfile,line=3" in done.stdout
    assert runner.written("output").endswith("status=7\n")


def test_a_command_that_works_is_left_alone(runner: Runner) -> None:
    """Its output is shown, and nothing is said of it."""
    done = runner.run("Explain", command="echo fine", fail="true")
    assert (done.returncode, done.stdout) == (0, "fine\n")
    assert not runner.written("summary")


def test_words_of_a_log_are_no_commands(runner: Runner) -> None:
    """A line break or a percent sign of a log ends no annotation and begins no other."""
    (runner.folder / "workspace/build.log").write_text("fatal error: 100%0A::warning::x, y: cannot go on\n")
    done = runner.run("Explain", log="build.log")
    [annotation] = done.stdout.splitlines()
    assert "100%250A%3A%3Awarning" in annotation.partition("title=")[2].partition("::")[0]


@pytest.mark.parametrize("inputs", [{}, {"log": "build.log", "command": "true"}])
def test_either_a_log_or_a_command(runner: Runner, inputs: dict[str, str]) -> None:
    """With neither, or both, the step fails and says what to give it."""
    done = runner.run("Explain", **inputs)
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=Nothing to explain::Give the action either log")


@pytest.mark.parametrize(("sample", "status"), [("shop", 0), ("bad-dockerfile", 1)])
def test_the_hook_stops_a_commit_that_cannot_be_deployed(sample: str, status: int) -> None:
    """pre-commit installs the package and runs the entry, a script of it, in the repository without names of files."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        scripts = tomllib.load(file)["project"]["scripts"]
    program, *words = shlex.split(HOOK["entry"])
    assert program in scripts and HOOK["language"] == "python" and HOOK["pass_filenames"] is False
    done = subprocess.run([Path(sys.executable).parent / program, *words], cwd=SAMPLES / sample, check=False)
    assert done.returncode == status
