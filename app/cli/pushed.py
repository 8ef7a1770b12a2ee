"""What a push of a folder would bring: what git does not ignore, without what its archive leaves out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from app.source.text import folders_of

# Git obeys the configuration that lies in a folder, and somebody else may have packed it: no program that it names is
# run to say what has changed (https://git-scm.com/docs/git-config#Documentation/git-config.txt-corefsmonitor), none as
# a hook, and none to bring what a partial clone lacks, over whatever protocol.
TRUSTING_NOBODY = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_OPTIONAL_LOCKS": "0"}


def pushed(folder: Path) -> list[str] | None:
    """The names, all changes committed; None for a folder that is no repository, or without git."""
    if not (folder / ".git").exists():
        return None
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return None
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    hidden = _left_out(folder, names)
    return [name for name in names if name not in hidden and not (_above(name) & hidden)] if hidden else names


def _left_out(folder: Path, names: list[str]) -> frozenset[str]:
    """Files and folders that are `export-ignore`: https://git-scm.com/docs/gitattributes#_creating_an_archive"""
    if not any(name.rpartition("/")[2] == ".gitattributes" for name in names):
        return frozenset()
    # A folder is asked for with a slash, as git's archive does: `docs/` fits nothing else.
    asked = [*names, *(f"{each}/" for each in folders_of(frozenset(names)))]
    given = b"\0".join(map(os.fsencode, asked)) + b"\0"
    told = _git(folder, "check-attr", "-z", "--stdin", "export-ignore", given=given) or b""
    fields = told.split(b"\0")
    return frozenset(
        os.fsdecode(path).rstrip("/")
        for path, value in zip(fields[::3], fields[2::3], strict=False)
        if value == b"set"
    )


def _above(name: str) -> frozenset[str]:
    return folders_of(frozenset({name}))


def _git(folder: Path, *words: str, given: bytes = b"") -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *TRUSTING_NOBODY, *words],
            input=given,
            capture_output=True,
            check=False,
            env=os.environ | ALONE,
        )
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout
