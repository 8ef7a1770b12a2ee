"""ServerGem as a process of its own beside the sandbox, as a person would start it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox import processes
from sandbox.ports import free_port
from sandbox.world import Sandbox

# How long ServerGem may take to open its door, on a machine that has eight other things to do.
OPEN_SECONDS = 300.0
# How long it may take to let go of what it is doing.
STOP_SECONDS = 10.0
LOG_TAIL = 2000


class DidNotStart(Exception):  # noqa: N818 - reads as what happened
    """ServerGem's door did not open; the end of its log."""


@dataclass(frozen=True)
class Process:
    """A running ServerGem and where its door is."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-LOG_TAIL:]

    def kill(self) -> None:
        """As a machine that loses its power: nothing is finished, nothing is said."""
        self.process.kill()
        self.process.wait()


@contextmanager
def servergem(world: Sandbox, folder: Path, **settings: str) -> Iterator[Process]:
    """ServerGem until the block ends; it ends with us, whatever ends us.

    Nothing of this machine's environment reaches it: no settings, no credentials, no proxy. Raises DidNotStart.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    wanted = world.settings(folder / "servergem") | {"SERVERGEM_PUBLIC_URL": address} | settings
    path = folder / "servergem.log"
    with path.open("ab") as log:
        # -P: many a repository has a package `app` of its own, and it is pushed from where it lies.
        process = processes.start(
            [sys.executable, "-P", "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", str(port)],
            cwd=Path.cwd(),
            env=processes.clean_environment(folder, wanted),
            stdout=log,
        )
    started = Process(address, process, path)
    try:
        _wait_until_open(started, port)
        yield started
    finally:
        processes.stop(process, STOP_SECONDS)


def _wait_until_open(started: Process, port: int) -> None:
    until = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < until:
        if started.process.poll() is not None:
            raise DidNotStart(f"ServerGem ended at once:\n{started.last_words}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise DidNotStart(f"ServerGem did not open its door within {OPEN_SECONDS:.0f} s:\n{started.last_words}")
