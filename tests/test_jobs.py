"""Jobs of servergem.yml: Cloud Run jobs with the image that serves, their schedules, and `/run`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.cloud import run_v2

from app import config
from app.config import granted
from app.config.cron import cron
from app.model import Stop, Target
from app.stages.checks.apis import SCHEDULES, needed
from app.trust.allowance import Allowance, beyond
from app.trust.rights import When, used_by
from gcp.cloud import Google
from sandbox.google.cron_rules import is_cron
from sandbox.world import PROJECT
from tests.conftest import House, Work
from tests.test_conversation import answer, say
from tests.test_previews import CHECK, SAMPLE, opened, preview

REGION = "europe-west1"
PARENT = f"projects/{PROJECT}/locations/{REGION}/jobs"
NIGHTLY, CLEANUP = f"{PARENT}/nightly", f"{PARENT}/cleanup"
REPORT = "import os\nprint('reporting to', os.environ['TO'], 'from', os.environ['FROM'])\n"
SERVICE = f"""
services:
  {SAMPLE}:
    env: {{TO: nobody, FROM: shop}}
"""
JOBS = f"""{SERVICE}
jobs:
  nightly:
    command: [python, report.py]
    env: {{TO: ada}}
    retries: 0
    schedule: 0 3 * * mon
    time_zone: Europe/Berlin
  cleanup:
    command: [python, -c, "print('clean')"]
"""


def pushed(house: House, text: str, work: Work | None = None) -> tuple[Work, str]:
    """A commit with this configuration, on main."""
    work = work or house.repository(SAMPLE)
    return work, work.push("Say what runs", **{"servergem.yml": text, "report.py": REPORT})


def clients(house: House) -> Google:
    return Google(house.world.google.grpc_address)


def lines(house: House, sha: str) -> dict[str, str]:
    """The line of each job in the report of a commit, with all that it says."""
    rows = {each["title"]: each for each in house.ended(sha)["rows"]}
    return {part["title"]: "; ".join(part["notes"]) for part in rows["Update jobs"]["parts"]}


def test_jobs_come_and_change_and_go_with_the_service(house: House) -> None:
    """They have the image that serves, over it their own variables, and a schedule; what is not named is removed."""
    work, sha = pushed(house, JOBS)
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    google, asked = house.world.google, clients(house)
    assert google.jobs.names() == [CLEANUP, NIGHTLY] and google.schedules.names() == [NIGHTLY]
    container = asked.jobs.get_job(name=NIGHTLY).template.template.containers[0]
    serving = asked.services.get_service(name=f"{PARENT.removesuffix('jobs')}services/{SAMPLE}")
    assert container.image == serving.template.containers[0].image
    env = {each.name: each.value for each in container.env}
    assert (env["TO"], env["FROM"]) == ("ada", "shop")
    assert lines(house, sha) == {
        "Job nightly": "0 3 * * MON Europe/Berlin; it has not run yet",
        "Job cleanup": "no schedule; it has not run yet",
    }

    number, head = opened(house, work)
    assert preview(house, work, head, CHECK)["conclusion"] == "success"
    assert google.jobs.names() == [CLEANUP, NIGHTLY]
    say(house, work, number, "/run cleanup")
    answer(house, work, number, "`cleanup` runs: [its execution](")
    assert google.calls["Jobs.RunJob"] == 1
    assert google.schedules.due(NIGHTLY).status.code == 0

    work.git("checkout", "-q", "main")
    _, changed = pushed(house, JOBS.replace("    schedule: 0 3 * * mon\n", ""), work)
    assert house.ended(changed)["ending"] == "live", house.log_tail()
    assert google.schedules.names() == []
    assert lines(house, changed)["Job nightly"].startswith("no schedule; its last run ")
    made = asked.jobs.get_job(name=NIGHTLY)
    assert made.labels["commit"] == changed and made.generation == 2

    _, bare = pushed(house, SERVICE, work)
    assert house.ended(bare)["ending"] == "live", house.log_tail()
    assert google.jobs.names() == []
    assert set(lines(house, bare)) == {"Job nightly", "Job cleanup"}


def test_somebody_elses_job_is_left_as_it_is(house: House) -> None:
    """Nothing is built: the check run says whose the job is, before there is a service without its jobs."""
    house.world.google.provisioned_project(PROJECT)
    strange = run_v2.Job(labels={"team": "other"})
    strange.template.template.containers = [
        run_v2.Container(image="us-docker.pkg.dev/cloudrun/container/job")
    ]
    house.world.google.projects.caller, deployer = "user:eve@example.com", house.world.google.projects.caller
    house.world.google.projects.access.bind(f"projects/{PROJECT}", "roles/owner", "user:eve@example.com")
    clients(house).jobs.create_job(parent=PARENT.removesuffix("/jobs"), job_id="nightly", job=strange)
    house.world.google.projects.caller = deployer
    work, sha = pushed(house, JOBS)
    assert house.ended(sha)["ending"] == "failed"
    assert house.check_run(work.name, sha)["output"]["title"] == "The job nightly is not this repository's"
    kept = clients(house).jobs.get_job(name=NIGHTLY)
    assert dict(kept.labels) == {"team": "other"} and kept.generation == 1
    assert house.world.google.jobs.names() == [NIGHTLY] and house.world.google.schedules.names() == []
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0


def test_a_schedule_that_google_refuses_leaves_the_service_live(house: House) -> None:
    """A time zone that is nowhere: the reason is Google's, the job has its image, and the service serves."""
    work, sha = pushed(house, JOBS.replace("Europe/Berlin", "Europe/Nowhere"))
    assert house.ended(sha)["ending"] == "failed"
    output = house.check_run(work.name, sha)["output"]
    assert "The service is live, and its job nightly was not updated." in output["summary"]
    assert "Schedule or time zone is invalid." in output["summary"]
    assert house.world.google.jobs.names() == [CLEANUP, NIGHTLY]


def test_a_right_that_jobs_take_is_missed_before_a_build(house: House) -> None:
    """Without cloudscheduler.jobs.create nothing is built, and without `jobs:` nobody asks for it."""
    house.world.google.revoke(PROJECT, "cloudscheduler.jobs.create")
    work, sha = pushed(house, JOBS)
    assert house.ended(sha)["ending"] == "failed"
    assert "roles/cloudscheduler.admin" in house.check_run(work.name, sha)["output"]["summary"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0
    _, bare = pushed(house, SERVICE, work)
    assert house.ended(bare)["ending"] == "live", house.log_tail()
    assert "Update jobs" not in {each["title"] for each in house.ended(bare)["rows"]}


def test_the_account_of_a_schedule_has_to_be_let_in(house: House) -> None:
    """Whom the job's policy does not name any more is refused when the time comes, as Cloud Run does."""
    _, sha = pushed(house, JOBS)
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    google = house.world.google
    account = google.projects.known(PROJECT).compute_account
    google.projects.access.unbind(NIGHTLY, "roles/run.invoker", f"serviceAccount:{account}")
    assert "run.jobs.run" in google.schedules.due(NIGHTLY).status.message


# Pure


def read(text: str) -> config.Config:
    return config.read(text, repository_name="shop", default_branch="main")


def target(text: str, branch: str = "main") -> Target:
    (found,) = config.targets(
        read(text), branch=branch, project="p", region="europe-west1", default_branch="main"
    )
    return found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("services: {a: , b: }\njobs:\n  x: \n", 3, "from: a"),
        ("services: {a: }\njobs:\n  x: {from: aa}\n", 3, "Write `from: a`"),
        ("jobs:\n  X: \n", 2, "cannot be a job's name"),
        ("jobs:\n  x:\n    schedule: 0 24 * * *\n", 3, "has no hour 24"),
        ("jobs:\n  x:\n    schedule: hourly\n", 3, "five fields"),
        ("jobs:\n  x:\n    time_zone: Berlin (Germany)\n", 3, "not a time zone"),
        ("jobs:\n  x:\n    cpu: 0.5\n", 3, "a whole CPU"),
        ("jobs:\n  x:\n    memory: 256Mi\n", 3, "512Mi or more"),
        ("jobs:\n  x:\n    cpu: 4\n", 3, "need 2048Mi"),
        ("jobs:\n  x:\n    parallelism: 3\n    tasks: 2\n", 3, "2 tasks in all"),
        ("jobs:\n  x:\n    retries: 11\n", 3, "10 or less"),
        ("jobs:\n  x:\n    timeout: 8d\n", 3, "from 1s to 7d"),
        ("jobs:\n  x:\n    form: api\n", 3, "did you mean from?"),
        ("jobs:\n  x:\n    env: {A: b}\n    secrets: {A: b}\n", 4, "in env and in secrets"),
        (
            "environments: {production: {branch: main}, staging: {branch: dev}}\njobs:\n  x: \n  x-staging: \n",
            4,
            "would both be x-staging",
        ),
    ],
)
def test_a_fault_is_named_on_its_line(text: str, line: int, words: str) -> None:
    """What no job can have is found before anything is built, with what to write."""
    with pytest.raises(Stop) as stop:
        read(text)
    (finding,) = stop.value.findings
    assert finding.place and finding.place.line == line
    assert words in f"{finding.title} {finding.message} {finding.fix}"


@pytest.mark.parametrize(
    "text", ["0 3 * * *", "*/5 0-6,22 1-31/2 JAN,12 MON-FRI", "0 0 * * 7", "59 23 31 12 SUN"]
)
def test_a_schedule_of_the_documentation_is_taken(text: str) -> None:
    """By us and by the sandbox, which has read the same page."""
    assert cron(text) == text and is_cron(text)


@pytest.mark.parametrize(
    "text", ["60 * * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "* * * *", "a * * * *"]
)
def test_a_schedule_that_is_none_is_refused(text: str) -> None:
    """By us and by the sandbox."""
    assert not is_cron(text)
    with pytest.raises(ValueError, match="has"):
        cron(text)


def test_a_job_has_another_name_in_another_environment() -> None:
    """As its service has, so that staging's job never is production's."""
    text = f"environments: {{production: {{branch: main}}, staging: {{branch: dev}}}}\n{JOBS}"
    assert [each.id for each in target(text).jobs] == ["nightly", "cleanup"]
    assert [each.id for each in target(text, "dev").jobs] == ["nightly-staging", "cleanup-staging"]


def test_the_default_branch_decides_what_a_job_may_read_and_be() -> None:
    """Another branch says what runs and when; its secrets and account count after the merge."""
    own = "jobs: {x: {command: [new], secrets: {A: a}, service_account: b@p.iam.gserviceaccount.com}}"
    counts = granted(read(own), read("jobs: {x: {command: [old], secrets: {B: b}}}"))
    (job,) = counts.jobs
    assert (job.command, [name for name, _ in job.secrets], job.service_account) == (("new",), ["B"], "")
    assert {"jobs.x.secrets.A", "jobs.x.secrets.B", "jobs.x.service_account"} <= set(counts.later)
    (newcomer,) = granted(read(own), read("")).jobs
    assert not newcomer.secrets and not newcomer.service_account


def test_an_operator_decides_what_a_job_may_have() -> None:
    """Its account, secrets and memory are held against the same bounds as the service's, each on its line."""
    text = """
jobs:
  x:
    memory: 4Gi
    secrets: {A: other}
    service_account: b@p.iam.gserviceaccount.com
"""
    allowed = Allowance(memory="2Gi", secrets=("own-*",), service_accounts=("a@*",))
    found = beyond(allowed, target(text), frozenset())
    assert [each.place and each.place.line for each in found] == [6, 5, 4]


def test_the_configuration_that_is_printed_has_its_jobs() -> None:
    """`servergem config` shows each as it is in each environment, with the service that it is from."""
    found = config.resolved("jobs: {x: {schedule: 0 3 * * *}}", repository_name="shop")
    job = found["environments"]["production"]["jobs"]["x"]
    assert (job["from"], job["schedule"], job["time_zone"]) == ("shop", "0 3 * * *", "Etc/UTC")


def test_only_who_names_jobs_is_asked_for_what_they_take() -> None:
    """Rights and APIs follow from the file: none without `jobs:`, those of schedules only with `schedule:`."""
    scheduled, bare = target(JOBS), target(SERVICE)
    plain = replace(scheduled, jobs=tuple(each for each in scheduled.jobs if not each.config.schedule))
    whens = [
        {right.when for right in used_by(each)} & {When.JOBS, When.SCHEDULE}
        for each in (bare, plain, scheduled)
    ]
    assert whens == [set(), {When.JOBS}, {When.JOBS, When.SCHEDULE}]
    assert [SCHEDULES[0] in needed(each) for each in (bare, plain, scheduled)] == [False, False, True]
