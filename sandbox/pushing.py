"""A folder on its way to the sandbox's GitHub: a real repository, a real commit and a real push."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.github.git import ENVIRONMENT
from sandbox.world import Sandbox

OWNER = "acme"
# What people who write no .gitignore do not mean either.
NEVER_PUSHED = (".venv/", "venv/", "node_modules/", "__pycache__/", ".DS_Store")
_AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "core.hooksPath=/dev/null")
# The folder may belong to somebody else; what is read of it is only read.
_ANYBODY = ("-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null")


class CannotPush(Exception):  # noqa: N818 - reads as what happened
    """Why the folder did not reach GitHub, in a sentence."""


@dataclass(frozen=True)
class Pushed:
    """What is on GitHub now. `what`: which part of the folder it is, for people."""

    full_name: str
    sha: str
    branch: str
    what: str


def insist_on_files(folder: Path) -> None:
    """CannotPush for a folder of which nothing would arrive; asked before anything is started for it."""
    folder = folder.resolve()
    if _head(folder) is not None:
        return
    with _beside(folder) as of:
        if not _git(folder, *of, "ls-files", "--others", "--exclude-standard"):
            raise CannotPush(f"{folder} holds no file that git would take.")


def push(world: Sandbox, folder: Path) -> Pushed:
    """The folder's HEAD, or its files when it is no repository, as OWNER/its name. Raises CannotPush."""
    folder = folder.resolve()
    name = f"{OWNER}/{repository_name(folder)}"
    url = world.github.clone_url(name)
    world.github.create_repository(OWNER, repository_name(folder), private=False)
    head = _head(folder)
    if head is None:
        return Pushed(name, _push_files(folder, url), "main", f"the files of {folder}")
    branch = _default_branch(folder)
    _git(folder, *_ANYBODY, "push", "-q", "--no-verify", url, f"HEAD:refs/heads/{branch}")
    changed = _said(folder, "status", "--porcelain", "--ignore-submodules")
    left = "; what is not committed is not in it" if changed else ""
    return Pushed(name, head, branch, f"HEAD of {folder} as {branch}{left}")


def repository_name(folder: Path) -> str:
    """The folder's name with what GitHub takes in one."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-.").removesuffix(".git")
    return name[:100] or "app"


def _head(folder: Path) -> str | None:
    """The commit that is checked out, when the folder is the root of a repository that has one.

    A shallow clone lacks what its first commit stands on, and GitHub takes no such push: its files go there.
    """
    top = _said(folder, "rev-parse", "--show-toplevel")
    if (
        not top
        or Path(top).resolve() != folder
        or _said(folder, "rev-parse", "--is-shallow-repository") == "true"
    ):
        return None
    return _said(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") or None


def _default_branch(folder: Path) -> str:
    """The one that its origin calls so, for servergem.yml may name it; else the one that is checked out."""
    origin = _said(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return (
        origin.removeprefix("origin/")
        or _said(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
        or "main"
    )


def _push_files(folder: Path, url: str) -> str:
    """One commit of all files but the ignored ones; its sha."""
    with _beside(folder) as of:
        _git(folder, *of, "add", "-A")
        _git(folder, *of, "commit", "-q", "-m", f"The files of {folder.name}")
        _git(folder, *of, "push", "-q", url, "HEAD:refs/heads/main")
        return _git(folder, *of, "rev-parse", "HEAD")


@contextmanager
def _beside(folder: Path) -> Iterator[tuple[str, ...]]:
    """An empty repository beside the folder: git's options for the folder's files and that repository."""
    with tempfile.TemporaryDirectory(prefix="servergem-push-") as beside:
        git = Path(beside) / "git"
        _git(folder, "init", "-q", "--bare", "-b", "main", str(git))
        (git / "info").mkdir(exist_ok=True)
        (git / "info" / "exclude").write_text("".join(f"{pattern}\n" for pattern in NEVER_PUSHED))
        yield (*_AUTHOR, "-c", "core.bare=false", f"--git-dir={git}", f"--work-tree={folder}")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotPush(f"git could not push {folder}:\n{done.stderr.strip()}")
    return done.stdout.strip()


def _said(folder: Path, *arguments: str) -> str:
    """What git says of the folder; nothing when it says no."""
    done = subprocess.run(
        ["git", *_ANYBODY, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
