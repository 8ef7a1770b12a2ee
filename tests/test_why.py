"""Each deployment's page says why it was deployed: who pushed what, and which of its files the service is made of."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx
import pytest

from tests.conftest import OWNER, House, eventually
from tests.test_previews import opened

SHOP = "shop"


def why(house: House, sha: str, service: str) -> str:
    """What the newest deployment of a commit says under "Why", as text."""
    name = f"ServerGem / {service}"
    found: dict[str, Any] = house.ended(sha, name)
    page = httpx.get(f"{house.address}/deployments/{found['id']}").text
    told = re.search(r"<h3>Why</h3><p[^>]*>(.*?)</p>", page, re.DOTALL)
    assert told, page
    return unescape(re.sub(r"<[^>]+>", "", told[1]))


@pytest.mark.usefixtures("world")
def test_a_page_names_the_rule_that_decided(house: House) -> None:
    """A first push, a changed file, the configuration, a pull request and a person each give their own reason."""
    work = house.repository(SHOP)
    first = work.push("Open the shop")
    came = "ada pushed the branch main, which the environment production deploys."
    everything = "There is no earlier commit to compare it with, so all of api counts as changed."
    assert why(house, first, "api (production)") == f"{came} {everything}"

    changed = work.push("Two files", **{"api/NOTES.md": "1", "api/TODO.md": "2"})
    own = "api/NOTES.md and 1 more of its files changed, in its folder api/."
    assert why(house, changed, "api (production)") == f"{came} {own}"
    assert why(house, changed, "web (production)") == "The rule above leaves this commit alone."

    number, head = opened(house, work, **{"web/NOTES.md": "1"})
    rule = f"It is the head of pull request #{number}. web/NOTES.md changed, in its folder web/."
    assert why(house, head, "web (preview)") == rule

    run = house.check_run(work.name, changed, "ServerGem / api (production)")
    house.world.github.rerequest(run["id"])

    def again() -> str:
        newest = house.deployments()[0]
        page = httpx.get(f"{house.address}/deployments/{newest['id']}").text
        return page if newest["sha"] == changed and "Run again for" in page else ""

    assert f"{OWNER}/{work.name}" in eventually(again, "the second attempt", house.log_tail)
