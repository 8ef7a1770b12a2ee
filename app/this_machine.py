"""This machine and its processes: where a process id means something, and which process has it."""

from __future__ import annotations

import os
import socket
from pathlib import Path


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


def _born_without_proc(pid: int) -> str:
    """Where there is no /proc (macOS), that a process exists is all we can tell."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
