"""The bench of how many deployments end well is under the rights that `setup google` gives, and tells each trouble."""

from __future__ import annotations

import random

from sandbox.world import Sandbox
from tests.bench.success import SEED, TROUBLES, batch, provision


def test_the_bench_deploys_with_the_rights_of_setup_google(world: Sandbox) -> None:
    """Its deployer owns none of its projects, and has in each what a deployment takes."""
    provision(world, {"project-a": frozenset(), "project-b": frozenset({"bucket", "registry"})})
    google = world.google
    for name in ("project-a", "project-b"):
        project = google.projects.known(name)
        asked = ("run.services.create", "resourcemanager.projects.setIamPolicy", "storage.buckets.delete")
        assert google.projects.tested(project, project.name, asked) == ["run.services.create"]


def test_each_trouble_of_the_bench_ends_as_it_should() -> None:
    """Once each, in a project of its own: what can succeed does, and what cannot names its cause."""
    results = batch(list(TROUBLES), random.Random(SEED), {})
    wrong = [
        (each.trouble.name, each.title)
        for each in results
        if not (each.named if each.trouble.cause else each.live)
    ]
    assert not wrong
