"""`servergem mcp`: the SDK's own client speaks to it over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from sandbox.world import Sandbox
from tests.conftest import House
from tests.test_pages import a_service, site
from tests.test_previews import live

TOOLS = {"list_deployments", "list_services", "why", "deployment_log", "wait_until_live"}


def started(url: str, token: str, *words: str) -> StdioServerParameters:
    command = str(Path(sys.executable).with_name("servergem"))
    told = {"SERVERGEM_URL": url, "GITHUB_TOKEN": token}
    return StdioServerParameters(command=command, args=["mcp", *words], env=told)


async def spoken(url: str, token: str) -> None:
    async with Client(started(url, token)) as client:
        tools = (await client.list_tools()).tools
        assert {each.name for each in tools} == TOOLS
        assert all(
            each.description and each.annotations and each.annotations.read_only_hint for each in tools
        )
        listed = (await client.call_tool("list_deployments", {"state": "failed"})).structured_content
        assert listed and [each["id"] for each in listed["deployments"]] == ["bad"]
        why = (await client.call_tool("why", {"id": "bad"})).structured_content
        assert why
        [found] = why["findings"]
        assert (found["place"]["path"], found["place"]["line"]) == ("a b.py", 4) and "PORT" in found["fix"]
        log = (
            await client.call_tool("deployment_log", {"id": "bad", "first": 2, "lines": 2})
        ).structured_content
        assert log == {"result": "line 2\nline 3"}
        waited = (await client.call_tool("wait_until_live", {"id": "good"})).structured_content
        assert waited and waited["state"] == "live"
        short = (
            await client.call_tool("wait_until_live", {"id": "shop-run", "seconds": 0})
        ).structured_content
        assert short and short["state"] == "running"
        serving = (await client.call_tool("list_services", {})).structured_content
        assert serving and serving["services"][0]["serves"]["sha"] == "b" * 40
        refused = await client.call_tool("why", {"id": "blog-run"})
        assert refused.is_error and "no such deployment" in str(refused.content)


def test_an_assistant_asks_why_a_deployment_failed(world: Sandbox, tmp_path: Path) -> None:
    """Place, cause and what to write, the log, what serves, and the wait; of nothing that its person may not read."""
    with site(world, tmp_path, a_service) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        asyncio.run(spoken(pages.url, world.github.personal_token("grace", "repo")))


async def taken_back(url: str, token: str, id_: str) -> CallToolResult:
    """What the one tool that changes something answers, to whoever started the server with it."""
    async with Client(started(url, token, "--rollbacks")) as client:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert set(tools) == {*TOOLS, "roll_back"}
        marked = tools["roll_back"].annotations
        assert marked and marked.destructive_hint and not marked.read_only_hint
        return await client.call_tool("roll_back", {"id": id_})


def test_an_assistant_rolls_back_where_its_person_may(house: House) -> None:
    """Only with --rollbacks, only with write permission, and once: then something else serves."""
    work = live(house)
    before = dict(house.world.runner.traffic(work.name))
    worse = house.ended(work.push("Worse", **{"n.txt": "2"}))["id"]
    house.world.github.set_permission(f"acme/{work.name}", "grace", "read")
    reader, writer = (house.world.github.personal_token(who, "repo") for who in ("grace", "ada"))

    refused = asyncio.run(taken_back(house.address, reader, worse))
    assert refused.is_error and "write permission" in str(refused.content)
    assert dict(house.world.runner.traffic(work.name)) != before
    done = asyncio.run(taken_back(house.address, writer, worse)).structured_content
    assert done and done["state"] == "rolled-back", house.log_tail()
    assert dict(house.world.runner.traffic(work.name)) == before
    again = asyncio.run(taken_back(house.address, writer, worse))
    assert again.is_error and "something else serves by now" in str(again.content)
