"""What an update leaves behind ends on the commit: runs of an older version that this one cannot continue."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.durable import Abandoned
from app.model import (
    Commit,
    Deploy,
    HearComment,
    LookAtPullRequest,
    PressButton,
    Repository,
    Row,
    ServiceConfig,
    Target,
)
from app.rounds.abandoned import NAME, WHY, WHY_PRESSED, WHY_SAID, abandoned
from app.scene import Run
from app.settings import load
from app.start import Rollback
from app.store import Store
from app.world import World
from sandbox.world import SAMPLES, Sandbox
from tests.conftest import OWNER, House, eventually

NAMED = "ServerGem / api (production)"


@pytest.fixture
def ours(world: Sandbox, tmp_path: Path) -> Iterator[World]:
    """The world as a ServerGem has it, with no story under way."""
    settings = load(world.settings(tmp_path / "data"))
    store = Store.open(settings.data)
    made = World.build(settings, store)
    yield made
    made.outbox.close()
    store.close()


@pytest.fixture
def commit(world: Sandbox) -> Commit:
    """The head of main, and of an open pull request."""
    id_ = world.github.create_repository(OWNER, "api", SAMPLES / "hello-python")
    repo = world.github.hub.of(f"{OWNER}/api")
    sha, installation = repo.git.resolve("main"), world.github.hub.installed(OWNER)
    assert sha is not None and installation is not None
    return Commit(Repository(id_, OWNER, "api", installation.id), sha, "main")


def run_of(commit: Commit) -> Run:
    target = Target("p", "europe-west1", "production", ServiceConfig("api"))
    return Run("run", commit, target, Row("Read configuration"))


def pull_request(world: Sandbox, commit: Commit) -> tuple[int, str]:
    repo = world.github.hub.of(f"{OWNER}/api")
    tree = repo.git.run("rev-parse", f"{commit.sha}^{{tree}}").decode().strip()
    who = ("Ada", "ada@example.com")
    sha = repo.git.write_commit(tree, [commit.sha], "An idea", who, who)
    repo.git.run("update-ref", "refs/heads/idea", sha)
    return world.github.open_pull_request(f"{OWNER}/api", "idea"), sha


def told(world: Sandbox, sha: str) -> list[tuple[str, str, str]]:
    return [
        (run["name"], run["conclusion"], run["output"]["title"])
        for run in world.github.check_runs(f"{OWNER}/api", sha)
    ]


def leave(ours: World, story: str, argument: Any) -> None:
    as_json = TypeAdapter(type(argument)).dump_python(argument, mode="json")
    abandoned(ours, Abandoned("run", story, as_json))


def test_a_run_under_way_is_closed(world: Sandbox, ours: World, commit: Commit) -> None:
    """A deployment that GitHub shows in progress ends there, with the way to run it again."""
    from app.model import Report

    report = Report(commit, NAMED, deployment_id="run", rows=(Row("Build image"),))
    ours.outbox.open("run", "lane", report)
    leave(ours, "deploy", run_of(commit))
    ours.outbox.finish("run", ours.store.deployments.report("run") or report)
    assert told(world, commit.sha) == [(NAMED, "neutral", WHY)]


@pytest.mark.parametrize("story", ["deploy", "preview", "rollback", "push", "push of one", "press"])
def test_a_run_that_had_shown_nothing_is_said(
    world: Sandbox, ours: World, commit: Commit, story: str
) -> None:
    """Abandoned before its first report, a run is a check run on its commit, under the name that it would have had."""
    arguments: dict[str, tuple[Any, str, str]] = {
        "deploy": (run_of(commit), NAMED, WHY),
        "preview": (run_of(commit), NAMED, WHY),
        "rollback": (Rollback(run_of(commit)), NAMED, WHY),
        "push": (Deploy(commit, delivery_id="d"), NAME, WHY),
        "push of one": (Deploy(commit, delivery_id="d", only=NAMED), NAMED, WHY),
        "press": (PressButton(commit.repository, commit.sha, "main", "retry", "ada", "d"), NAME, WHY_PRESSED),
    }
    argument, name, why = arguments[story]
    leave(ours, story.partition(" ")[0], argument)
    assert told(world, commit.sha) == [(name, "neutral", why)]
    assert ours.store.deployments.unshown() == []


@pytest.mark.parametrize("story", ["review", "said"])
def test_what_was_asked_of_a_pull_request_is_said_on_its_head(
    world: Sandbox, ours: World, commit: Commit, story: str
) -> None:
    """A look at a pull request, and a comment, that an update cut short are told where people look: on its head."""
    number, head = pull_request(world, commit)
    arguments: dict[str, tuple[Any, str]] = {
        "review": (LookAtPullRequest(commit.repository, number, "d"), WHY),
        "said": (
            HearComment(commit.repository, number, 1, "ada", "/deploy", "2026-11-28T00:00:00Z", "", "d"),
            WHY_SAID,
        ),
    }
    argument, why = arguments[story]
    leave(ours, story, argument)
    assert told(world, head) == [(NAME, "neutral", why)]
    report = ours.store.deployments.report("run")
    assert report is not None and report.commit.pull_request == number


def test_an_update_ends_what_had_shown_nothing(house: House) -> None:
    """Killed while it reads the configuration, and updated: the push has a check run, and its Re-run deploys it."""
    house.world.faults.add("GET /repos/{owner}/{repo}/contents/{path}", kind="delay", seconds=3600.0)
    work = house.repository("hello-python")
    sha = work.push("Say hello")
    held = partial(house.world.faults.held, "GET /repos/{owner}/{repo}/contents/{path}")
    eventually(held, "a reading", house.log_tail)
    house.kill()
    house.world.faults.clear()
    house.version = "of another time"
    house.start()
    run = house.check_run("hello-python", sha)
    assert (run["name"], run["conclusion"], run["output"]["title"]) == (NAME, "neutral", WHY)
    house.world.github.rerequest(run["id"])
    assert house.ended(sha, "hello-python (production)")["ending"] == "live", house.log_tail()


def test_what_this_version_cannot_read_breaks_nothing(world: Sandbox, ours: World, commit: Commit) -> None:
    """A story or an argument of another version is logged, and nothing is said of it."""
    abandoned(ours, Abandoned("one", "no such story", {"sha": 1}))
    abandoned(ours, Abandoned("two", "push", {"commit": 7}))
    abandoned(ours, Abandoned("three", "review", None))
    assert told(world, commit.sha) == []
