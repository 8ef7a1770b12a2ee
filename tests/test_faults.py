"""What goes wrong on the way and is nobody's fault: a kill at each stage, a lost call of each method."""

from __future__ import annotations

import time

import pytest

from tests.conftest import OWNER, House, answer_of, eventually

SAMPLE = "hello-python"
GOOGLE = (
    "Projects.GetProject",
    "ServiceUsage.BatchGetServices",
    "ServiceUsage.BatchEnableServices",
    "ArtifactRegistry.GetRepository",
    "ArtifactRegistry.CreateRepository",
    "storage.buckets.get",
    "storage.buckets.insert",
    "storage.objects.insert",
    "CloudBuild.CreateBuild",
    "CloudBuild.ListBuilds",
    "Services.GetService",
    "Services.CreateService",
    "Services.UpdateService",
    "Operations.WaitOperation",
)


def under_way(house: House) -> dict[str, str]:
    """The running deployment's stages and their states."""
    running = [d for d in house.deployments() if not d["ending"]]
    return {row["title"]: row["state"] for row in running[0]["rows"]} if running else {}


@pytest.mark.parametrize(
    "stage", ["Upload source", "Build image", "Release without traffic", "Verify", "Move traffic"]
)
def test_a_killed_deployment_goes_on(house: House, stage: str) -> None:
    """kill -9 during a stage, start again: it goes live, nothing is made twice, one check run is closed."""
    work = house.repository(SAMPLE)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    world = house.world
    builds, revisions = (
        world.google.calls["CloudBuild.CreateBuild"],
        len(world.google.run.revisions_of(SAMPLE)),
    )
    hold(house, stage)
    sha = work.push("Say more", **{"n.txt": "1"})
    eventually(lambda: under_way(house).get(stage) == "running", f"the stage {stage}", house.log_tail)
    time.sleep(0.1)
    house.kill()
    world.faults.clear()
    house.start()
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()
    house.check_run(SAMPLE, sha)
    runs = house.world.github.check_runs(f"{OWNER}/{SAMPLE}", sha)
    assert [run["conclusion"] for run in runs] == ["success"]
    assert world.google.calls["CloudBuild.CreateBuild"] == builds + 1
    assert len(world.google.run.revisions_of(SAMPLE)) == revisions + 1
    assert world.runner.traffic(SAMPLE) == {deployment["revision"]: 100}


def hold(house: House, stage: str) -> None:
    """Make something that the stage waits for slow, so that the kill finds it under way."""
    faults, behaviour = house.world.faults, house.world.google.behaviour
    if stage == "Upload source":
        faults.add("storage.objects.insert", kind="delay", seconds=2.0)
    elif stage == "Build image":
        behaviour.queue_time = 1.0
    elif stage == "Release without traffic":
        behaviour.operation_time = 1.0
    elif stage == "Verify":
        faults.add("GET /repos/{owner}/{repo}/git/ref/{ref}", kind="delay", seconds=0.0)
        faults.add("GET /repos/{owner}/{repo}/git/ref/{ref}", kind="delay", seconds=2.0)
    else:
        faults.add("Services.UpdateService", times=2, kind="delay", seconds=0.0)
        faults.add("Services.UpdateService", kind="delay", seconds=2.0)


@pytest.mark.parametrize("kind", ["status", "drop", "drop_after"])
def test_one_lost_call_of_each_google_method_is_made_good(house: House, kind: str) -> None:
    """Each method fails once, before or after its work: the first deployment into an empty project goes live."""
    for method in GOOGLE:
        house.world.faults.add(
            method, kind=kind, status="503" if method.startswith("storage.") else "UNAVAILABLE"
        )
    work = house.repository(SAMPLE)
    deployment = house.ended(work.push("Say hello"))
    assert deployment["ending"] == "live", house.log_tail()
    assert house.world.faults.unused() == {}
    assert answer_of(deployment["url"]).status_code == 200
    assert house.world.google.calls["CloudBuild.CreateBuild"] <= 2
    assert len(house.world.google.builds.ids()) == 1
    notes = " ".join(note for row in deployment["rows"] for note in row["notes"])
    assert "attempt 2 of 3" in notes


GITHUB = (
    "POST /app/installations/{installation_id}/access_tokens",
    "GET /repos/{owner}/{repo}/contents/{path}",
    "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
    "GET /repos/{owner}/{repo}/tarball/{ref}",
    "GET /{owner}/{repo}/legacy.tar.gz/{ref}",
    "GET /repos/{owner}/{repo}/git/ref/{ref}",
    "POST /repos/{owner}/{repo}/check-runs",
    "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
    "POST /repos/{owner}/{repo}/deployments",
    "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
)


@pytest.mark.parametrize("kind", ["status", "drop", "drop_after"])
def test_one_lost_call_of_each_github_method_is_made_good(house: House, kind: str) -> None:
    """Each endpoint fails once, before or after its work: the deployment goes live, with one check run."""
    for method in GITHUB:
        house.world.faults.add(method, kind=kind, status="502")
    work = house.repository(SAMPLE)
    sha = work.push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert house.check_run(SAMPLE, sha)["conclusion"] == "success"
    assert house.world.faults.unused() == {}
    assert len(house.world.github.check_runs(f"{OWNER}/{SAMPLE}", sha)) == 1
    assert len(house.world.github.github_deployments(f"{OWNER}/{SAMPLE}")) == 1


def test_what_is_permanent_is_not_tried_again(house: House) -> None:
    """A denial that no change of ours could lift is asked once."""
    work = house.repository(SAMPLE)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    before = house.world.google.calls["CloudBuild.CreateBuild"]
    house.world.faults.add("CloudBuild.CreateBuild", times=3, status="INVALID_ARGUMENT")
    assert house.ended(work.push("Say more", **{"n.txt": "1"}))["ending"] == "failed"
    assert house.world.google.calls["CloudBuild.CreateBuild"] == before + 1


def test_a_github_that_stays_away_is_said_in_a_check_run(house: House) -> None:
    """servergem.yml cannot be read at all: the commit still gets a check run that ends and says why."""
    house.world.faults.add("GET /repos/{owner}/{repo}/contents/{path}", times=3, status="503")
    sha = house.repository(SAMPLE).push("Say hello")
    run = house.check_run(SAMPLE, sha)
    assert run["conclusion"] == "failure"
    assert "GitHub answered 503" in run["output"]["title"]
    assert house.world.faults.unused() == {}


def test_a_killed_deployment_that_was_overtaken_ends(house: House) -> None:
    """Killed while a newer commit waits for its lane: after the restart the old one gives way to it."""
    work = house.repository(SAMPLE)
    house.world.google.behaviour.queue_time = 2.0
    old = work.push("One", **{"n.txt": "1"})
    eventually(lambda: under_way(house).get("Build image") == "running", "a build", house.log_tail)
    new = work.push("Two", **{"n.txt": "2"})
    eventually(lambda: len(house.deployments()) == 2, "the newer one", house.log_tail)
    house.kill()
    house.world.google.behaviour.queue_time = 0.0
    house.start()
    assert house.ended(new)["ending"] == "live", house.log_tail()
    assert house.ended(old)["ending"] == "superseded"
    assert house.check_run(SAMPLE, old)["conclusion"] == "neutral"
