"""What ServerGem keeps on this machine is for its own user: folders that it makes 0700, files 0600."""

from __future__ import annotations

from pathlib import Path


def private_folder(path: Path) -> None:
    """Make the folder for ourselves alone; one that is there already is the operator's, and stays as it is."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def private_database(path: Path) -> None:
    """An SQLite file for its owner alone, before SQLite opens it: its journals get the mode that it has.

    Also one that an earlier ServerGem has left readable (findCreateFileMode in SQLite's src/os_unix.c).
    """
    private_folder(path.parent)
    path.touch(mode=0o600)
    for each in (path, *path.parent.glob(f"{path.name}-*")):
        each.chmod(0o600)
