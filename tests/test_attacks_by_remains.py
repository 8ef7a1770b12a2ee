"""Attacks by what remains, or is there first: a job that waits under our name, the name of a service that is gone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner
from google.cloud import run_v2, scheduler_v1

from app.acts.specification import revision_name
from app.cli.commands import main
from gcp import cloud_scheduler
from gcp.cloud import Google
from gcp.cloud_run import delete_service
from gcp.cloud_scheduler import Schedule
from sandbox.world import PROJECT, Options, Sandbox
from tests.conftest import OWNER, House, answer_of, eventually
from tests.test_attacks import settled
from tests.test_previews import SAMPLE, live

REGION = "europe-west1"
RELEASE = f"services: {{{SAMPLE}: {{release: python migrate.py}}}}\n"


def test_a_job_that_waits_under_the_releases_name_is_not_run(house: House) -> None:
    """Neither run with what it holds nor taken away, and no traffic moves: the finding says whose it is."""
    work = live(house)
    url = house.deployments()[0]["url"]
    said, google = answer_of(url).text, house.world.google
    house.world.faults.add("CloudBuild.GetBuild", 1, kind="delay", seconds=2.0)
    sha = work.push("Migrate", **{"servergem.yml": RELEASE, "migrate.py": "print('ours')"})
    run = eventually(
        lambda: next((each["id"] for each in house.deployments() if each["sha"] == sha), None),
        "its beginning",
    )
    theirs = run_v2.Job(labels={"managed-by": "servergem", "github-app": "1", "repository-id": "666"})
    task = theirs.template.template
    task.containers.append(run_v2.Container(image="us-docker.pkg.dev/cloudrun/container/hello"))
    # Who makes it is no matter: what its labels say is. ServerGem asks meanwhile, so that nobody's account may change.
    name = revision_name(SAMPLE, sha, run)
    Google(google.grpc_address).jobs.create_job(
        parent=f"projects/{PROJECT}/locations/{REGION}", job_id=name, job=theirs
    )
    output = house.check_run(work.name, sha)["output"]
    assert re.match(f"The job {name[:20]}.* is not this repository's", output["title"]), output
    assert "repository with the id 666" in output["summary"]
    assert google.calls["Jobs.RunJob"] == 0 and google.calls["Jobs.DeleteJob"] == 0
    assert [each.rpartition("/")[2] for each in google.jobs.names()] == [name]
    assert answer_of(url).text == said


def test_the_name_of_a_service_that_is_gone_is_not_free(house: House, tmp_path: Path) -> None:
    """Who pushes one of that name answers at its address once an operator has said so; its owner may at once."""
    google = house.world.google
    work = live(house)
    url = house.deployments()[0]["url"]
    toy = house.repository(SAMPLE, "toy")
    named = {"servergem.yml": f"services: {{{SAMPLE}: {{}}}}\n"}
    delete_service(Google(google.grpc_address), PROJECT, REGION, SAMPLE, etag="")
    builds = google.calls["CloudBuild.CreateBuild"]
    refused = house.check_run("toy", toy.push("Mine now", **named))
    assert refused["output"]["title"] == f"{SAMPLE} was another repository's service", refused["output"]
    assert f"servergem adopt {SAMPLE} --repository {OWNER}/toy" in json.dumps(refused["output"])
    assert not google.run.services and google.calls["CloudBuild.CreateBuild"] == builds
    assert house.ended(work.push("Back again", **{"n.txt": "1"}))["ending"] == "live", house.log_tail()
    assert house.deployments()[0]["url"] == url
    words = ["adopt", SAMPLE, "--repository", f"{OWNER}/toy", "--project", PROJECT]
    handed = CliRunner().invoke(main, words, env=house.world.settings(tmp_path / "adopting"))
    assert handed.exit_code == 0, handed.output
    assert house.ended(toy.push("Mine by right", **{"n.txt": "2"}), SAMPLE)["ending"] == "live", (
        house.log_tail()
    )
    delete_service(Google(google.grpc_address), PROJECT, REGION, SAMPLE, etag="")
    settled(house)
    assert house.check_run(work.name, work.push("Theirs now", **{"n.txt": "3"}))["conclusion"] == "failure"


def test_a_schedule_that_waits_under_a_jobs_name_says_nothing_of_its_own(tmp_path: Path) -> None:
    """Somebody made it before the job: what it would have the job run, other words and variables, is not sent."""
    with Sandbox(tmp_path, Options()) as world:
        world.google.project(PROJECT).apis["cloudscheduler.googleapis.com"] = 0.0
        world.google.service_account(PROJECT, "runs")
        google, account = Google(world.google.grpc_address), f"runs@{PROJECT}.iam.gserviceaccount.com"
        wish = Schedule(PROJECT, REGION, "nightly", "0 3 * * *", "Etc/UTC", account)
        planted = scheduler_v1.HttpTarget(
            uri=cloud_scheduler.uri(PROJECT, REGION, "nightly"),
            http_method=scheduler_v1.HttpMethod.POST,
            body=b'{"overrides": {"containerOverrides": [{"args": ["drop", "everything"]}]}}',
            oauth_token=scheduler_v1.OAuthToken(service_account_email=account, scope=cloud_scheduler.SCOPE),
        )
        google.schedules.create_job(
            parent=f"projects/{PROJECT}/locations/{REGION}",
            job=scheduler_v1.Job(
                name=wish.name, schedule=wish.cron, time_zone=wish.time_zone, http_target=planted
            ),
        )
        assert cloud_scheduler.keep(google, wish)
        assert not google.schedules.get_job(name=wish.name).http_target.body
