"""Base images on this machine: an archive's files where Cloud Run unpacks them, and the runtime that is at hand."""

from __future__ import annotations

import re
import shutil
import tarfile
import zipfile
from pathlib import Path

from sandbox import containers, machine
from sandbox.google.ports import Unlaid
from sandbox.images import ImageConfig, ImageStore
from sandbox.unpacking import unpack

ROOT = "/workspace"


def lay(images: ImageStore, archive: Path, base: str, scratch: Path) -> str:
    """The digest of the archive on this base image (`python314`). Unlaid where that cannot be."""
    files = scratch / "image"
    containers.skeleton(files)
    there = files / ROOT.strip("/")
    there.mkdir()
    _unpack(archive, there)
    _runtime(files, base)
    return images.add(files, ImageConfig((), (), ROOT))


def python_of(version: str) -> machine.Python:
    """The interpreter for this version (`3.14`): this machine's own stands in where it has none."""
    return machine.python(version) or machine.own_python()


def _runtime(files: Path, base: str) -> None:
    if found := re.fullmatch(r"python(\d)(\d+)", base):
        machine.bare(files / "usr/local/bin", python_of(f"{found[1]}.{found[2]}"))
    elif not (base.startswith("nodejs") and machine.tool("node")):
        raise Unlaid(f"SANDBOX: the sandbox cannot run {base}; Cloud Run can")


def _unpack(archive: Path, folder: Path) -> None:
    """A .tar.gz or a .zip, whatever it is called; nothing of it leaves the folder."""
    try:
        if zipfile.is_zipfile(archive):
            shutil.unpack_archive(archive, folder, "zip")
        else:
            unpack(archive, folder)
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as broken:
        raise Unlaid(f"the archive cannot be unpacked: {broken}") from broken
