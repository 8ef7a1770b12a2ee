"""Attacks by outlet: secrets in all that a push, a pull request and a container say, looked for wherever we speak."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.routing import Route

from app.api.endpoints import routes
from app.cli.commands import main
from app.config.receivers import NotifyFile
from app.mcp_server import Tools
from app.pages import _routes
from app.pages.live import Streams
from app.settings import load
from sandbox.world import Sandbox
from tests.collector import collecting
from tests.conftest import House
from tests.outlets import (
    AT_HOME,
    COMMANDS,
    ELSEWHERE,
    FILE,
    OTHERS,
    PAGES,
    QUIET,
    SAME_ANSWER,
    SENDERS,
    SILENT,
    TOOLS,
    Talker,
    tell,
)
from tests.receiver import receiving
from tests.sources import OURS, ROOT, imports_of, module_of, sources, tree
from tests.test_metrics import TOKEN
from tests.test_notices import secret
from tests.test_settings import GOOD


@pytest.fixture
def talker(world: Sandbox, tmp_path: Path) -> Iterator[Talker]:
    with ExitStack() as around:
        collector, receiver = around.enter_context(collecting()), around.enter_context(receiving())
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        told |= {"METRICS_TOKEN": TOKEN, "NOTIFY_LOOPBACK": "yes"}
        secret(world, "hook", f"{receiver.address}/hook")
        secret(world, "hook-key", "a key of some length")
        secret(world, "slack", f"{receiver.address}/slack")
        house = House(world, tmp_path, settings=told)
        house.start()
        around.callback(house.kill)
        yield Talker(house, house.repository("hello-python"), collector, receiver)


def test_a_secret_comes_out_nowhere(talker: Talker) -> None:
    """Each outlet: what is told there has none of them, and shows where one was."""
    tell(talker)
    leaks: dict[str, list[str]] = {}
    for name, speak in (PAGES | TOOLS | COMMANDS | OTHERS | QUIET).items():
        said = speak(talker)
        assert said, name
        found = [each[:12] for each in talker.held if each in said]
        if name not in QUIET and "hidden" not in said:
            found.append("nothing was hidden there")
        if found:
            leaks[name] = found
    assert not leaks, leaks


def test_every_outlet_has_a_row() -> None:
    """A page, an answer, a tool or a command that is new is red here until it stands in a table."""
    site = [*_routes(), *Streams().routes(), *routes(load(GOOD), None)]
    paths = {each.path for each in site if isinstance(each, Route)}
    assert paths - set(PAGES) - set(QUIET) - ELSEWHERE == set()
    tools = {name for name in vars(Tools) if not name.startswith("_")} - set(Tools.__dataclass_fields__)
    assert tools == set(TOOLS) | set(SAME_ANSWER) and set(SAME_ANSWER.values()) <= set(TOOLS)
    assert {name.split()[0] for name in COMMANDS} | AT_HOME == set(main.commands)


# What sends, or opens a way to send. `requests` and gRPC are Google's in gcp/.
WIRES = (
    *(
        "httpx",
        "requests",
        "urllib.request",
        "urllib3",
        "http.client",
        "http.server",
        "socket",
        "socketserver",
        "ssl",
    ),
    *(
        "smtplib",
        "ftplib",
        "grpc",
        "google",
        "mcp",
        "opentelemetry.exporter",
        "webbrowser",
        "logging",
        "syslog",
    ),
    *("aiohttp", "websockets", "telnetlib", "asyncio.streams"),
)
OPENED = frozenset({"open_connection", "create_connection", "sendto", "urlopen"})


def test_every_way_out_of_the_house_has_a_row() -> None:
    """A module that imports what can send, prints, or connects is red here until somebody says who hears it."""
    ways = {
        _heard_as(module_of(path))
        for path in sources()
        if path.relative_to(ROOT).parts[0] in OURS and _reaches_out(path)
    }
    assert ways - SENDERS.keys() - SILENT.keys() == set()
    assert (SENDERS.keys() | SILENT.keys()) - ways == set(), "and no row is of what is gone"
    assert set(SENDERS.values()) <= set(PAGES | TOOLS | COMMANDS | OTHERS | QUIET)


def _heard_as(module: str) -> str:
    return "gcp" if module.startswith("gcp.") else module


def _reaches_out(path: Path) -> bool:
    if any(name == wire or name.startswith(f"{wire}.") for name in imports_of(path) for wire in WIRES):
        return True
    calls = (node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return any(
        (isinstance(each, ast.Name) and each.id == "print")
        or (isinstance(each, ast.Attribute) and each.attr in OPENED)
        for each in calls
    )


def test_each_kind_of_receiver_is_heard() -> None:
    """A new kind of receiver of notices is told nothing until a row listens at it."""
    assert set(NotifyFile.model_fields) - {"key", "on"} == {"url", "slack"}
    assert "{url: hook," in FILE and "{slack: slack," in FILE
