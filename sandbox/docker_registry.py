"""The registry that stands for Artifact Registry beside an engine: Docker's image of it, or the program itself."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import docker_engine, processes
from sandbox.docker_commands import LABEL
from sandbox.docker_engine import NoEngine, ask
from sandbox.ports import free_port

# The registry that Docker offers for a machine of one's own: https://distribution.github.io/distribution/
IMAGE, PORT = "registry:2", 5000
# The same as a program, of Debian's package of this name.
PROGRAM = "docker-registry"
# https://distribution.github.io/distribution/about/configuration/
CONFIGURATION = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
OPEN_SECONDS, LOOK_SECONDS = 20.0, 0.02


@contextmanager
def registry(owner: str) -> Iterator[str]:
    """An empty registry's host and port, by which both the engine and BuildKit speak plain HTTP to it.

    Raises NoEngine where there is neither the image nor the program.
    """
    if docker_engine.has(IMAGE):
        yield f"localhost:{_container(owner)}"
    elif shutil.which(PROGRAM):
        with tempfile.TemporaryDirectory(prefix="registry-") as folder, _program(Path(folder)) as port:
            yield f"localhost:{port}"
    else:
        raise NoEngine(f"it cannot pull {IMAGE}, and there is no `{PROGRAM}` on the PATH")


def _container(owner: str) -> str:
    """The port of one that goes with all else of this owner."""
    published = ["--publish", f"127.0.0.1::{PORT}"]
    started = ask(["run", "--detach", "--label", f"{LABEL}={owner}", *published, IMAGE])
    if started.returncode:
        raise NoEngine(f"it cannot start {IMAGE} ({docker_engine.last_line(started.stderr)})")
    said = ask(["port", started.stdout.strip(), f"{PORT}/tcp"]).stdout
    return said.split()[0].rpartition(":")[2]


@contextmanager
def _program(folder: Path) -> Iterator[int]:
    port, settings = free_port(), folder / "registry.yml"
    settings.write_text(CONFIGURATION.format(folder=folder / "images", port=port))
    words = [PROGRAM, "serve", str(settings)]
    with (folder / "said").open("wb") as said:
        process = processes.start(words, cwd=folder, env={"PATH": os.environ["PATH"]}, stdout=said)
    try:
        _await(process, port)
        yield port
    finally:
        processes.stop(process)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(LOOK_SECONDS)
    raise NoEngine(f"`{PROGRAM}` does not listen")
