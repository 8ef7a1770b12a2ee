"""Attacks by region: what several regions of a service could be told apart by, wait for or take from each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import config
from app.model import Stop
from app.trust.allowance import Allowance, insist_on_few
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, Work, eventually
from tests.test_faults import FOR_EVER
from tests.test_previews import SAMPLE
from tests.test_regions import CHECK, HOME, OTHER, THERE, TWO, builds, conclusions, ended, serving


def test_no_home_beyond_the_list_builds_for_a_region_within(world: Sandbox, tmp_path: Path) -> None:
    """Neither source nor image comes to where the operator does not want the repository: nothing is made there."""
    allow = tmp_path / "allow.yml"
    allow.write_text(f"repositories:\n  {OWNER}/{SAMPLE}: {{regions: ['us-*']}}\n")
    house = House(world, tmp_path, settings={"ALLOW_FILE": str(allow)})
    house.start()
    try:
        work = house.repository(SAMPLE)
        runs = ended(house, work, work.push("One", **{"servergem.yml": TWO}))
        assert [runs[name]["conclusion"] for name in (CHECK, THERE)] == ["failure", "failure"]
        said = f"It may not be built in {HOME}, the first of its regions"
        assert runs[THERE]["output"]["title"] == said, runs[THERE]["output"]
        assert builds(house) == 0 and not any(serving(house))
        assert not world.google.calls["storage.buckets.insert"] + world.google.calls["storage.objects.insert"]
    finally:
        house.stop()


def test_a_service_counts_in_each_of_its_regions() -> None:
    """Whoever may have two has two, also where an environment alone names the regions."""
    service = f"services: {{a: {{regions: [{HOME}, {OTHER}]}}}}"
    for text in (service, f"services: {{a: {{}}}}\nenvironments: {{p: {{branch: main, {service}}}}}\n"):
        read = config.read(text, repository_name="shop")
        insist_on_few(Allowance(services=2), read)
        with pytest.raises(Stop, match="has 2 services, and this repository may have 1"):
            insist_on_few(Allowance(services=1), read)


def _builds_slowly(house: House, text: str) -> tuple[Work, str]:
    """A push of which one region builds, for ever, and the other waits for it."""
    faults = house.world.faults
    faults.add("CloudBuild.CreateBuild", kind="late", seconds=FOR_EVER)
    work = house.repository(SAMPLE)
    sha = work.push("One", **{"servergem.yml": text})
    eventually(lambda: faults.held("CloudBuild.CreateBuild"), "the build", house.log_tail)
    eventually(lambda: "which builds it for every region" in house.log_tail(), "who waits", house.log_tail)
    return work, sha


def test_a_kill_leaves_no_region_waiting(house: House) -> None:
    """The maker is killed while it builds: the next process goes on with its build, and both regions go live."""
    work, sha = _builds_slowly(house, TWO)
    house.kill()
    house.world.faults.clear()
    house.start()
    assert conclusions(house, work, sha) == {CHECK: "success", THERE: "success"}, house.log_tail()
    assert builds(house) == 1


def test_a_newer_push_takes_a_waiting_region_along(house: House) -> None:
    """Both regions of the older commit make way, the one that waits too, and the newer one serves in both."""
    work, old = _builds_slowly(house, TWO)
    house.world.faults.clear()
    new = work.push("Two", **{"n.txt": "2"})
    assert conclusions(house, work, new) == {CHECK: "success", THERE: "success"}, house.log_tail()
    before = conclusions(house, work, old)
    assert set(before.values()) <= {"cancelled", "skipped", "neutral", "success"}, before
    labels = {each.template.labels.get("commit") for each in house.world.google.run.services.values()}
    assert labels == {new}


def test_no_service_has_the_mark_of_anothers_region() -> None:
    """Two of one mark would be one deployment, and one would never come: also where an environment is a region."""
    text = f"services: {{api: {{regions: [{HOME}, {OTHER}]}}, api-{OTHER}: {{}}}}\n"
    read = config.read(
        text + f"environments: {{production: {{branch: main}}, {OTHER}: {{branch: next}}}}\n",
        repository_name="shop",
        default_branch="main",
    )
    for branch in ("main", "next"):
        every = config.targets(read, branch=branch, project="p", region="r", default_branch="main")
        assert len({each.mark for each in every}) == len(every) == 3
