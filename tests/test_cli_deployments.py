"""`servergem deployments | logs | rollback`: a terminal that asks a ServerGem elsewhere, over its API."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox.world import Sandbox
from tests import warm
from tests.conftest import House, eventually, web
from tests.test_conversation import PRODUCTION
from tests.test_pages import a_service, site
from tests.test_previews import live, remark


def typed(url: str, token: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the command prints for whoever has this token."""
    env = os.environ | {"SERVERGEM_URL": url, "GITHUB_TOKEN": token} | environment
    return warm.typed(*words, environment=env)


def test_a_terminal_follows_a_deployment_and_takes_it_back(house: House) -> None:
    """The log to its end, the list, and the button of the check run: once, since then something else serves."""
    work = live(house)
    first = dict(house.world.runner.traffic(work.name))
    token = house.world.github.personal_token("ada", "repo")
    sha = work.push("Worse", **{"n.txt": "2"})
    begun = eventually(
        lambda: next((each["id"] for each in house.deployments() if each["sha"] == sha), ""), "its beginning"
    )
    followed = typed(house.address, token, "logs", begun, "--follow")
    assert followed.returncode == 0, followed.stderr + house.log_tail()
    assert followed.stdout == web.get(f"{house.address}/deployments/{begun}/log.txt").text != ""
    newest, *_ = json.loads(typed(house.address, token, "deployments", "--json").stdout)["deployments"]
    assert (newest["id"], newest["state"], newest["commit"]["sha"]) == (begun, "live", sha)

    reader = house.world.github.personal_token("grace", "repo")
    house.world.github.set_permission(f"acme/{work.name}", "grace", "read")
    refused = typed(house.address, reader, "rollback", begun)
    assert refused.returncode == 1 and "write permission" in refused.stderr
    back = typed(house.address, token, "rollback", begun, "--json")
    assert back.returncode == 0, back.stderr + house.log_tail()
    assert "ada pressed Roll back" in back.stderr and json.loads(back.stdout)["state"] == "rolled-back"
    assert dict(house.world.runner.traffic(work.name)) == first
    again = typed(house.address, token, "rollback", begun)
    assert again.returncode == 1 and "something else serves by now" in again.stderr
    assert remark(house, work, sha, "ada pressed Roll back", PRODUCTION)


def test_a_table_and_an_answer_are_read_by_people(world: Sandbox, tmp_path: Path) -> None:
    """Columns that stand below their headings; of one deployment the place, what happened and what to write."""
    with site(world, tmp_path, a_service) as pages:
        token = world.github.personal_token("ada", "repo")
        heading, newest, *_ = typed(
            pages.url, token, "deployments", "--repository", "acme/shop"
        ).stdout.split("\n")
        assert newest.startswith("failed") and newest.endswith("  bad")
        assert newest.index("production") == heading.index("ENVIRONMENT")
        one = typed(pages.url, token, "deployments", "bad").stdout
        assert "a b.py:4: It listens on 127.0.0.1" in one and f"{pages.url}/deployments/bad" in one
        log = typed(pages.url, token, "logs", "bad")
        assert log.returncode == 0 and len(log.stdout.splitlines()) == 1000
        failed = typed(pages.url, token, "logs", "bad", "--follow")
        assert failed.returncode == 1 and "It stopped" in failed.stderr


def test_what_keeps_it_from_answering_is_said(world: Sandbox, tmp_path: Path) -> None:
    """A wrong token, a wrong id, a wrong address, no token, and a way on which the token would be read."""
    with site(world, tmp_path) as pages:
        token = world.github.personal_token("ada", "repo")
        nobody = typed(pages.url, "ghp_none", "deployments")
        assert nobody.returncode == 1 and "gh auth token" in nobody.stderr and "ghp_none" not in nobody.stderr
        absent = typed(pages.url, token, "logs", "../../explain")
        assert absent.returncode == 1 and "There is no such" in absent.stderr
        elsewhere = typed(world.github.url, token, "deployments")
        assert elsewhere.returncode == 1 and "not as ServerGem does" in elsewhere.stderr
    overheard = typed("http://gem.example", token, "deployments")
    assert overheard.returncode == 1 and "https://" in overheard.stderr
    assert typed("", token, "deployments").returncode == 2


@pytest.mark.parametrize(
    ("script", "said"), [("exit 1", "gh auth login"), ("echo ghp_none", "gh auth token")]
)
def test_the_token_of_gh_is_asked_for(world: Sandbox, tmp_path: Path, script: str, said: str) -> None:
    """Without GITHUB_TOKEN it is the one that `gh auth token` prints, where somebody has signed in."""
    (tmp_path / "gh").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "gh").chmod(0o755)
    with site(world, tmp_path) as pages:
        done = typed(pages.url, "", "deployments", PATH=f"{tmp_path}:{os.environ['PATH']}")
        assert done.returncode == 1 and said in done.stderr
