"""Which processes are alive: what tells one from another on its machine, and which of them looks around for all."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

from app.store.rows import Heartbeat

BEATS_MISSED = 3


def here() -> str:
    """This machine, or this container: process ids mean the same within it."""
    namespace = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}/{namespace.readlink() if namespace.exists() else ''}"


def born(pid: int) -> str:
    """When a process began, which tells it from a later one with the same id; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return _born_without_proc(pid)


def silent(beat: Heartbeat, interval: float, now: float) -> bool:
    """Whether a heart that beats every `interval` seconds has stopped; `now` is epoch seconds."""
    return now - beat.time > BEATS_MISSED * interval


def leader(beats: Iterable[Heartbeat], interval: float, now: float) -> str:
    """The one of those alive that does what is to be done once for all; empty when nobody is alive.

    Each decides it by itself from the same rows. While they disagree for a beat two may look around, which repeats
    questions and changes nothing.
    """
    return min((beat.executor_id for beat in beats if not silent(beat, interval, now)), default="")


def _born_without_proc(pid: int) -> str:
    """Where there is no /proc (macOS), that a process exists is all we can tell."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
