"""An archive as a folder: nothing absolute, nothing above it, no link that leads out."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path


def unpack(archive: Path, folder: Path) -> None:
    """A tarball as hostile as it may be: nothing absolute, nothing above, no link out (PEP 706)."""
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:
            # Python 3.11.0 to 3.11.3, Debian 12's among them, know no filters.
            tar.extractall(folder, members=harmless(tar, folder))  # noqa: S202 - what is left is harmless


def harmless(members: Iterable[tarfile.TarInfo], folder: Path) -> Iterator[tarfile.TarInfo]:
    """The members as they come; TarError at the first that would leave the folder or is no file, folder or link."""
    root = folder.resolve()
    for member in members:
        there = root / member.name
        leads = [there]
        if member.issym():
            leads.append(there.parent / member.linkname)
        elif member.islnk():
            leads.append(root / member.linkname)
        elif not (member.isfile() or member.isdir()):
            raise tarfile.ReadError(f"{member.name!r} is a device or a pipe")
        if not all(lead.resolve().is_relative_to(root) for lead in leads):
            raise tarfile.ReadError(f"{member.name!r} leads out of its folder")
        yield member
