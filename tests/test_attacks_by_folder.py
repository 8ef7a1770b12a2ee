"""Attacks by folder: what somebody has packed with its `.git`, looked at by `servergem check`, `init` and `import`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.commands import main

IDENTITY = ("-c", "user.email=mallory@evil.example", "-c", "user.name=mallory")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *IDENTITY, *words], capture_output=True, check=True)
    return done.stdout.decode().strip()


def as_monitor(folder: Path, program: Path) -> None:
    """Git asks it which files have changed."""
    git(folder, "config", "core.fsmonitor", str(program))


def as_upload(folder: Path, program: Path) -> None:
    """Git asks it for a content that is missing here, as in a partial clone."""
    blob = git(folder, "rev-parse", "HEAD:.gitattributes")
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (folder / ".gitattributes").unlink()
    for name, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(folder)),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(program)),
    ):
        git(folder, "config", name, value)


@pytest.mark.parametrize("plant", [as_monitor, as_upload])
def test_no_folder_runs_a_program_by_being_looked_at(
    plant: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    """Git obeys the configuration that lies in a folder, and each of our commands asks git what a push would bring."""
    folder, mark = tmp_path / "packed", tmp_path / "it ran"
    folder.mkdir()
    git(folder, "init", "-q")
    for name, text in (("Dockerfile", "FROM scratch\n"), (".gitattributes", "docs export-ignore\n")):
        (folder / name).write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "packed")
    program = folder / ".git" / "program"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    program.chmod(0o700)
    plant(folder, program)
    for words in (["check"], ["init", "--print"], ["config"]):
        CliRunner().invoke(main, [words[0], str(folder), *words[1:]])
        assert not mark.exists(), words
