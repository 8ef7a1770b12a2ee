"""Ports for servers at loopback, none of them handed out twice by one process."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator

# Below what systems give to outgoing connections (Linux from 32768, macOS and Windows from 49152), where a port that
# was free a moment ago is somebody's connection a moment later: https://www.rfc-editor.org/rfc/rfc6335#section-6
FIRST, COUNT = 15_000, 17_000
# A prime, so that two processes that begin beside each other do not walk side by side.
STRIDE = 7_919


def free_port() -> int:
    """A loopback port that nobody listens at, and that this process never named before.

    Raises OSError when each of them is taken.
    """
    for _ in range(COUNT):
        port = next(_ports)
        if is_free(port):
            return port
    raise OSError(f"each loopback port from {FIRST} to {FIRST + COUNT - 1} is taken")


def _walk() -> Iterator[int]:
    begin = os.getpid() * STRIDE
    return (FIRST + (begin + step) % COUNT for step in itertools.count())


def is_free(port: int) -> bool:
    """Whether it can be bound at every address, as a server that listens at all of them will."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


_ports = _walk()
