"""A repository without a commit is an ordinary thing: GitHub answers 409 for what git keeps, and nothing breaks."""

from __future__ import annotations

from pathlib import Path

from app.model import LookAtRepository, Repository
from app.settings import load
from app.store import Store
from app.stories.look import welcome
from app.world import World
from sandbox.world import Sandbox
from tests.conftest import OWNER


def test_a_first_look_at_an_empty_repository(world: Sandbox, tmp_path: Path) -> None:
    """It has no branch and no commit to write on, so the look ends without a word."""
    id_ = world.github.create_repository(OWNER, "empty", None)
    installation = world.github.hub.installed(OWNER)
    assert installation is not None
    repository = Repository(id_, OWNER, "empty", installation.id)
    settings = load(world.settings(tmp_path / "data"))
    store = Store.open(settings.data)
    ours = World.build(settings, store)
    try:
        assert ours.github.branch_head(repository, "main") is None
        assert ours.github.commit(repository, "main") is None
        welcome(ours, LookAtRepository(repository, "d"))
        assert store.deployments.reports(5) == []
    finally:
        ours.outbox.close()
        store.close()
