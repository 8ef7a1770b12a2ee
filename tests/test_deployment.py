"""What a Deployment holds its story to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.call import call
from app.deployment import Deployment, OffTheRoad
from app.model import (
    Commit,
    JobConfig,
    Repository,
    Row,
    ServiceConfig,
    Target,
    TargetJob,
    TargetWorker,
    WorkerConfig,
)
from app.scene import Run
from app.settings import load
from app.stages.compare import compare
from app.store import Store
from app.stories.deploy import ROAD, road
from app.world import World
from sandbox.world import Sandbox

TARGET = Target("p", "europe-west1", "production", ServiceConfig("api"))
RUN = Run("run", Commit(Repository(1, "acme", "api", 1), "a" * 40, "main"), TARGET, Row("Read configuration"))


def test_a_stage_that_is_not_on_the_road_raises_at_once(world: Sandbox, tmp_path: Path) -> None:
    """Alone or beside another, it is not run: no report would show it, and no order would hold it."""
    settings = load(world.settings(tmp_path / "data"))
    store = Store.open(settings.data)
    ours = World.build(settings, store)
    try:
        this = Deployment(ours, RUN, ROAD)
        with pytest.raises(OffTheRoad, match="compare"):
            this.stage(compare, TARGET)
        with pytest.raises(OffTheRoad, match="compare"):
            this.both(call(compare, TARGET), call(compare, TARGET))
        assert [row.title for row in this.report.rows] == ["Read configuration", *ROAD.values()]
    finally:
        ours.outbox.close()
        store.close()


def test_what_only_some_have_is_on_their_road_alone() -> None:
    """A release command, jobs, workers, a domain, and an image that somebody else has built, which is only found."""
    api = ServiceConfig("api", release="migrate", domain="api.example.com")
    jobs, workers = (TargetJob("n", JobConfig("n", "api")),), (TargetWorker("w", WorkerConfig("w", "api")),)
    whole = Target("p", "r", "production", api, jobs=jobs, workers=workers)
    brought = replace(TARGET, service=replace(TARGET.service, image="europe-docker.pkg.dev/p/r/api:1"))
    usual, every, found = (set(road(each).values()) for each in (TARGET, whole, brought))
    assert every - usual == {"Run release command", "Update jobs", "Update workers", "Domain"}
    assert usual - found == {"Upload source", "Build image"} and len(found - usual) == 1
    assert usual | every | found == set(ROAD.values())
