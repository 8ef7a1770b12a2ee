"""Attacks by a name that became free: whoever takes a repository's old name takes nothing else of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.process.role import Role
from sandbox.world import PROJECT, SAMPLES, Sandbox
from tests.conftest import OWNER, House, Work, answer_of
from tests.test_api import API, program
from tests.test_attacks import settled
from tests.test_pages import site
from tests.test_previews import SAMPLE, live, services
from tests.test_recovery import watched

MALLORY = "mallory"


def taken(world: Sandbox, name: str) -> None:
    """The repository is called otherwise now, and its old name is a stranger's: public, and all theirs."""
    world.github.rename_repository(f"{OWNER}/{name}", f"{name}-2")
    world.github.create_repository(OWNER, name, private=False)
    world.github.set_permission(f"{OWNER}/{name}", MALLORY, "admin")


def test_who_takes_the_name_reads_and_presses_nothing(world: Sandbox, tmp_path: Path) -> None:
    """Neither the pages, the API nor the badge of a private repository, whose own readers go on reading."""
    with site(world, tmp_path, role=Role.DOOR) as pages:
        taken(world, "blog")
        world.github.set_permission(f"{OWNER}/blog-2", "grace", "read")
        thief, token = pages.browser(MALLORY), program(pages, MALLORY, "repo")
        assert thief.get("/deployments.json").json() == []
        assert thief.get("/deployments/blog-run").status_code == 404
        thief.headers["origin"] = pages.url
        assert thief.post("/deployments/blog-run/press", data={"button": "retry"}).status_code == 403
        assert token.get(f"{API}/deployments/blog-run").status_code == 404
        assert pages.browser().get(f"/badge/{OWNER}/blog/blog.svg").status_code == 404
        assert pages.browser("grace").get("/deployments/blog-run").status_code == 200


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that looks around all the time."""
    named = ",".join(f"{OWNER}/{name}={PROJECT}" for name in (SAMPLE, f"{SAMPLE}-2"))
    around = {"SWEEP_SECONDS": "0.3", "MISSED_AFTER_SECONDS": "0.1"}
    house = House(world, tmp_path, settings=around | {"SERVERGEM_PROJECTS": named})
    house.start()
    yield house
    house.stop()


def test_who_takes_the_name_deploys_nothing(house: House) -> None:
    """Pushes to the newcomer are none of the old repository's, and reach nothing that the operator gave to the name."""
    work = live(house)
    watched(house, work.name)
    house.world.github.deliveries.settle()
    house.world.github.deliveries.hold()
    url = house.deployments()[0]["url"]
    first = work.git("rev-parse", "HEAD")
    taken(house.world, work.name)
    github = house.world.github
    stolen = Work(house, work.name, house.folder / "stolen")
    stolen.git("clone", "-q", github.clone_url(f"{OWNER}/{work.name}"), str(stolen.path), cwd=house.folder)
    shutil.copytree(SAMPLES / SAMPLE, stolen.path, dirs_exist_ok=True)
    evil = stolen.push("Mine", **{"main.py": "evil"})
    github.deliveries.release([])
    work.git("remote", "set-url", "origin", github.clone_url(f"{OWNER}/{work.name}-2"))
    honest = work.push("Still here", **{"note.txt": "1"})
    assert house.ended(honest)["ending"] == "live", house.log_tail()
    settled(house)
    assert evil not in {each["sha"] for each in house.deployments()}
    run = house.check_run(work.name, stolen.push("Theirs", **{"servergem.yml": "services: {theirs: {}}\n"}))
    assert run["output"]["title"] == f"{OWNER}/{work.name} was another repository's name"
    # The look around may find the honest push before it knows the new name.
    said = answer_of(url).text
    assert any(f"-{sha[:7]}-" in said for sha in (first, honest)), said
    assert "theirs" not in services(house)
