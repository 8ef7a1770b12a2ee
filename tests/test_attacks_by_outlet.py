"""Attacks by outlet: secrets in all that a push, a pull request and a container say, looked for wherever we speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.routing import Route

from app.api.endpoints import routes
from app.cli.__main__ import main
from app.mcp_server import Tools
from app.pages import _routes
from app.pages.live import Streams
from app.settings import load
from sandbox.world import Sandbox
from tests.collector import collecting
from tests.conftest import House
from tests.outlets import AT_HOME, COMMANDS, ELSEWHERE, OTHERS, PAGES, QUIET, TOOLS, Talker, tell
from tests.receiver import receiving
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
    assert tools == set(TOOLS)
    assert {name.split()[0] for name in COMMANDS} | AT_HOME == set(main.commands)
