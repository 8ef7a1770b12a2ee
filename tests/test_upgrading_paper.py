"""The papers about upgrading and rotation: each command is typed as it is printed, and does what the paper says.

What this machine has not got, systemd, an engine and Google, only writes down what it was told.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sources import ROOT

DOCS = ROOT / "docs"
WRITES_DOWN = '#!/bin/sh\necho "$(basename "$0") $*" >> "$TYPED"\n'
# What each way of running it is told after the new version was fetched.
TOLD = {
    "Compose": ["docker compose up --detach --build"],
    "systemd": ["systemctl restart servergem"],
    "Cloud Run": ["servergem setup host --project P --settings servergem.env --apply"],
}


def rows() -> dict[str, str]:
    """The table's commands, by how ServerGem runs."""
    text = (DOCS / "upgrading.md").read_text()
    return dict(re.findall(r"^ +\| ([A-Z][\w ]+|systemd) \| `(.+)` \|$", text, re.MULTILINE))


def test_the_table_has_a_row_for_each_way() -> None:
    """A way that is new is red here until it is typed."""
    assert set(rows()) == set(TOLD)


def versions(folder: Path) -> Path:
    """A clone with the version before, of a repository that has the next one too."""
    origin, clone = folder / "origin", folder / "servergem"

    def git(*words: str, cwd: Path = folder) -> None:
        named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *named, *words], cwd=cwd, check=True, capture_output=True)

    git("init", "-q", str(origin))
    for name in ("Makefile", "compose.yaml", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(ROOT / name, origin)
    git("add", "-A", cwd=origin)
    git("commit", "-q", "-m", "before", cwd=origin)
    git("clone", "-q", str(origin), str(clone))
    (origin / "next").write_text("1")
    git("add", "-A", cwd=origin)
    git("commit", "-q", "-m", "next", cwd=origin)
    return clone


@pytest.mark.parametrize("way", TOLD)
def test_the_new_version_is_fetched_and_started(way: str, tmp_path: Path) -> None:
    """The clone is at the new commit, then what runs it is told so; make knows the target it is asked for."""
    clone, bin_, typed = versions(tmp_path), tmp_path / "bin", tmp_path / "typed"
    bin_.mkdir()
    for name in ("docker", "systemctl", "servergem"):
        (bin_ / name).write_text(WRITES_DOWN)
        (bin_ / name).chmod(0o755)
    (bin_ / "make").write_text(f'#!/bin/sh\nexec {shutil.which("make")} --dry-run "$@"\n')
    (bin_ / "make").chmod(0o755)
    done = subprocess.run(
        ["bash", "-ec", rows()[way].replace("/opt/servergem", str(clone))],
        cwd=clone,
        env=os.environ | {"PATH": f"{bin_}:{os.environ['PATH']}", "TYPED": str(typed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (clone / "next").exists()
    assert typed.read_text().splitlines() == TOLD[way]
    assert ("--require-hashes" in done.stdout) is (way == "systemd"), done.stdout


def test_the_new_key_replaces_the_old_one_for_its_owner_alone(tmp_path: Path) -> None:
    """As it was downloaded, readable by nobody else."""
    [line] = re.findall(r"`(install -m 0600 .+)`", (DOCS / "rotation.md").read_text())
    downloads = tmp_path / "Downloads"
    downloads.mkdir()
    (downloads / "YOUR-APP.DATE.private-key.pem").write_text("new")
    (tmp_path / "servergem.private-key.pem").write_text("old")
    subprocess.run(["bash", "-ec", line], cwd=tmp_path, env=os.environ | {"HOME": str(tmp_path)}, check=True)
    made = tmp_path / "servergem.private-key.pem"
    assert made.read_text() == "new" and made.stat().st_mode & 0o077 == 0
