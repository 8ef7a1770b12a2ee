"""Cloud Scheduler in the sandbox: what it refuses, by the rules of its documentation, to the real client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import scheduler_v1

from gcp.cloud import Google
from sandbox.world import PROJECT, Options, Sandbox

REGION = "europe-west1"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
NAME = f"{PARENT}/jobs/nightly"
URI = f"https://run.googleapis.com/v2/{NAME}:run"


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A project of the caller's with Cloud Scheduler on."""
    folder: Path = tmp_path_factory.mktemp("scheduler")
    with Sandbox(folder, Options()) as world:
        project = world.google.project(PROJECT)
        project.apis["cloudscheduler.googleapis.com"] = 0.0
        world.google.service_account(PROJECT, "runs")
        world.google.project("elsewhere")
        world.google.service_account("elsewhere", "runs")
        yield world


def client(world: Sandbox) -> scheduler_v1.CloudSchedulerClient:
    return Google(world.google.grpc_address).schedules


def wish(uri: str = URI, home: str = PROJECT, **words: Any) -> scheduler_v1.Job:
    token = scheduler_v1.OAuthToken(service_account_email=f"runs@{home}.iam.gserviceaccount.com")
    target = scheduler_v1.HttpTarget(uri=uri, oauth_token=token)
    said = {"name": NAME, "schedule": "0 3 * * *", "time_zone": "Europe/Berlin"} | words
    return scheduler_v1.Job(http_target=target, **said)


def refused(world: Sandbox, job: scheduler_v1.Job) -> str:
    with pytest.raises(GoogleAPICallError) as caught:
        client(world).create_job(parent=PARENT, job=job)
    return str(caught.value)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (wish(schedule="0 24 * * *"), "Schedule or time zone is invalid."),
        (wish(schedule="every night"), "Schedule or time zone is invalid."),
        (wish(time_zone="Europe/Nowhere"), "Schedule or time zone is invalid."),
        (wish(name=f"{PARENT}/jobs/a.b"), "Job name must be formatted"),
        (wish(uri="ftp://example.com/"), "must start with"),
        (wish(uri="https://example.com/"), "only for hosts of"),
        (wish(home="elsewhere"), "within the same project"),
    ],
)
def test_what_no_schedule_can_be_is_refused(google: Sandbox, job: scheduler_v1.Job, words: str) -> None:
    """Before anything is kept."""
    assert words in refused(google, job)
    assert google.google.schedules.names() == []


def test_a_location_without_cloud_scheduler_takes_none(google: Sandbox) -> None:
    """Not every region of Cloud Run has to have it."""
    google.google.schedules.without.add(REGION)
    assert "not a valid location" in refused(google, wish())
    google.google.schedules.without.clear()


def test_whoever_may_not_act_as_its_account_makes_none(google: Sandbox) -> None:
    """Nor where the API is off, nor without the right to make schedules."""
    google.google.revoke(PROJECT, "iam.serviceAccounts.actAs")
    assert "actAs" in refused(google, wish())
    google.google.grant(PROJECT, "iam.serviceAccounts.actAs")
    google.google.revoke(PROJECT, "cloudscheduler.jobs.create")
    assert "cloudscheduler.jobs.create" in refused(google, wish())
    google.google.grant(PROJECT, "cloudscheduler.jobs.create")
    google.google.disable(PROJECT, "cloudscheduler.googleapis.com")
    assert "Cloud Scheduler API has not been used" in refused(google, wish())
    google.google.projects.known(PROJECT).apis["cloudscheduler.googleapis.com"] = 0.0


def test_a_schedule_is_kept_once_and_calls_with_its_accounts_rights(google: Sandbox) -> None:
    """Made once, changed by its mask alone, and refused by Cloud Run while its account may not run the job."""
    asked = client(google)
    asked.create_job(parent=PARENT, job=wish())
    assert "already exists" in refused(google, wish())
    changed = wish(schedule="0 4 * * *", time_zone="Etc/UTC")
    asked.update_job(request={"job": changed, "update_mask": {"paths": ["schedule"]}})
    found = asked.get_job(name=NAME)
    assert (found.schedule, found.time_zone) == ("0 4 * * *", "Europe/Berlin")
    assert "run.jobs.run" in asked.run_job(name=NAME).status.message
    asked.delete_job(name=NAME)
    assert google.google.schedules.names() == []
