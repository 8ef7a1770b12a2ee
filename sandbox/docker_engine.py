"""The Docker engine of this machine: whether one answers, and short questions to it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.docker_commands import LABEL

ANSWER_SECONDS = 60.0
# How long an image may take to come that this machine does not have yet.
PULL_SECONDS = 120.0
# By these the command finds its engine; a build and a container get none of them.
KEPT = re.compile(r"PATH|HOME|LANG|XDG_RUNTIME_DIR|DOCKER_\w+|SSH_AUTH_SOCK|\w+_proxy|\w+_PROXY")
# With this image store the engine's own BuildKit keeps caches in a registry: https://docs.docker.com/build/cache/backends/
CONTAINERD = "io.containerd.snapshotter.v1"


class NoEngine(Exception):  # noqa: N818 - reads as what happened
    """No engine can be used here; the sentence says why."""


def find() -> str:
    """The version of the engine that answers. Raises NoEngine."""
    if shutil.which("docker") is None:
        raise NoEngine("there is no `docker` on the PATH")
    asked = ask(["version", "--format", "{{.Server.Version}}"])
    if asked.returncode or not asked.stdout.strip():
        raise NoEngine(last_line(asked.stderr) or "it does not answer")
    if ask(["buildx", "version"]).returncode:
        raise NoEngine("`docker buildx` is not installed")
    return asked.stdout.strip()


def has(image: str) -> bool:
    """Whether the engine has the image, or can pull it."""
    here = ask(["image", "inspect", image]).returncode == 0
    return here or ask(["pull", "--quiet", image], seconds=PULL_SECONDS).returncode == 0


def keeps_caches() -> bool:
    """Whether the engine's own BuildKit can write a cache into a registry."""
    return CONTAINERD in ask(["info", "--format", "{{json .DriverStatus}}"]).stdout


def remove(owner: str) -> None:
    """Every container of this owner goes."""
    wanted = f"label={LABEL}={owner}"
    if found := ask(["ps", "--all", "--quiet", "--filter", wanted]).stdout.split():
        ask(["rm", "--force", "--volumes", *found])


def remove_orphans() -> None:
    """What a sandbox left behind that could not clear up: its process is no more."""
    written = ask(["ps", "--all", "--filter", f"label={LABEL}", "--format", f'{{{{.Label "{LABEL}"}}}}'])
    for owner in set(written.stdout.split()):
        if not Path("/proc", owner.partition("-")[0]).exists() and Path("/proc/self").exists():
            remove(owner)


def ask(
    words: Sequence[str], env: Mapping[str, str] | None = None, *, seconds: float = ANSWER_SECONDS
) -> subprocess.CompletedProcess[str]:
    """A short question to the engine; its silence is an answer with status 124, as timeout(1) gives it."""
    whole = environment() | dict(env or {})
    try:
        return subprocess.run(["docker", *words], capture_output=True, text=True, env=whole, timeout=seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(list(words), 124, "", f"no answer within {seconds:.0f} s")


def environment() -> dict[str, str]:
    """What the command of an engine has of our own environment."""
    return {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}


def last_line(text: str) -> str:
    """The last line with anything on it: where commands of Docker say what is wrong."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
