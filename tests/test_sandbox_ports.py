"""The ports that servers of the sandbox and of its tests listen at."""

from __future__ import annotations

import socket

from sandbox import ports


def test_no_port_is_named_twice() -> None:
    """Who gets one may listen there later: nobody else of this process was told it."""
    named = [ports.free_port() for _ in range(200)]
    assert len(set(named)) == len(named)
    assert all(ports.FIRST <= port < ports.FIRST + ports.COUNT for port in named)


def test_a_port_where_somebody_listens_is_passed_over() -> None:
    """At one address of the machine or at all."""
    for address in ("127.0.0.1", ""):
        with socket.create_server((address, ports.free_port())) as other:
            taken = other.getsockname()[1]
            assert not ports.is_free(taken)
            assert ports.is_free(ports.free_port())
