"""`servergem serve`: the door and the worker, each a process of its own, started, watched and ended together.

Both are forked from one that has loaded what both need, so that the second costs little memory and no start. The
socket is this one's: while a door is started anew, who comes waits and is refused by nobody.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from app.process.hatch import Between

# One that ends so soon after its start, so often in a row, will do so again.
TOO_SOON_SECONDS, MOST_IN_A_ROW = 10.0, 3
WORKER_SOCKET = "worker"
# The address of a socket has room for 104 bytes on macOS and 108 on Linux, its end included: unix(4), unix(7).
LONGEST_FOLDER = 80
BACKLOG = 2048  # connections that wait while the door is started anew; what uvicorn asks for as well

Half = Callable[[Between], None]
"""What a half does in its own process, until a signal ends it."""


class Ended(Exception):  # noqa: N818 - reads as what happened
    """Why the two cannot go on, in a sentence."""


@dataclass
class _Running:
    """A half's process."""

    name: str
    pid: int
    started: float
    in_a_row: int = 0


@dataclass
class Pair:
    """Runs its halves, by name, until a signal ends them; one that dies is started anew."""

    halves: Mapping[str, Half]
    tell: Callable[[str], None]
    _running: dict[int, _Running] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> None:
        """Raises Ended when a half ends again and again as soon as it is started."""
        folder = Path(tempfile.mkdtemp(prefix="servergem-", dir=_place()))
        lifeline, news = os.pipe(), os.pipe()
        os.set_blocking(news[1], False)
        try:
            self._watch(Between(folder / WORKER_SOCKET, news), lifeline)
        finally:
            shutil.rmtree(folder)
            for end in (*lifeline, *news):
                os.close(end)

    def _watch(self, between: Between, lifeline: tuple[int, int]) -> None:
        before = {each: signal.signal(each, self._stop) for each in (signal.SIGTERM, signal.SIGINT)}
        gc.freeze()  # what is there by now is shared, and stays so when nobody looks for garbage in it
        try:
            for name in self.halves:
                self._start(name, between, lifeline)
            while self._running:
                pid, status = os.wait()
                if (ended := self._running.pop(pid, None)) and not self._stopping:
                    self._again(ended, status, between, lifeline)
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _again(self, ended: _Running, status: int, between: Between, lifeline: tuple[int, int]) -> None:
        why = _in_words(status)
        soon = time.monotonic() - ended.started < TOO_SOON_SECONDS
        in_a_row = ended.in_a_row + 1 if soon else 0
        if in_a_row >= MOST_IN_A_ROW:
            self._stop(signal.SIGTERM, None)
            while self._running:
                self._running.pop(os.wait()[0], None)
            raise Ended(
                f"ServerGem's {ended.name} {why}, {in_a_row} times in a row within {TOO_SOON_SECONDS:.0f} s of its "
                "start. Its last lines above say why."
            )
        self.tell(f"ServerGem's {ended.name} {why}; it is started anew")
        self._start(ended.name, between, lifeline, in_a_row)

    def _start(self, name: str, between: Between, lifeline: tuple[int, int], in_a_row: int = 0) -> None:
        pid = os.fork()
        if pid == 0:
            _live(self.halves[name], between, lifeline)
        self._running[pid] = _Running(name, pid, time.monotonic(), in_a_row)
        if self._stopping:  # the signal came while it was forked
            os.kill(pid, signal.SIGTERM)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        """End both as a signal ends one; whoever asks a second time does not want to wait for what is under way."""
        how = signal.SIGKILL if self._stopping else signal.SIGTERM
        self._stopping = True
        for pid in tuple(self._running):
            os.kill(pid, how)


def _live(half: Half, between: Between, lifeline: tuple[int, int]) -> None:
    """In a half's own process, which never comes back from here."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)
    status = 1
    try:
        os.close(lifeline[1])
        threading.Thread(target=_end_with, args=(lifeline[0],), name="lifeline", daemon=True).start()
        half(between)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - the end of a process; what it was goes where Python would have said it
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _end_with(lifeline: int) -> None:
    """When whoever watches is killed nobody is left to start us anew: end like it, and leave the place to the next."""
    os.read(lifeline, 1)
    os._exit(1)


def _in_words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"


def _place() -> str:
    """Where the folder of the worker's socket goes: the system's own place where this one's is too long for that."""
    place = tempfile.gettempdir()
    return place if len(os.fsencode(place)) <= LONGEST_FOLDER else "/tmp"  # noqa: S108 - a folder of our own is made in it


def worker_socket(between: Between) -> socket.socket:
    """Where the worker listens, anew after one that was killed."""
    between.hatch.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(between.hatch))
    return made
