"""A deployment that is given up says what for, at the wire."""

from __future__ import annotations

from tests.conftest import OWNER, House, eventually
from tests.test_previews import live, opened, preview


def test_a_closed_preview_says_that_it_was_closed(house: House) -> None:
    """Closed while it builds: the build is cancelled, and the run is not superseded by its own commit."""
    work = live(house)
    house.world.google.behaviour.queue_time = 600.0
    number, sha = opened(house, work)
    eventually(
        lambda: any(
            row["title"] == "Build image" and row["state"] == "running"
            for deployment in house.deployments()
            if deployment["sha"] == sha
            for row in deployment["rows"]
        ),
        "a running build",
        house.log_tail,
    )
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    output = preview(house, work, sha)["output"]
    assert sha[:7] not in output["title"], output
    assert "the pull request is closed" in output["title"]
    assert house.world.google.calls["CloudBuild.CancelBuild"] == 1
