"""A container without an engine: its paths stand in an image's folder, and what needs root is stood in for.

The limit of it: a path is placed where a command, a variable or a RUN names it. What a program opens by an absolute
path of its own is this machine's; only an engine has a root of the image's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from sandbox import machine

# Programs that change the system around a container, which here is the machine of a person: they only say so.
STOOD_IN = (
    *("apt-get", "apt", "apt-key", "dpkg", "add-apt-repository", "apk", "dnf", "yum", "microdnf"),
    *("adduser", "addgroup", "useradd", "groupadd", "usermod", "chown", "chgrp", "setcap"),
    *("update-ca-certificates", "ldconfig", "locale-gen", "dpkg-reconfigure", "sysctl", "corepack"),
)
STAND_IN = '#!/bin/sh\necho "${0##*/}: left out, the sandbox changes nothing outside of the image"\n'
# What corepack does: the version that package.json names, fetched once and kept in npm's cache.
PACKAGE_MANAGER = """#!/bin/sh
wanted=$(sed -n 's/.*"packageManager": *"\\({name}@[0-9.]*\\).*/\\1/p' package.json 2>/dev/null | head -n 1)
case $wanted in yarn@[2-9]*) wanted=@yarnpkg/cli-dist@${{wanted#yarn@}} ;; esac
exec npm exec --yes --package="${{wanted:-{default}}}" -- {name} "$@"
"""
ABSOLUTE = re.compile(r"(?<![\w.:/}\-$@%~])/[\w.@+*?\-]+(?:/[\w.@+*?\-]*)*")
KEPT = re.compile(r"/(?:dev|proc)(?:/|\Z)")
PROGRAM = re.compile(r"/(?:usr/(?:local/)?)?s?bin/[\w.+-]+\Z")
SKELETON = ("tmp", "usr/local/bin", "usr/bin", "bin", "etc", "opt", "var/lib", "root", "home", "srv")


def skeleton(files: Path) -> None:
    """The folders that every distribution has."""
    for folder in SKELETON:
        (files / folder).mkdir(parents=True, exist_ok=True)


def environment(files: Path, env: Mapping[str, str]) -> dict[str, str]:
    """A container's variables for a process on this machine: what is in the image is named where it stands."""
    inside = {name: _listed(value, files) for name, value in env.items() if name != "PATH"}
    folders = [*env.get("PATH", "").split(":"), "/usr/local/bin"]
    own = [str(files / folder.lstrip("/")) for folder in dict.fromkeys(folders) if folder.startswith("/")]
    there = [folder for folder in own if Path(folder).is_dir()]
    return inside | {"PATH": os.pathsep.join([*there, str(_stand_ins()), machine.search_path()])}


def command(words: Sequence[str], files: Path) -> list[str]:
    """A container's command; only what the image holds is named where it stands."""
    return [ABSOLUTE.sub(lambda found: _held(found[0], files), word) for word in words]


def building(text: str, files: Path) -> str:
    """The text of a RUN: every path is the image's, but for devices and this machine's programs."""

    def placed(found: re.Match[str]) -> str:
        path = found[0]
        if KEPT.match(path) or (found.start() and text[found.start() - 1] in "'\"" and path.endswith("/")):
            return path
        inside = files / path.lstrip("/")
        if PROGRAM.match(path) and not inside.exists() and os.access(path, os.X_OK):
            return path
        return str(inside) + ("/" if path.endswith("/") else "")

    return ABSOLUTE.sub(placed, text)


def _listed(value: str, files: Path) -> str:
    """One path or several with colons between them; anything else as it is."""
    if not value.startswith("/"):
        return value
    return ":".join(_held(part, files) for part in value.split(":"))


def _held(path: str, files: Path) -> str:
    inside = files / path.lstrip("/")
    return str(inside) if path.strip("/") and inside.exists() else path


@cache
def _stand_ins() -> Path:
    """A folder for the PATH: the stand-ins, and the Python that an image has when it asks for no other."""
    import atexit
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="sandbox-bin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in STOOD_IN:
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    for name, default in (("pnpm", "pnpm@9"), ("yarn", "yarn@1")):
        if not machine.tool(name):
            (folder / name).write_text(PACKAGE_MANAGER.format(name=name, default=default))
            (folder / name).chmod(0o755)
    machine.bare(folder, machine.own_python())
    return folder
