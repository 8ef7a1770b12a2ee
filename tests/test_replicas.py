"""GitHub whose answers lag behind its webhooks: what was pushed is deployed all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gcp.cloud import Google
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, eventually
from tests.test_order import serving
from tests.test_previews import SAMPLE, live, opened, preview

LAG = 2


@pytest.fixture
def behind(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem whose first questions of each kind after a push are answered as before it."""
    house = House(world, tmp_path, settings={"RETRY_FIRST_WAIT": "0.01"})
    world.github.hub.replicas.lag = LAG
    house.start()
    yield house
    house.kill()


def test_a_push_is_deployed_by_what_it_says(behind: House) -> None:
    """The first one, and one that changes servergem.yml: neither is overtaken by the commit before it."""
    work = behind.repository(SAMPLE)
    first = work.push("Say hello")
    assert behind.ended(first)["ending"] == "live", behind.log_tail()
    yaml = f"services:\n  {SAMPLE}:\n    env: {{GREETING: Ahoy}}\n"
    second = work.push("Greet otherwise", **{"servergem.yml": yaml})
    assert behind.ended(second)["ending"] == "live", behind.log_tail()
    name = f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}"
    service = Google(behind.world.google.grpc_address).services.get_service(name=name)
    assert ("GREETING", "Ahoy") in [(each.name, each.value) for each in service.template.containers[0].env]
    assert behind.check_run(SAMPLE, second)["conclusion"] == "success"


def test_of_two_pushes_the_newer_one_serves(behind: House) -> None:
    """Right after each other, when nothing of either is to be seen yet."""
    work = live(behind)
    older, newer = work.push("One", **{"n.txt": "1"}), work.push("Two", **{"n.txt": "2"})
    assert behind.ended(newer)["ending"] == "live", behind.log_tail()
    assert behind.ended(older)["ending"] in ("live", "superseded"), behind.log_tail()
    assert serving(behind, SAMPLE) == newer


def test_a_late_webhook_turns_out_nobody_whose_push_github_does_not_show(house: House) -> None:
    """The older commit comes while the newer one is built, and its branch is shown as it was when it was the head."""
    work, github = house.repository(SAMPLE), house.world.github
    github.deliveries.hold()
    older, newer = work.push("One", **{"n.txt": "1"}), work.push("Two", **{"n.txt": "2"})
    late, _ = github.deliveries.held
    house.world.google.behaviour.queue_time = 4.0
    github.deliveries.release([1])
    eventually(house.world.google.builds.ids, "a build of the newer one", house.log_tail)
    replicas, repo = github.hub.replicas, github.hub.find(OWNER, SAMPLE)
    assert repo is not None
    replicas.lag = LAG
    replicas.pushed(repo, {**repo.git.refs(), "refs/heads/main": older})
    github.deliveries.send(late)
    assert house.ended(older)["ending"] == "superseded", house.log_tail()
    assert house.ended(newer)["ending"] == "live", house.log_tail()
    assert serving(house, SAMPLE) == newer


def test_a_forced_push_takes_the_newer_commit_back(behind: House) -> None:
    """What was asked for last serves, also when GitHub shows the other one for a while."""
    work = live(behind)
    kept = work.git("rev-parse", "HEAD")
    taken = work.push("Worse", **{"n.txt": "1"})
    work.git("push", "-q", "--force", "origin", f"{kept}:main")
    assert behind.ended(taken)["ending"] in ("live", "superseded"), behind.log_tail()
    eventually(lambda: serving(behind, SAMPLE) == kept, "the commit that was kept", behind.log_tail)


def test_a_preview_is_of_its_head(behind: House) -> None:
    """A pull request that is opened, and one more commit on it."""
    work = live(behind)
    _, head = opened(behind, work)
    assert preview(behind, work, head)["conclusion"] == "success", behind.log_tail()
    more = work.push("More", branch="idea", **{"n.txt": "3"})
    assert preview(behind, work, more)["conclusion"] == "success", behind.log_tail()
