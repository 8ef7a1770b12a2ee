"""A push to a branch that no environment has: little is asked about it, and never too little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.configuration import seems_to_lead_nowhere
from app.model import Commit, Deploy, Repository
from app.settings import load
from app.store import Store
from app.stories.plan import plan_of
from app.world import World
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, Work

ASKED = {
    "GET /repos/{owner}/{repo}/git/ref/{ref}": 1,
    "GET /repos/{owner}/{repo}/git/trees/{tree_sha}": 1,
}
STAGING = "environments:\n  production: {branch: main}\n  staging: {branch: topic}\n"


@pytest.fixture
def work(world: Sandbox, tmp_path: Path) -> Work:
    begun = House(world, tmp_path).repository("hello-python")
    begun.push("Begin")
    return begun


@pytest.fixture
def ours(world: Sandbox, tmp_path: Path) -> Iterator[World]:
    settings = load(world.settings(tmp_path / "data"))
    store = Store.open(settings.data)
    made = World.build(settings, store)
    yield made
    made.outbox.close()
    store.close()


def pushed(world: Sandbox, work: Work, branch: str, **files: str) -> Deploy:
    """What a push to this branch asks for."""
    sha, installation = work.push(branch=branch, **files), world.github.hub.installed(OWNER)
    assert installation is not None
    id_ = next(iter(world.github.hub.repos))
    return Deploy(Commit(Repository(id_, OWNER, work.name, installation.id), sha, branch), delivery_id="d")


def test_a_second_push_that_leads_nowhere_asks_for_two_things(
    world: Sandbox, ours: World, work: Work
) -> None:
    """Where the default branch is, which was read already, and what the commit has: no file, no archive."""
    first, second = (pushed(world, work, branch) for branch in ("topic", "other"))
    assert not seems_to_lead_nowhere(ours, first.commit)
    assert plan_of(ours, first).ignored
    before = Counter(world.github.calls)
    assert seems_to_lead_nowhere(ours, second.commit)
    assert plan_of(ours, second).ignored == "No environment deploys the branch other."
    assert Counter(world.github.calls) - before == ASKED


def test_what_the_default_branch_says_by_now_counts(world: Sandbox, ours: World, work: Work) -> None:
    """Who opens an environment for a branch that led nowhere deploys with the next push to it."""
    assert plan_of(ours, pushed(world, work, "topic")).ignored
    pushed(world, work, "main", **{"servergem.yml": STAGING})
    (target,) = plan_of(ours, pushed(world, work, "topic")).targets
    assert target.environment == "staging"


def test_a_branch_of_its_own_configuration_is_read_although_it_seems_to_lead_nowhere(
    world: Sandbox, ours: World, work: Work
) -> None:
    """What it asks for in vain is told."""
    assert plan_of(ours, pushed(world, work, "topic")).ignored
    plan = plan_of(ours, pushed(world, work, "topic", **{"servergem.yml": STAGING}))
    assert plan.unmerged and not plan.targets
