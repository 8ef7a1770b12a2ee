"""What goes wrong on the way and is nobody's fault: every method's calls are lost, and ServerGem is killed at work."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from app.github import GitHub
from app.model import Repository
from app.retry import Policy, heard
from gcp.cloud import Google
from gcp.resource_manager import get_project
from gcp.storage import bucket
from sandbox.world import APP_ID, PROJECT, SAMPLES, Sandbox
from tests.conftest import OWNER, House, answer_of, eventually
from tests.setting_up import builds_anywhere, may_grant, runs_as, take_from_builder
from tests.test_conversation import PRODUCTION, answer, say
from tests.test_forks import SETTINGS as FORKS
from tests.test_forks import approved, asked, forked
from tests.test_jobs import CLEANUP, JOBS, NIGHTLY, SERVICE
from tests.test_previews import SAMPLE, gone, live, opened, preview, remark, services, sticky
from tests.test_rollout import FALLS_ILL
from tests.test_workers import MAILER, WORK, WORKERS
from tests.traffic import never_lost

REPO = "/repos/{owner}/{repo}"
CONTENTS, REF = f"GET {REPO}/contents/{{path}}", f"GET {REPO}/git/ref/{{ref}}"
ACCOUNT = f"api@{PROJECT}.iam.gserviceaccount.com"
RELEASED = f"""
services:
  {SAMPLE}:
    release: python -c 'print("migrated", 6 * 7)'
    rollout: [50, 100]
"""
PRIVATE = f"""
services:
  {SAMPLE}:
    public: false
    release: python -c 'print("migrated", 6 * 7)'
    service_account: {ACCOUNT}
    secrets: {{DATABASE_URL: "db-url:latest"}}
"""
# Each call may be lost three times, and where one call needs another (a token, a look before a POST) that one too.
LOSING = {"RETRY_ATTEMPTS": "12", "RETRY_FIRST_WAIT": "0.01"}


def made_once(house: House, name: str = SAMPLE) -> None:
    """No check run and no GitHub deployment was made twice, and none stays open."""
    github, full_name = house.world.github, f"{OWNER}/{name}"
    runs = github.check_runs(full_name)
    made = Counter((run["head_sha"], run["name"], run["external_id"]) for run in runs)
    made.update(each["payload"]["servergem"] for each in github.github_deployments(full_name))
    assert {key: times for key, times in made.items() if times > 1} == {}

    def all_closed() -> bool:
        return all(run["status"] == "completed" for run in github.check_runs(full_name))

    eventually(all_closed, "the end of every check run", house.log_tail)


# Lost calls


@pytest.fixture
def losing(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem of which the first calls of each method are lost: refused, dropped before, dropped after the work."""
    house = House(world, tmp_path, settings=LOSING | FORKS)
    world.faults.lose_each()
    house.start()
    yield house
    house.kill()


def test_a_first_push_loses_calls(losing: House) -> None:
    """Into an empty project, private, with a secret and a release command: live, and everything is made once."""
    world = losing.world
    world.google.secrets.put(PROJECT, "db-url", "postgres://prod")
    runs_as(world.google, PROJECT, "api")
    work = losing.repository(SAMPLE)
    sha = work.push("Say hello", **{"servergem.yml": PRIVATE})
    deployment = losing.ended(sha)
    assert deployment["ending"] == "live", losing.log_tail()
    run = losing.check_run(SAMPLE, sha)
    assert run["conclusion"] == "success"
    assert run["output"]["text"].count("migrated 42") == 1
    assert len(world.google.builds.ids()) == 1
    assert len(world.google.run.revisions_of(SAMPLE)) == 1
    assert world.google.jobs.names() == []
    notes = " ".join(note for row in deployment["rows"] for note in row["notes"])
    assert "attempt 2 of 12" in notes
    made_once(losing)


def test_a_domain_loses_calls(losing: House) -> None:
    """Mapped, refused, removed and mapped anew, whichever answer is lost: live at it in the end, by one mapping."""
    domains, yaml = losing.world.google.domains, f"services: {{{SAMPLE}: {{domain: shop.example.com}}}}\n"
    work = losing.repository(SAMPLE)
    sha = work.push("Say where", **{"servergem.yml": yaml})
    assert losing.ended(sha)["ending"] == "live", losing.log_tail()
    domains.verified.add("example.com")
    domains.pointed.add("shop.example.com")
    again = work.push("Once more", **{"n.txt": "2"})
    assert losing.ended(again)["url"] == "https://shop.example.com", losing.log_tail()
    assert list(domains.kept) == ["shop.example.com"]


def test_a_preview_loses_calls(losing: House) -> None:
    """Opened, talked about, extended and closed: one comment, one answer to each, and nothing is left."""
    work = live(losing)
    number, sha = opened(losing, work)
    run = preview(losing, work, sha)
    assert run["conclusion"] == "success", run["output"]
    for command, words in (("/status", "| Service |"), ("/logs", "The last lines")):
        say(losing, work, number, command)
        assert answer(losing, work, number, words)
    losing.world.github.press_button(run["id"], "extend")
    eventually(lambda: remark(losing, work, sha, "extended the preview"), "an answer", losing.log_tail)
    losing.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(losing, f"{SAMPLE}-pr-{number}")
    eventually(lambda: "runs no preview" in sticky(losing, work, number)[0], "its comment's end")
    said = losing.world.github.comments_on(f"{OWNER}/{work.name}", number)
    assert len([each for each in said if "<!-- servergem:" in each["body"]]) == 3
    made_once(losing)


def test_a_failure_and_a_rollback_lose_calls(losing: House) -> None:
    """A push that does not start is explained, the next one is live and taken back, each with one check run."""
    work = live(losing)
    first = dict(losing.world.runner.traffic(SAMPLE))
    ill = work.push("Break", **{"main.py": "raise RuntimeError('no database')\n"})
    assert losing.ended(ill)["ending"] == "failed", losing.log_tail()
    assert "no database" in str(losing.check_run(SAMPLE, ill)["output"])
    work.git("revert", "--no-edit", "HEAD")
    bad = work.push("Worse", **{"n.txt": "2"})
    assert losing.ended(bad)["ending"] == "live", losing.log_tail()
    losing.world.github.press_button(losing.check_run(SAMPLE, bad)["id"], "roll-back")
    eventually(lambda: losing.world.runner.traffic(SAMPLE) == first, "the old traffic", losing.log_tail)
    assert eventually(lambda: remark(losing, work, bad, "pressed Roll back", PRODUCTION), "its record")
    made_once(losing)


def test_an_approved_fork_loses_calls(losing: House) -> None:
    """A stranger's commit waits for its approval and runs after it."""
    losing.world.google.secrets.put(PROJECT, "db-url", "postgres://prod")
    builds_anywhere(losing.world.google, PROJECT, "servergem-fork-build")
    fork = forked(losing)
    name = approved(fork, asked(fork))
    assert name in services(losing)
    made_once(losing)


def test_what_is_overtaken_loses_calls(losing: House) -> None:
    """A build and a release command that a newer push overtakes are cancelled, and the newest push is live."""
    work = losing.repository(SAMPLE)
    losing.world.google.behaviour.queue_time = 600.0
    first = work.push("Wait in the queue", **{"n.txt": "1"})
    eventually(lambda: under_way(losing).get("Build image") == "running", "a build", losing.log_tail)
    eventually(losing.world.google.builds.ids, "its build", losing.log_tail)
    losing.world.google.behaviour.queue_time = 0.0
    config = f"services:\n  {SAMPLE}: {{release: sleep 600}}\n"
    second = work.push("Migrate for ever", **{"servergem.yml": config})
    assert losing.ended(first)["ending"] == "superseded", losing.log_tail()
    eventually(lambda: losing.world.google.calls["Executions.GetExecution"] > 3, "a command", losing.log_tail)
    third = work.push("Do not migrate", **{"servergem.yml": f"services: {{{SAMPLE}: {{}}}}\n"})
    assert losing.ended(second)["ending"] == "superseded", losing.log_tail()
    assert losing.ended(third)["ending"] == "live", losing.log_tail()
    assert losing.world.google.jobs.names() == []
    made_once(losing)


def test_what_makes_up_for_lost_webhooks_loses_calls(losing: House) -> None:
    """A push while ServerGem was away is deployed once, although every question about it is lost at first."""
    work = live(losing)
    losing.kill()
    sha = work.push("Unheard", **{"note.txt": "1"})
    losing.world.github.deliveries.settle()
    losing.settings |= {"SWEEP_SECONDS": "0.5", "MISSED_AFTER_SECONDS": "1"}
    losing.start()
    assert losing.ended(sha)["ending"] == "live", losing.log_tail()
    again = "POST /app/hook/deliveries/{delivery_id}/attempts"
    eventually(lambda: losing.world.github.calls[again] > 1, "a second try", losing.log_tail)
    later = work.push("Heard", **{"note.txt": "2"})
    assert losing.ended(later)["ending"] == "live", losing.log_tail()
    looks = losing.world.github.calls["GET /repos/{owner}/{repo}/activity"]
    assert looks > 1
    assert [each["sha"] for each in losing.deployments()].count(sha) == 1
    made_once(losing)


def test_the_sweep_loses_calls(losing: House) -> None:
    """The end of a pull request that GitHub did not tell is found all the same."""
    work = live(losing)
    number, sha = opened(losing, work)
    assert preview(losing, work, sha)["conclusion"] == "success"
    losing.kill()
    losing.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    losing.settings["SWEEP_SECONDS"] = "0.3"
    losing.start()
    losing.ready()
    gone(losing, f"{SAMPLE}-pr-{number}")
    made_once(losing)


def test_a_first_look_and_a_repair_lose_calls(losing: House) -> None:
    """A repository is added and looked at; a press grants the role that its push lacks, and it is live."""
    losing.kill()
    losing.settings["SERVERGEM_REPAIRS"] = "grant-role"
    losing.start()
    take_from_builder(losing.world.google, PROJECT)
    may_grant(losing.world.google, PROJECT)
    work, github = losing.repository(SAMPLE), losing.world.github
    github.remove_from_installation(f"{OWNER}/{SAMPLE}")
    first = work.push("Say hello")
    github.add_to_installation(f"{OWNER}/{SAMPLE}")
    assert losing.check_run(SAMPLE, first, "ServerGem / first look")["output"]["title"]
    sha = work.push("Say more", **{"n.txt": "1"})
    run = losing.check_run(SAMPLE, sha, PRODUCTION)
    github.press_button(run["id"], "grant-role")
    eventually(
        lambda: any(d["ending"] == "live" for d in losing.deployments()), "a live service", losing.log_tail
    )
    assert remark(losing, work, sha, "granted roles/cloudbuild.builds.builder", PRODUCTION)
    made_once(losing)


def test_jobs_lose_calls(losing: House) -> None:
    """Made, run, given another schedule and none, and removed: each once, whatever answer is lost."""
    work, text = losing.repository(SAMPLE), JOBS
    google = losing.world.google

    def live_with(text: str, why: str) -> None:
        sha = work.push(why, **{"servergem.yml": text})
        assert losing.ended(sha)["ending"] == "live", losing.log_tail()

    live_with(text, "Name jobs")
    assert google.jobs.names() == [CLEANUP, NIGHTLY] and google.schedules.names() == [NIGHTLY]
    number, _ = opened(losing, work)
    say(losing, work, number, "/run cleanup")
    assert answer(losing, work, number, "`cleanup` runs")
    assert Google(google.grpc_address).jobs.get_job(name=CLEANUP).execution_count == 1
    work.git("checkout", "-q", "main")
    live_with(text.replace("0 3 * * mon", "0 4 * * mon"), "Run later")
    live_with(SERVICE, "Name none")
    assert google.jobs.names() == google.schedules.names() == []
    made_once(losing)


def test_workers_lose_calls(losing: House) -> None:
    """Made, given other instances, and removed: each once, whatever answer is lost."""
    work, workers = losing.repository(SAMPLE), losing.world.google.workers
    for text, instances in (
        (WORKERS, 2),
        (WORKERS.replace("instances: 2", "instances: 1"), 1),
        (SERVICE, None),
    ):
        sha = work.push(f"Want {instances}", **{"servergem.yml": text, "work.py": WORK})
        assert losing.ended(sha)["ending"] == "live", losing.log_tail()
        assert workers.names() == ([] if instances is None else [MAILER])
        if instances is not None:
            pool = Google(losing.world.google.grpc_address).worker_pools.get_worker_pool(name=MAILER)
            assert (pool.scaling.manual_instance_count, pool.labels["commit"]) == (instances, sha)
    made_once(losing)


def test_a_preview_with_a_job_and_a_worker_loses_calls(losing: House) -> None:
    """They come with it, are changed by a push, the job is run once, and none is left when it is closed."""
    work, google = losing.repository(SAMPLE), losing.world.google
    text = f"{JOBS}workers: {{mailer: {{command: [python, work.py]}}}}\npreviews: {{jobs: true, workers: true}}\n"
    sha = work.push("Beside", **{"servergem.yml": text, "work.py": WORK})
    assert losing.ended(sha)["ending"] == "live", losing.log_tail()
    before = google.jobs.names(), google.workers.names()
    number, head = opened(losing, work)
    assert preview(losing, work, head)["conclusion"] == "success", losing.log_tail()
    say(losing, work, number, "/run cleanup")
    assert answer(losing, work, number, f"`cleanup-pr-{number}` of this pull request's preview runs")
    own = Google(google.grpc_address).jobs.get_job(name=f"{CLEANUP}-pr-{number}")
    assert own.execution_count == 1
    head = work.push("More", branch="idea", **{"more.txt": "1"})
    assert preview(losing, work, head)["conclusion"] == "success", losing.log_tail()
    assert google.workers.names() == [MAILER, f"{MAILER}-pr-{number}"]
    losing.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(losing, f"{SAMPLE}-pr-{number}")
    assert (google.jobs.names(), google.workers.names()) == before
    made_once(losing)


def test_a_method_that_no_story_loses_is_named() -> None:
    """Whoever calls something new adds it to a story here, or `make test` is red."""
    books = [{"called": ["A", "B"], "lost": []}, {"called": ["A", "C"], "lost": ["A", "C"]}]
    assert never_lost(books) == ["B"]


# Refusals


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
    assert run["conclusion"] == "neutral"
    assert "GitHub answered 503" in run["output"]["title"]
    assert house.world.faults.unused() == {}


def test_what_is_asked_to_wait_is_waited(world: Sandbox) -> None:
    """GitHub's Retry-After, Google's RetryInfo, and Retry-After of Storage: the next attempt comes no sooner."""
    policy, notes = Policy(attempts=2, first_wait=0.001), list[str]()
    heard.set(notes.append)
    number = world.github.create_repository(OWNER, SAMPLE, SAMPLES / SAMPLE)
    installation = world.github.hub.installed(OWNER)
    assert installation is not None
    repository = Repository(number, OWNER, SAMPLE, installation.id)
    github = GitHub(APP_ID, world.private_key, world.github.url, policy)
    google = Google(world.google.grpc_address, world.google.storage_url, policy)
    asked: dict[str, tuple[str, Callable[[], object]]] = {
        REF: ("429", partial(github.branch_head, repository, "main")),
        "Projects.GetProject": ("RESOURCE_EXHAUSTED", partial(get_project, google, PROJECT)),
        "storage.buckets.get": ("503", partial(bucket, google, "nobody-has-it")),
    }
    for method, (status, ask) in asked.items():
        world.faults.add(method, status=status, seconds=1.0)
        begun = time.monotonic()
        ask()
        assert time.monotonic() - begun >= 1.0, method
    github.close()
    assert [note.partition(":")[0] for note in notes] == ["attempt 2 of 2 after 1.0 s"] * 3


def test_a_github_that_takes_nothing_gets_every_check_run_when_it_is_back(house: House) -> None:
    """It can be read, and refuses all that is said, until the push is live: then it is told, once."""
    writes = [f"POST {REPO}/check-runs", f"POST {REPO}/deployments"]
    for method in writes:
        house.world.faults.add(method, times=1000, status=503)
    sha = house.repository(SAMPLE).push("Say hello")
    eventually(lambda: house.world.runner.traffic(SAMPLE), "a service", house.log_tail)
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert house.world.github.check_runs(f"{OWNER}/{SAMPLE}", sha) == []
    house.world.faults.clear()
    assert house.check_run(SAMPLE, sha)["conclusion"] == "success"
    made_once(house)


# Kills


@dataclass(frozen=True)
class Moment:
    """A kill while the `number`th call of `method` is under way.

    `late`: its work is done and its answer not here yet; `delay`: its work is not done either. `before`: a method that
    runs beside it and is not to come first.
    """

    stage: str
    method: str
    kind: str = "late"
    number: int = 1
    before: str = ""


# Longer than any test takes: who waits for such a call is killed before it is answered.
FOR_EVER = 3600.0
MADE = "ArtifactRegistry.CreateRepository"
FIRST_PUSH = (
    Moment("Read configuration", CONTENTS, "delay"),
    Moment("Check Google Cloud", "ServiceUsage.BatchEnableServices", before=MADE),
    Moment("Check Google Cloud", MADE),
    Moment("Build image", "CloudBuild.CreateBuild"),
    Moment("Run release command", "Jobs.CreateJob"),
    Moment("Run release command", "Jobs.RunJob"),
    Moment("Run release command", "Executions.GetExecution", "delay"),
    Moment("Run release command", "Jobs.DeleteJob"),
    Moment("Release without traffic", "Services.CreateService"),
    Moment("Verify", REF, "delay"),
)
NEXT_PUSH = (
    Moment("Upload source", "storage.objects.insert"),
    Moment("Build image", "CloudBuild.ListBuilds", "delay"),
    Moment("Run release command", "Jobs.DeleteJob"),
    Moment("Release without traffic", "Services.UpdateService"),
    Moment("Verify", REF, "delay"),
    Moment("Move traffic, 50 %", "Services.UpdateService"),
    # What was decided on the state before the kill is refused, the step is done again, and then comes this one.
    Moment("Move traffic, 100 %", "Services.UpdateService", number=3),
)


def killed_at_each(house: House, moments: tuple[Moment, ...], begin: Callable[[], object]) -> None:
    """Begin something, and kill -9 at each of these moments in turn; in the end ServerGem runs."""
    faults = house.world.faults
    for moment in moments:
        faults.clear()
        awaited = faults.held(moment.method) + moment.number
        if moment.number > 1:
            faults.add(moment.method, moment.number - 1, "delay")
        faults.add(moment.method, kind=moment.kind, seconds=FOR_EVER)
        if moment.before:
            faults.add(moment.before, kind="delay", seconds=FOR_EVER)
        if moment is moments[0]:
            begin()
        else:
            house.start()
        eventually(
            partial(is_held, house, moment.method, awaited),
            f"{moment.method} in {moment.stage}",
            house.log_tail,
        )
        house.kill()
    faults.clear()
    house.start()


def is_held(house: House, method: str, times: int) -> bool:
    return house.world.faults.held(method) >= times


def under_way(house: House) -> dict[str, str]:
    """The running deployment's stages and their states."""
    running = [d for d in house.deployments() if not d["ending"]]
    return {row["title"]: row["state"] for row in running[0]["rows"]} if running else {}


def test_a_first_push_is_killed_at_each_stage(house: House) -> None:
    """Its configuration, the empty project, build, release command, revision: live, and everything is made once."""
    work = house.repository(SAMPLE)
    killed_at_each(house, FIRST_PUSH, lambda: work.push("Say hello", **{"servergem.yml": RELEASED}))
    deployment = house.ended(work.git("rev-parse", "HEAD"))
    assert deployment["ending"] == "live", house.log_tail()
    google = house.world.google
    assert len(google.builds.ids()) == 1
    assert google.calls["Jobs.RunJob"] == 1
    assert google.jobs.names() == []
    assert house.world.runner.traffic(SAMPLE) == {deployment["revision"]: 100}
    assert answer_of(deployment["url"]).status_code == 200
    made_once(house)


def test_the_next_push_is_killed_at_each_stage(house: House) -> None:
    """Upload, build, release command, revision, verification and each step of the rollout: live, once."""
    work = house.repository(SAMPLE)
    assert house.ended(work.push("Say hello", **{"servergem.yml": RELEASED}))["ending"] == "live"
    killed_at_each(house, NEXT_PUSH, lambda: work.push("Say more", **{"n.txt": "1"}))
    sha = work.git("rev-parse", "HEAD")
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()
    assert house.check_run(SAMPLE, sha)["conclusion"] == "success"
    google = house.world.google
    assert len(google.builds.ids()) == 2
    assert google.calls["Jobs.RunJob"] == 2
    assert len(google.run.revisions_of(SAMPLE)) == 2
    assert house.world.runner.traffic(SAMPLE) == {deployment["revision"]: 100}
    made_once(house)


def test_a_push_is_killed_while_its_check_run_is_made(house: House) -> None:
    """GitHub has made it and could not say so: it is found again, and closed."""
    work = house.repository(SAMPLE)
    moment = Moment("the first report", f"POST {REPO}/check-runs")
    killed_at_each(house, (moment,), lambda: work.push("Say hello"))
    sha = work.git("rev-parse", "HEAD")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert house.check_run(SAMPLE, sha)["conclusion"] == "success"
    made_once(house)


def test_a_restoration_is_killed(house: House) -> None:
    """Killed while the traffic of an ill revision is put back: it is back, and the run has failed."""
    work = house.repository(SAMPLE)
    config = RELEASED.replace("release:", "# release:")
    good = house.ended(work.push("Say hello", **{"servergem.yml": config}))
    assert good["ending"] == "live", house.log_tail()
    moment = Moment("Restore traffic", "Services.UpdateService", number=3)
    ill = {"main.py": FALLS_ILL.replace("WELL", "3")}
    killed_at_each(house, (moment,), lambda: work.push("Use the pool up", **ill))
    assert house.ended(work.git("rev-parse", "HEAD"))["ending"] == "failed", house.log_tail()
    assert house.world.runner.traffic(SAMPLE) == {good["revision"]: 100}
    made_once(house)


def test_an_answer_is_killed(house: House) -> None:
    """Killed after each thing that is said to a comment, and while Extend is told: one answer, one day."""
    work = live(house)
    number, sha = opened(house, work)
    run = preview(house, work, sha)
    talked = (
        Moment("a face", f"POST {REPO}/issues/comments/{{comment_id}}/reactions"),
        Moment("a first answer", f"POST {REPO}/issues/{{issue_number}}/comments"),
        Moment("the answer", f"PATCH {REPO}/issues/comments/{{comment_id}}"),
    )
    killed_at_each(house, talked, lambda: say(house, work, number, "/status"))
    assert answer(house, work, number, "| Service |")
    said = house.world.github.comments_on(f"{OWNER}/{work.name}", number)
    assert len([each for each in said if "<!-- servergem:answer-" in each["body"]]) == 1
    before = sticky(house, work, number)
    told = Moment("the comment", f"PATCH {REPO}/issues/comments/{{comment_id}}")
    killed_at_each(house, (told,), lambda: house.world.github.press_button(run["id"], "extend"))
    shown = eventually(lambda: remark(house, work, sha, "extended the preview"), "an answer", house.log_tail)
    assert shown.count("extended the preview") == 1
    eventually(lambda: sticky(house, work, number) != before, "a later end", house.log_tail)
    until = re.search(r"extended the preview to (\d+ \w+ \d{4})", shown)
    days = (
        datetime.strptime(f"{until[1]} UTC", "%d %B %Y %Z").date() - datetime.now(UTC).date()
        if until
        else None
    )
    assert days in (timedelta(7), timedelta(8)), (
        shown
    )  # seven days of its own, and one more; a night may pass
    made_once(house)


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
