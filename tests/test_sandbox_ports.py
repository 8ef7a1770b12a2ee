"""The ports that servers of the sandbox and of its tests listen at."""

from __future__ import annotations

import socket

from sandbox import ports
from sandbox.google.ports import Route
from tests.test_sandbox_builds import Shop, server
from tests.test_sandbox_builds import shop as shop  # a fixture


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


def test_a_program_may_have_the_port_of_its_service_written_down(shop: Shop) -> None:
    """It goes live as at Cloud Run, and so do the next revision, beside the first, and the first again."""
    port = ports.free_port()
    for revision in ("app-1", "app-2"):
        source = server(f"'{revision}'").replace('int(os.environ["PORT"])', str(port))
        files = {"Dockerfile": 'FROM python:3\nCOPY . .\nCMD ["python", "main.py"]\n', "main.py": source}
        started, said = shop.start(files, revision=revision, port=port)
        assert started.ok, said
    for revision in ("app-1", "app-2", "app-1"):
        shop.runner.route("p", "r", "app", [Route(revision, 100)], public=True)
        assert shop.page() == revision
