"""A source archive as hostile as it may be, on every Python: also before 3.11.4, which knows no filters of its own."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from sandbox.builder import LIMIT, Builder
from sandbox.unpacking import unpack

HOSTILE = {
    "above": ("../out", tarfile.REGTYPE, ""),
    "a link out": ("link", tarfile.SYMTYPE, "../../etc"),
    "an absolute link": ("link", tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link out": ("link", tarfile.LNKTYPE, "../out"),
    "a device": ("null", tarfile.CHRTYPE, ""),
}


def packed(folder: Path, *members: tuple[str, bytes, str]) -> Path:
    archive = folder / "source.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, kind, link in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            member.size = len(name) if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(name.encode()))
    return archive


@pytest.fixture(params=["3.11.4", "3.11.0"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the standard library's filter, and without it."""
    if request.param == "3.11.0":
        monkeypatch.delattr(tarfile, "data_filter")


@pytest.mark.usefixtures("python")
@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_leaves_the_folder(tmp_path: Path, kind: str) -> None:
    """What would leave the folder, or is no file, ends the unpacking with an error."""
    folder = tmp_path / "inside" / "workspace"
    folder.mkdir(parents=True)
    with pytest.raises(tarfile.TarError):
        unpack(packed(tmp_path, HOSTILE[kind]), folder)
    assert not (tmp_path / "inside" / "out").exists()


@pytest.mark.usefixtures("python")
def test_what_is_harmless_is_there(tmp_path: Path) -> None:
    """Folders, files and links that stay inside come out as they were packed."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    members = [
        ("app", tarfile.DIRTYPE, ""),
        ("app/main.py", tarfile.REGTYPE, ""),
        ("run", tarfile.SYMTYPE, "app/main.py"),
    ]
    unpack(packed(tmp_path, *members), folder)
    assert (folder / "run").read_text() == "app/main.py"


def test_a_hostile_archive_is_the_sandbox_s_limit(tmp_path: Path) -> None:
    """Cloud Build keeps such a link as it is, so the sandbox, which does not follow it, blames nobody."""
    said: list[str] = []
    archive = packed(tmp_path, HOSTILE["an absolute link"])
    outcome = Builder(tmp_path / "builds").build(
        archive=archive, steps=(), images=(), log=said.append, cancelled=lambda: False, timeout=60
    )
    assert (outcome.status, outcome.failure_type, outcome.detail) == ("FAILURE", LIMIT, said[-1])
    assert said[-1].startswith("SANDBOX: the sandbox unpacks no such archive")
