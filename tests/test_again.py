"""What failed beside everything else is tried again, alone: which failures are, and what is said of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# A suite of its own, whose first part fails each time and whose second passes from its second run on.
SUITE = """
import pathlib
import pytest
from tests.again import pytest_terminal_summary  # noqa: F401

def pytest_configure(config):
    config.addinivalue_line("markers", "wire: talks to a server")
"""
TESTS = {
    "always": "@pytest.mark.wire\ndef test_always():\n    assert False\n",
    "once": (
        "@pytest.mark.wire\ndef test_once():\n"
        "    before = pathlib.Path('before')\n    was = before.exists()\n    before.touch()\n    assert was\n"
    ),
    "pure": "def test_pure():\n    assert False\n",
    "many": "@pytest.mark.wire\n@pytest.mark.parametrize('n', range(5))\ndef test_many(n):\n    assert False\n",
}


def run(folder: Path, *parts: str) -> tuple[int, str]:
    """The suite, and what `make test` runs after a red one; that one's status and what it says."""
    (folder / "conftest.py").write_text(SUITE)
    for part in parts:
        (folder / f"test_{part}.py").write_text(f"import pathlib\nimport pytest\n\n{TESTS[part]}")
    # No plugin but the one that `-n 0` is for: to load all of them takes longer than what is tried here.
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", **plugins}
    first = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "."],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert first.returncode == 1
    again = subprocess.run(
        [sys.executable, "-m", "tests.again"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return again.returncode, again.stdout


def test_what_passes_alone_is_named_as_unsteady(tmp_path: Path) -> None:
    """Its name is the last thing that is said, and the suite is green."""
    status, said = run(tmp_path, "once")
    assert status == 0
    assert said.endswith("passed alone:\n  test_once.py::test_once\n")


def test_what_fails_twice_is_red(tmp_path: Path) -> None:
    """Whatever else passed the second time."""
    status, said = run(tmp_path, "once", "always")
    assert status != 0
    assert "UNSTEADY" not in said


def test_a_pure_test_gets_no_second_try(tmp_path: Path) -> None:
    """It has nobody to wait for."""
    assert run(tmp_path, "once", "pure") == (1, "")


def test_a_broken_suite_gets_no_second_try(tmp_path: Path) -> None:
    """Five at once are no accident."""
    assert run(tmp_path, "many") == (1, "")
