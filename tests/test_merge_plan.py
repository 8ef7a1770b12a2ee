"""What a pull request says of jobs and workers: which come, change and go once it is merged."""

from __future__ import annotations

import pytest
from google.cloud import run_v2

from app import config
from app.config.job_shape import JobFile
from app.config.part import Part
from app.config.worker_shape import WorkerFile
from app.merge_plan import Serving, beside
from app.model import ServiceConfig
from gcp.cloud_run_jobs import WantedJob
from gcp.cloud_run_jobs import specification as of_job
from gcp.given import Given, given_to_job, given_to_worker
from gcp.wanted_service import WantedService
from gcp.worker_pools import WantedWorker
from gcp.worker_pools import specification as of_worker
from sandbox.world import PROJECT
from tests.conftest import House
from tests.kept import check_run_text, insist
from tests.test_jobs import JOBS, REPORT, clients
from tests.test_previews import SAMPLE, opened, preview
from tests.test_workers import PARENT, WORK

BEFORE = f"{JOBS}workers:\n  mailer: {{command: [python, work.py], instances: 2}}\n  old: {{instances: 1}}\n"
AFTER = f"""
services:
  {SAMPLE}:
    env: {{TO: nobody, FROM: shop, NEW: word}}
jobs:
  nightly:
    command: [python, report.py, --all]
    env: {{TO: ada}}
    retries: 2
    memory: 1Gi
    schedule: 30 4 * * *
  weekly: {{command: [python, report.py], schedule: 0 5 * * sun}}
  by_hand: {{command: [python, report.py]}}
workers:
  mailer: {{command: [python, work.py], instances: 3, cpu: 2}}
  sweeper: {{instances: 2}}
""".replace("by_hand", "by-hand")
# Keys that say what a job or worker is of, whether it is there, and when Cloud Scheduler runs it.
NOT_CLOUD_RUNS = {"service", "enabled", "schedule", "time_zone"}


def summary(house: House, work_name: str, sha: str) -> str:
    run = house.check_run(work_name, sha, f"ServerGem / {SAMPLE} (preview)")
    assert run["conclusion"] == "success", run["output"]
    return str(run["output"]["summary"])


def test_what_runs_beside_a_service_is_in_the_merge_plan(house: House) -> None:
    """Each that is new, changes or goes has its line with the keys; what stays has none, and a stranger's is named."""
    work, files = house.repository(SAMPLE), {"report.py": REPORT, "work.py": WORK}
    first = work.push("Beside", **{"servergem.yml": BEFORE, **files})
    assert house.ended(first)["ending"] == "live", house.log_tail()
    _, same = opened(house, work)
    said = summary(house, work.name, same)
    assert "nothing but its image" in said and "the job" not in said and "the worker" not in said

    google = house.world.google
    google.projects.caller, deployer = "user:eve@example.com", google.projects.caller
    google.projects.access.bind(f"projects/{PROJECT}", "roles/owner", "user:eve@example.com")
    strange = run_v2.Job()
    strange.template.template.containers = [
        run_v2.Container(image="us-docker.pkg.dev/cloudrun/container/job")
    ]
    clients(house).jobs.create_job(parent=PARENT, job_id="by-hand", job=strange)
    google.projects.caller = deployer
    sha = work.push("Others beside", branch="idea", **{"servergem.yml": AFTER})
    run = preview(house, work, sha)
    assert run["conclusion"] == "success", run["output"]
    insist("merge-plan-beside", check_run_text(house.world, run))

    google.revoke(PROJECT, "run.jobs.list")
    blind = work.push("Look no more", branch="idea", **{"idea.txt": "2"})
    said = summary(house, work.name, blind)
    assert "could not look at the jobs there (run.jobs.list)" in said.replace("&#46;", ".")
    assert "the job" not in said.partition("What merging will change")[2] and "the worker `mailer`" in said


def given(**of: Given) -> dict[str, Serving]:
    return {name: Serving("", each.env, dict(each.secrets), dict(each.shape)) for name, each in of.items()}


@pytest.mark.parametrize("part", [JobFile, WorkerFile])
def test_every_key_beside_a_service_is_compared(part: type[Part]) -> None:
    """A new key of a job or a worker is red here until Cloud Run is told of it and it is read back."""
    found = given_to_job(run_v2.Job()) if part is JobFile else given_to_worker(run_v2.WorkerPool())
    assert dict(found.shape).keys() | {"env", "secrets"} == part.model_fields.keys() - NOT_CLOUD_RUNS


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("tasks: 3", "`tasks` 3 instead of 1"),
        ("tasks: 3, parallelism: 2", "`parallelism` 2 instead of 0"),
        ("timeout: 1h", "`timeout` 3600s instead of 600s"),
        ("args: [a, b]", "`args` a, b instead of the default"),
        ("secrets: {KEY: 'key:2'}", "new secret `KEY` from key:2"),
        (
            "service_account: a@p.iam.gserviceaccount.com",
            "`service_account` a@p.iam.gserviceaccount.com instead",
        ),
    ],
)
def test_a_key_of_a_job_that_changes_is_named(key: str, word: str) -> None:
    """By the words of servergem.yml, with what it is now; and a job as it was has no line."""

    def job(text: str) -> dict[str, Serving]:
        wish = config.read(f"jobs: {{nightly: {{{text}}}}}", repository_name="shop").jobs[0]
        service = ServiceConfig("api", secrets=wish.secrets)
        wanted = WantedService("p", "r", "api", "i", "", "", service, wish.service_account)
        made = WantedJob(
            wanted,
            "nightly",
            wish.command,
            wish.timeout,
            wish.args,
            wish.tasks,
            wish.parallelism,
            wish.retries,
        )
        return given(nightly=given_to_job(of_job(made)))

    (said,) = beside("job", "production", job(key), job(""))
    assert said.startswith("the job `nightly` in production is updated with these changes: ") and word in said
    assert beside("job", "production", job(key), job(key)) == ()
    assert beside("job", "production", {}, job(key)) == (
        "the job `nightly` in production is removed: servergem.yml does not name it any more",
    )


def test_no_account_asked_for_is_whichever_a_worker_has() -> None:
    """Google tells the project's default account where none was named."""

    def worker(account: str) -> dict[str, Serving]:
        wanted = WantedService("p", "r", "api", "i", "", "", ServiceConfig("api"), account)
        return given(mailer=given_to_worker(of_worker(WantedWorker(wanted, "mailer"))))

    assert beside("worker", "production", worker(""), worker("1-compute@developer.gserviceaccount.com")) == ()
