"""A revision on this machine: what it is started with, its process while it runs, and those beside it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox import outside
from sandbox.images import EngineImage, Image


@dataclass(frozen=True)
class RevisionOutcome:
    """Whether the container listened in time; see sandbox.google.ports."""

    ok: bool
    reason: str = ""
    message: str = ""


@dataclass
class Revision:
    """One revision and its process, when there is one; `address` is its port on this machine.

    `used`: when the last request ended, `busy`: how many are under way.
    """

    service: str
    image: Image | EngineImage
    env: Mapping[str, str]
    port: int
    startup_timeout: float
    log: Callable[[str, str], None]
    process: subprocess.Popen[bytes] | None = None
    container: str = ""
    readers: tuple[threading.Thread, ...] = ()
    unreached: str = ""
    address: int = 0
    used: float = 0.0
    busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    sidecars: list[Sidecar] = field(default_factory=list)

    def hear(self, stream: str, line: str) -> None:
        """A line of the container for its log; the first host that it says this machine did not find is noted."""
        self.unreached = self.unreached or outside.beyond_reach(line)
        self.log(stream, line)


@dataclass
class Sidecar:
    """A container of the same instance; `port` is where it is waited for, `last` whether it starts after the other."""

    revision: Revision
    port: int
    last: bool
