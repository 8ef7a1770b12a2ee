"""One thread looks at all builds of a place: what befalls one who waits there is not the end of it for the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from gcp.build_watcher import BuildWatcher
from gcp.cloud import Google
from sandbox.world import PROJECT
from tests.conftest import House, eventually
from tests.test_previews import SAMPLE

REGION = "europe-west1"


def test_trouble_of_one_who_waits_is_its_own(house: House) -> None:
    """A database that is away while one is asked whether to go on ends that one's wait, and nobody else's."""
    house.world.google.behaviour.queue_time = 3.0
    house.repository(SAMPLE).push("Wait in the queue")
    (build_id,) = eventually(house.world.google.builds.ids, "a build", house.log_tail)
    watcher = BuildWatcher(Google(house.world.google.grpc_address), 0.05, 0.1)
    asked = 0

    def away() -> bool:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise ConnectionError("the database is away")
        return False

    with ThreadPoolExecutor() as waiting:
        others = waiting.submit(watcher.wait, PROJECT, REGION, build_id, stop=lambda: False)
        troubled = waiting.submit(watcher.wait, PROJECT, REGION, build_id, stop=away)
        with pytest.raises(ConnectionError):
            troubled.result(60)
        assert others.result(60).status == "SUCCESS"
