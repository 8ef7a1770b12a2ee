"""A project as Google makes them today: its organisation's rules, its small quota, and APIs that settle late."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.stages.checks.apis import APIS
from gcp.artifact_registry import create_repository, repository
from gcp.cloud import Google
from gcp.cloud_run.revision import CLEANUP_PAUSE
from sandbox.google.run_part_rules import INVOKERS
from sandbox.google.storage_buckets import UNIFORM
from sandbox.world import PROJECT
from tests.conftest import OWNER, House, eventually
from tests.test_previews import SAMPLE, gone, live, opened, preview, services


@pytest.mark.parametrize("api", ["artifactregistry", "cloudbuild", "run"])
def test_a_new_api_that_denies_at_first_is_waited_out(house: House, api: str) -> None:
    """Switched on, it answers and denies what the account may do: that too passes, and the push goes live."""
    house.world.google.behaviour.unsettled = {f"{api}.googleapis.com": 3.0}
    deployment = house.ended(house.repository(SAMPLE).push("Say hello"))
    assert deployment["ending"] == "live", house.log_tail()


def test_buckets_are_as_new_organisations_want_them(house: House) -> None:
    """An organisation refuses a bucket with rights on single objects; ours has none, and the push goes live."""
    house.world.google.projects.known(PROJECT).constraints.add(UNIFORM)
    deployment = house.ended(house.repository(SAMPLE).push("Say hello"))
    assert deployment["ending"] == "live", house.log_tail()


def test_an_organisation_that_checks_all_callers_is_met_before_a_build(house: House) -> None:
    """No service may be open to all there: the key and its value are told, and with them the service is made."""
    house.world.google.projects.known(PROJECT).constraints.add(INVOKERS)
    work = house.repository(SAMPLE)
    sha = work.push("Say hello")
    assert house.ended(sha)["ending"] == "failed", house.log_tail()
    assert not house.world.google.calls["CloudBuild.CreateBuild"]
    assert "public: false" in house.check_run(SAMPLE, sha)["output"]["summary"]
    closed = work.push("Close it", **{"servergem.yml": f"services:\n  {SAMPLE}:\n    public: false\n"})
    assert house.ended(closed)["ending"] == "live", house.log_tail()


def test_a_small_quota_is_met_before_a_build_and_says_how_many_instances_fit(house: House) -> None:
    """Ten instances of four CPUs are more than a new project's twenty: the key, the number, and no build."""
    house.world.google.behaviour.cpus = 20.0
    work = house.repository(SAMPLE)
    large = f"services:\n  {SAMPLE}:\n    cpu: 4\n    memory: 2Gi\n"
    sha = work.push("Say hello", **{"servergem.yml": large})
    assert house.ended(sha)["ending"] == "failed", house.log_tail()
    assert not house.world.google.calls["CloudBuild.CreateBuild"]
    shown = house.check_run(SAMPLE, sha)["output"]
    assert "--max-instances=5" in shown["summary"], shown["summary"]
    fits = house.ended(work.push("Fewer", **{"servergem.yml": f"{large}    instances: {{max: 5}}\n"}))
    assert fits["ending"] == "live", house.log_tail()


def test_a_name_that_is_still_being_cleaned_up_is_waited_for(house: House) -> None:
    """Deleted and made again at once, a preview is refused for a while: it comes, and says why it took long."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    house.world.google.behaviour.cleanup = 5.0
    before = house.world.google.calls["Services.CreateService"]
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, f"{SAMPLE}-pr-{number}")
    house.world.github.reopen_pull_request(f"{OWNER}/{work.name}", number)
    eventually(lambda: f"{SAMPLE}-pr-{number}" in services(house), "its return", house.log_tail)
    eventually(lambda: house.deployments()[0]["ending"] == "live", "a live preview", house.log_tail)
    said = [note for row in house.deployments()[0]["rows"] for note in row["notes"]]
    assert "its name is waited for" in " ".join(said), said
    asked = house.world.google.calls["Services.CreateService"] - before
    assert asked <= 2 * (1 + 5.0 / CLEANUP_PAUSE), "a dry run and the making of it, with a pause between two"


def test_an_api_that_somebody_else_has_just_switched_on_is_waited_for(house: House) -> None:
    """It counts as on and does not answer yet: what is to be made there is made, and the push goes live."""
    project = house.world.google.projects.find(PROJECT)
    assert project is not None
    house.world.google.behaviour.propagation = 2.0
    house.world.google.projects.enable(project, list(APIS))
    sha = house.repository(SAMPLE).push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert "created Artifact Registry repository" in house.log_tail()


def test_two_who_make_the_registry_at_once_both_wait_for_it(house: House) -> None:
    """Who comes second is told that the name is taken, before images can go there."""
    house.world.google.behaviour.operation_time = 1.0
    google = Google(house.world.google.grpc_address)
    project = house.world.google.projects.find(PROJECT)
    assert project is not None
    house.world.google.projects.enable(project, ["artifactregistry.googleapis.com"])
    place = (google, PROJECT, "europe-west1", "servergem")

    def make() -> tuple[bool, bool]:
        """Whether it is new, and whether it is there as soon as we are told so."""
        return create_repository(*place), repository(*place) is not None

    with ThreadPoolExecutor(2) as both:
        made = [both.submit(make) for _ in range(2)]
        assert sorted(each.result() for each in made) == [(False, True), (True, True)]
