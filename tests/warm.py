"""ServerGem processes that need no second for their imports: forked from one that has imported everything.

Each is a process of its own with its own settings, as `servergem serve` is; only the loading of the libraries, which
costs more processor time than a whole deployment, is shared. A cold start has its own tests, and `make bench` times it.
"""

from __future__ import annotations

import atexit
import ctypes
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from dbos import run_dbos_database_migrations

from app.store.database import Database
from sandbox.ports import free_port
from sandbox.world import Sandbox

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PATIENCE = 120.0


@dataclass(frozen=True)
class Process:
    """A running ServerGem and where its door is."""

    address: str
    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def kill(self) -> None:
        """As a machine that loses its power: nothing is finished, nothing is said."""
        self.process.kill()
        self.process.join()


@contextmanager
def servergem(
    world: Sandbox, folder: Path, version: str = "", role: str = "serve", **settings: str
) -> Iterator[Process]:
    """ServerGem as a process of its own, until the block ends; of another `version`, or a half of it, when named."""
    folder.mkdir(parents=True, exist_ok=True)
    port = int(settings.get("PORT", "0")) or free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | world.settings(folder / "servergem") | settings
    environment |= {"SERVERGEM_PUBLIC_URL": address}
    data = folder / "servergem"
    if not data.exists():
        shutil.copytree(_empty_databases(), data)
    log = folder / "servergem.log"
    process = _forks().Process(target=_serve, args=(environment, port, log, version, role))
    process.start()
    try:
        _wait_until_open(process, port, log)
        yield Process(address, process)
    finally:
        process.terminate()
        process.join(PATIENCE)
        process.kill()


@cache
def _empty_databases() -> Path:
    """A data folder as the first start leaves it, made once: some fifty migrations are most of what a start costs."""
    data = Path(tempfile.mkdtemp(prefix="servergem-data-"))
    atexit.register(shutil.rmtree, data)
    run_dbos_database_migrations(system_database_url=f"sqlite:///{data / 'journal.db'}")
    Database.open(data, "").close()
    return data


def _forks() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warm_imports"])
    return context


def _serve(environment: Mapping[str, str], port: int, log: Path, version: str, role: str) -> None:
    """In the new process: what `servergem serve` (or `door`, or `worker`) does, with its output in `log`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    from app.cli.commands import main
    from app.durable import journal

    journal.VERSION = version or journal.VERSION
    how = ["--together"] if role == "serve" else []
    main([role, *how, "--port", str(port)], standalone_mode=False)


def typed(
    *words: str, stdin: str = "", cwd: Path = Path(), environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What `servergem WORDS` says in `cwd`, with these variables and no others, as a process of its own."""
    with tempfile.TemporaryDirectory(prefix="servergem-typed-") as kept:
        streams = tuple(Path(kept, name) for name in ("stdin", "stdout", "stderr"))
        streams[0].write_text(stdin)
        process = _forks().Process(target=_type, args=(words, cwd.resolve(), dict(environment), streams))
        process.start()
        process.join()
        return subprocess.CompletedProcess(
            ["servergem", *words], process.exitcode, streams[1].read_text(), streams[2].read_text()
        )


def _type(
    words: tuple[str, ...], cwd: Path, environment: Mapping[str, str], streams: tuple[Path, ...]
) -> None:
    """In the new process: what a terminal does, with files for the keyboard and the screen."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = open(0)  # noqa: SIM115 - the process's own, as long as it lives
    from app.cli.commands import main

    main(list(words), prog_name="servergem")


def _wait_until_open(process: ForkServerProcess, port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.is_alive():
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"ServerGem did not open its door:\n{log.read_text()[-2000:]}")
