"""Jobs and workers of previews: whether there are any, what they get, and that none is left, also without a service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from google.cloud import run_v2

from app import config, previews
from app.config import granted
from app.model import Stop, Target
from app.previews import Wishes
from app.trust.allowance import Allowance, beyond, insist_on_few
from app.trust.approval import terms_of
from app.trust.rights import When, used_by
from gcp.cloud import Google
from gcp.cloud_run import delete_service
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, Work, eventually
from tests.setting_up import set_up
from tests.test_conversation import answer, say
from tests.test_forks import SETTINGS as FORKS
from tests.test_forks import approved, asked, forked
from tests.test_previews import CHECK, SAMPLE, gone, opened, preview, services
from tests.test_pull_request_rules import FORK, PULL
from tests.test_sweep import forget_everything

PARENT = f"projects/{PROJECT}/locations/europe-west1"
BOTH = "{jobs: true, workers: true, env: {TO: preview}}"
BESIDE = f"""
services: {{{SAMPLE}: {{env: {{QUEUE: orders, FROM: shop}}}}}}
jobs: {{nightly: {{command: [python, --version], env: {{TO: ada}}, schedule: 0 3 * * *}}}}
workers: {{mailer: {{command: [python, main.py], env: {{TO: ada}}, instances: 3}}}}
previews: {BOTH}
"""


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that looks around all the time, and has accounts for forks."""
    set_up(world.google, PROJECT)
    house = House(world, tmp_path, settings=FORKS | {"SWEEP_SECONDS": "0.3"})
    house.start()
    yield house
    house.stop()


def jobs(house: House) -> set[str]:
    return {name.rpartition("/")[2] for name in house.world.google.jobs.names()}


def workers(house: House) -> set[str]:
    return {name.rpartition("/")[2] for name in house.world.google.workers.names()}


def alone(house: House) -> None:
    """Only production's are left."""
    eventually(lambda: (jobs(house), workers(house)) == ({"nightly"}, {"mailer"}), "the end", house.log_tail)


def with_preview(house: House, text: str = BESIDE) -> tuple[Work, int, str]:
    """A repository that serves with a job and a worker, and a pull request whose preview has its own."""
    work = house.repository(SAMPLE)
    sha = work.push("Beside", **{"servergem.yml": text})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    number, head = opened(house, work)
    run = preview(house, work, head, CHECK)
    assert run["conclusion"] == "success", run["output"]
    return work, number, head


def env(container: run_v2.Container) -> dict[str, str]:
    return {each.name: each.value for each in container.env if not each.name.startswith("SERVERGEM_")}


def test_they_come_with_a_push_and_go_at_the_close(house: House) -> None:
    """A preview's own job and worker have its image, its labels and nothing of production's, and go with it."""
    work, number, head = with_preview(house)
    name, job, worker = (f"{each}-pr-{number}" for each in (SAMPLE, "nightly", "mailer"))
    assert (jobs(house), workers(house)) == ({"nightly", job}, {"mailer", worker})
    google = Google(house.world.google.grpc_address)
    made = google.jobs.get_job(name=f"{PARENT}/jobs/{job}")
    pool = google.worker_pools.get_worker_pool(name=f"{PARENT}/workerPools/{worker}")
    copy = google.services.get_service(name=f"{PARENT}/services/{name}")
    task = made.template.template
    for found, of in ((task.containers[0], made), (pool.template.containers[0], pool)):
        assert found.image == copy.template.containers[0].image
        assert env(found) == {"TO": "preview"}
        told = {each.name: each.value for each in (*found.env, *copy.template.containers[0].env)}
        assert {each.name: each.value for each in found.env}["SERVERGEM_URL"] == told["SERVERGEM_URL"]
        for label in ("repository-id", "pull-request", "installation-id", "github-app"):
            assert of.labels[label] == copy.labels[label]
    assert task.service_account == pool.template.service_account == copy.template.service_account
    assert pool.scaling.manual_instance_count == 1
    assert [each.rpartition("/")[2] for each in house.world.google.schedules.names()] == ["nightly"]

    rows = {row["title"]: row["parts"] for row in house.ended(head)["rows"]}
    (told_job,), (told_worker,) = rows["Update jobs"], rows["Update workers"]
    assert (told_job["title"], told_job["notes"][0]) == (f"Job {job}", "no schedule")
    assert (told_worker["title"], told_worker["notes"]) == (f"Worker {worker}", ["1 instance"])
    said = preview(house, work, head, CHECK)["output"]
    assert "variable QUEUE of mailer" in str(said) and "schedule of nightly" in str(said)

    newer = work.push("More", branch="idea", **{"more.txt": "1"})
    assert preview(house, work, newer, CHECK)["conclusion"] == "success"
    pool = google.worker_pools.get_worker_pool(name=f"{PARENT}/workerPools/{worker}")
    assert (pool.generation, pool.labels["commit"]) == (2, newer)

    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, name)
    alone(house)


def test_a_job_of_a_preview_is_run_by_a_comment(house: House) -> None:
    """`/run` means the preview's own, and production's where that is named; a push that names no job removes it."""
    work, number, _ = with_preview(house)
    say(house, work, number, "/run nightly")
    own = f"`nightly-pr-{number}` of this pull request's preview runs: [its execution]("
    answer(house, work, number, own)
    google = Google(house.world.google.grpc_address)

    def times(job: str) -> int:
        return google.jobs.get_job(name=f"{PARENT}/jobs/{job}").execution_count

    assert (times(f"nightly-pr-{number}"), times("nightly")) == (1, 0)
    say(house, work, number, "/run nightly production")
    answer(house, work, number, "`nightly` runs: [its execution](")
    assert (times(f"nightly-pr-{number}"), times("nightly")) == (1, 1)
    bare = work.push("None", branch="idea", **{"servergem.yml": f"services: {{{SAMPLE}: {{}}}}\n"})
    assert preview(house, work, bare, CHECK)["conclusion"] == "success"
    alone(house)


def test_a_fork_has_none(house: House) -> None:
    """Its check run says so, and nothing of it is at Google beside its service."""
    fork = forked(house, BESIDE)
    sha = asked(fork)
    approved(fork, sha)
    eventually(
        lambda: (
            "neither jobs nor workers: job nightly, worker mailer." in str(preview(house, fork.home, sha))
        ),
        "the remark",
        house.log_tail,
    )
    assert (jobs(house), workers(house)) == ({"nightly"}, {"mailer"})


def test_what_has_lost_its_service_is_found(house: House) -> None:
    """The database is lost: the sweep keeps what GitHub wants, and removes a job and a worker without a service."""
    work, number, _ = with_preview(house)
    work.git("checkout", "-q", "main")
    kept, head = opened(house, work, "other")
    assert preview(house, work, head, CHECK)["conclusion"] == "success"
    google, client = house.world.google, Google(house.world.google.grpc_address)
    house.stop()
    forget_everything(house)
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    for each in (number, kept):
        delete_service(client, PROJECT, "europe-west1", f"{SAMPLE}-pr-{each}", etag="")
    before = google.calls["WorkerPools.DeleteWorkerPool"], google.calls["Jobs.DeleteJob"]
    house.start()
    wanted = {"nightly", f"nightly-pr-{kept}"}, {"mailer", f"mailer-pr-{kept}"}
    eventually(lambda: (jobs(house), workers(house)) == wanted, "the end of one", house.log_tail)
    eventually(lambda: f"{SAMPLE}-pr-{kept}" in services(house), "the other's service", house.log_tail)
    after = google.calls["WorkerPools.DeleteWorkerPool"], google.calls["Jobs.DeleteJob"]
    assert after == (before[0] + 1, before[1] + 1)


def test_what_could_not_be_removed_is_tried_again(house: House) -> None:
    """A worker that Google does not take away keeps its preview known, until a later sweep takes both."""
    work, number, _ = with_preview(house)
    house.world.faults.add("WorkerPools.DeleteWorkerPool", 2, status="PERMISSION_DENIED")
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    alone(house)
    gone(house, f"{SAMPLE}-pr-{number}")
    assert house.world.faults.unused() == {}


def test_a_deletion_that_was_accepted_and_failed_is_no_removal(house: House) -> None:
    """Nobody says that the service is removed while it is there; a later sweep takes it."""
    work, number, _ = with_preview(house)
    google = house.world.google
    google.behaviour.failed_deletions = 1
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    eventually(lambda: not google.behaviour.failed_deletions, "the deletion that fails", house.log_tail)
    gone(house, f"{SAMPLE}-pr-{number}")
    said = house.log_tail().count(f"removed the Cloud Run service {SAMPLE}-pr-{number}")
    assert (said, google.calls["Services.DeleteService"]) == (1, 2)


def test_somebody_elses_are_left(house: House) -> None:
    """A worker of another repository, with the name of a preview and its number, is not removed with it."""
    work, number, _ = with_preview(house)
    google = Google(house.world.google.grpc_address)
    pool = google.worker_pools.get_worker_pool(name=f"{PARENT}/workerPools/mailer-pr-{number}")
    strange = run_v2.WorkerPool(labels=dict(pool.labels) | {"repository-id": "77"}, template=pool.template)
    strange.labels["github-app"] = "another"
    strange.template.revision = ""
    google.worker_pools.create_worker_pool(parent=PARENT, worker_pool_id="theirs", worker_pool=strange)
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, f"{SAMPLE}-pr-{number}")
    eventually(lambda: workers(house) == {"mailer", "theirs"}, "the end of one", house.log_tail)


# What they are, purely


def copy(text: str) -> Target:
    read = config.read(text, repository_name="shop")
    homes = config.targets_at_home(read, "main", project="p", region="r")
    return previews.targets(read, {each.name: each for each in homes}, PULL)[0]


USUAL = "services: {api: {}}\njobs: {j: {tasks: 40}, off: {enabled: false}}\nworkers: {w: {instances: 0}}\n"


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("", []),
        ("previews: {jobs: true}", ["j-pr-12"]),
        ("previews: {workers: true}", ["w-pr-12"]),
        ("previews: {jobs: true, workers: true}", ["j-pr-12", "w-pr-12"]),
    ],
)
def test_each_is_asked_for_alone(said: str, named: list[str]) -> None:
    """Neither without a word; what is off is off, and a worker that is stopped stays so. Rights are asked for."""
    target = copy(USUAL + said)
    assert [each.id for each in target.beside] == named
    assert [each.config.instances for each in target.workers] in ([], [0])
    times = {each.when for each in used_by(target)}
    assert (When.JOBS in times, When.WORKERS in times) == ("jobs" in said, "workers" in said)
    assert When.SCHEDULE not in times


def test_the_default_branch_decides_whether_there_are_any() -> None:
    """A head that asks for them gets none, and is told what counts after the merge; a fork is asked nothing."""
    own = config.read(USUAL + f"previews: {BOTH}", repository_name="shop")
    without = config.read(USUAL, repository_name="shop")
    result = granted(own, without)
    assert not (result.previews.jobs or result.previews.workers)
    assert {"previews.jobs", "previews.workers"} <= set(result.later)
    assert granted(without, own).previews.jobs
    approved_before = Wishes(approved=terms_of(FORK, without))
    assert not previews.decide(
        FORK, own.previews, approved_before, forks_possible=True, terms=terms_of(FORK, own)
    ).deploy


def test_names_stay_within_limits_and_meet_no_other() -> None:
    """Long ones are cut and told apart; one of servergem.yml that a preview's would have is refused."""
    long = "a-job-with-a-name-as-long-as-it-may-be-abc"
    target = copy(f"services: {{api: {{}}}}\njobs: {{{long}: , {long}d: }}\npreviews: {BOTH}")
    names = [each.id for each in target.jobs]
    assert len(set(names)) == 2 and max(map(len, names)) <= config.LONGEST_NAME
    for section, what in (("jobs", "job"), ("workers", "worker")):
        with pytest.raises(Stop, match=f"the preview of the {what} x in pull request"):
            config.read(f"{section}: {{x: , x-pr-7: }}", repository_name="shop")


def test_an_operators_bounds_hold_for_them() -> None:
    """Containers at a time and memory of a preview's job are bounded as production's; so is how many there are."""
    target = copy(USUAL + f"previews: {BOTH}")
    allowed = replace(Allowance(), instances=20, memory="256Mi")
    assert {each.title for each in beyond(allowed, target, frozenset())} >= {
        "It may have 20 instances, not 40",
        "It may have 256Mi of memory, not 512Mi",
    }
    with pytest.raises(Stop, match="2 jobs"):
        insist_on_few(Allowance(jobs=1), config.read(USUAL, repository_name="shop"))
