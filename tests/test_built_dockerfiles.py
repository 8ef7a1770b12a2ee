"""Our reader of Dockerfiles held against BuildKit: what that builds is refused by nothing of ours."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from app.diagnosis import Files
from app.inspection import inspect
from app.model import ServiceConfig, Target, Weight
from sandbox.docker_engine import ask
from tests import engine
from tests.built_dockerfiles import ARCHIVE, BUILT, CONTEXT, IGNORED, NEWER

TARGET = Target("p", "europe-west1", "production", ServiceConfig("web"))


@pytest.mark.parametrize("kind", [*BUILT, *NEWER])
def test_nothing_that_buildkit_builds_is_refused(kind: str) -> None:
    """A stop needs proof, and a build that ends well is the proof against it."""
    source = {"Dockerfile": (BUILT | NEWER)[kind], ARCHIVE: "", "busybox": ""} | dict.fromkeys(CONTEXT, "")
    if kind in IGNORED:
        source[".dockerignore"] = IGNORED[kind]
    found = inspect(Files.of(source), TARGET)
    assert [each.title for each in found if each.weight is Weight.STOP] == []


@pytest.mark.wire
@pytest.mark.parametrize("kind", BUILT)
def test_buildkit_builds_what_the_table_says_it_builds(kind: str, tmp_path: Path) -> None:
    """A row that a real BuildKit refuses proves nothing."""
    engine.insist()
    shutil.copy(engine.busybox(), tmp_path / "busybox")
    for name in CONTEXT:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    with tarfile.open(tmp_path / ARCHIVE, "w:gz") as archive:
        archive.add(tmp_path / "a.txt", "a.txt")
    (tmp_path / "Dockerfile").write_bytes(BUILT[kind].encode())
    if kind in IGNORED:
        (tmp_path / ".dockerignore").write_text(IGNORED[kind])
    built = ask(
        [
            "buildx",
            "build",
            "--builder",
            "default",
            "--progress=plain",
            "--output=type=cacheonly",
            str(tmp_path),
        ]
    )
    assert built.returncode == 0, built.stderr
