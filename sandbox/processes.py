"""Processes that end with us: in groups of their own, stopped whole, their lines read as they come."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LOOK_SECONDS = 0.02
# A killed process is gone at once, but a busy machine tells so late, and who is not waited for is never reaped.
REAP_SECONDS = 60.0
# What a container would have, and nothing of this machine's own.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")


def clean_environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """An environment without anything of ours: no settings, no secrets."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"HOME": str(home), "PYTHONUNBUFFERED": "1", "PIP_NO_INPUT": "1"} | dict(extra)


# "The parent" that a process dies with is the thread that started it: one that stays (prctl(2), PR_SET_PDEATHSIG).
_STARTER = ThreadPoolExecutor(1, "processes")


def start(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, which dies when we do, even by kill -9."""
    return _STARTER.submit(_popen, command, cwd, env, stdout, stderr).result()


def _popen(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], stdout: int | IO[bytes], stderr: int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )


def stop(process: subprocess.Popen[bytes], patience: float = 2.0) -> None:
    """SIGTERM for the whole group, SIGKILL when it does not help."""
    for number, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, REAP_SECONDS)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            continue
        break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Callable[[str], None],
    cancelled: Callable[[], bool],
    deadline: float,
) -> int | None:
    """Run to the end and give the exit code; None when it was cancelled or the deadline (monotonic) came."""
    process = start(command, cwd=cwd, env=env)
    reader = threading.Thread(target=_read, args=(process, log), daemon=True)
    reader.start()
    while process.poll() is None:
        if cancelled() or time.monotonic() > deadline:
            stop(process)
            return None
        time.sleep(LOOK_SECONDS)
    reader.join(2)
    return process.returncode


def _read(process: subprocess.Popen[bytes], log: Callable[[str], None]) -> None:
    assert process.stdout is not None
    with process.stdout as pipe:
        for line in pipe:
            log(line.decode(errors="replace").rstrip("\r\n"))


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
