"""How a command that stays up is stopped: Ctrl-C, SIGTERM and a closed terminal unwind it once, and whole."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

# What a person's shell, their system and their closed terminal send.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody stopped the command, with this signal; only the command itself catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def status(self) -> int:
        """The exit status with which a shell knows a process that this signal ended."""
        return 128 + self.number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within the block the first of SIGNALS raises Stopped; later ones do not disturb the clearing up.

    A SIGHUP that was ignored, as `nohup` does, stays ignored.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = [n for n in SIGNALS if n is not signal.SIGHUP or before[n] is not signal.SIG_IGN]

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in heard:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def nobody_reads() -> None:
    """The terminal or the pipe is gone: what is still said goes nowhere, and is no fault."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
