"""Preflight: each state of a project that would break a deployment is named before a build, or repaired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

import pytest
from google.cloud.artifactregistry_v1 import Repository

from app.stages.checks.apis import APIS
from app.stages.checks.permissions import OPENING, USED
from app.stages.preflight import CHECKS
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, answer_of

SAMPLE = "hello-python"
NOBODY = f"nobody@{PROJECT}.iam.gserviceaccount.com"


def service(*lines: str) -> str:
    return "\n".join([f"services:\n  {SAMPLE}:", *(f"    {line}" for line in lines), ""])


def delete_project(world: Sandbox) -> None:
    world.google.projects.known(PROJECT).state = "DELETE_REQUESTED"


def hide_project(world: Sandbox) -> None:
    world.google.revoke(PROJECT, "resourcemanager.projects.get")


def stop_billing(world: Sandbox) -> None:
    world.google.set_billing(PROJECT, False)


def bar_enabling(world: Sandbox) -> None:
    world.google.revoke(PROJECT, "serviceusage.services.enable")


def squat_bucket(world: Sandbox) -> None:
    number = world.google.projects.known(PROJECT).number
    other = world.google.project("somebody-else")
    world.google.storage.put_bucket(other, f"servergem-{number}-europe-west1")


def wrong_format(world: Sandbox) -> None:
    name = f"projects/{PROJECT}/locations/europe-west1/repositories/servergem"
    world.google.registry.put_repository(name, Repository(name=name, format_=Repository.Format.NPM))


def bar(permission: str) -> Callable[[Sandbox], None]:
    return lambda world: world.google.revoke(PROJECT, permission)


def powerless_builder(world: Sandbox) -> None:
    world.google.revoke(PROJECT, "storage.objects.get", "build")


def secret_for_nobody(world: Sandbox) -> None:
    world.google.secrets.put(PROJECT, "db-url", "postgres://db")
    world.google.revoke(PROJECT, "secretmanager.versions.access", "runtime")


@dataclass(frozen=True)
class State:
    """A project in which no deployment can succeed, the check that finds it, and what it says."""

    check: str
    arrange: Callable[[Sandbox], None]
    title: str
    configuration: str = ""
    place: str = ""


def nothing(_world: Sandbox) -> None:
    """The fault is in servergem.yml alone."""


STATES = [
    State("Project", delete_project, f"The Google Cloud project {PROJECT} is DELETE_REQUESTED"),
    State("APIs", bar_enabling, "The Cloud Build API is off"),
    State("Source bucket", squat_bucket, "belongs to another project"),
    State("Image repository", wrong_format, "holds NPM packages"),
    State("Billing", stop_billing, "Billing is off"),
    *[State("Permissions", bar(each), f"ServerGem lacks {each}") for each in USED],
    *[State("Permissions", bar(each), f"ServerGem lacks {each}") for each in OPENING],
    State("Accounts", bar("iam.serviceAccounts.actAs"), "ServerGem may not act as"),
    State("Accounts", nothing, NOBODY, service(f"service_account: {NOBODY}"), "servergem.yml:3"),
    State("Build account", powerless_builder, "may not build in"),
    State("Secrets", nothing, "There is no secret db-url", service("secrets: {DB: db-url}"), "servergem.yml:3"),
    State("Secrets", secret_for_nobody, "may not read the secret db-url", service("secrets: {DB: db-url}")),
    State("Specification", nothing, "europe-west99", service("region: europe-west99")),
]  # fmt: skip
# These checks have their stories elsewhere, or only remark.
REMARKING = {"GitHub App", "Service as it stands", "Branch"}


@pytest.mark.parametrize("state", STATES, ids=lambda s: f"{s.check}: {s.title}")
def test_a_state_that_breaks_is_named_before_a_build(house: House, state: State) -> None:
    """The check run fails within seconds with the state's own finding, and no build was paid for."""
    state.arrange(house.world)
    files = {"servergem.yml": state.configuration} if state.configuration else {}
    work = house.repository(SAMPLE)
    sha = work.push("Say hello", **files)
    assert house.ended(sha)["ending"] == "failed", house.log_tail()
    run = house.check_run(SAMPLE, sha)
    summary = unescape(run["output"]["summary"])
    assert state.title in summary, summary
    assert "What to do now" in summary
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0
    if state.place:
        notes = house.world.github.annotations(run["id"])
        assert f"{notes[0]['path']}:{notes[0]['start_line']}" == state.place


def test_every_check_has_a_state_that_trips_it() -> None:
    """A check without a state is a check that nobody has seen refuse."""
    assert {check.title for check in CHECKS} == {state.check for state in STATES} | REMARKING


def test_everything_that_is_wrong_is_said_at_once(house: House) -> None:
    """Billing, a permission and a secret: three findings in one check run."""
    world = house.world
    world.google.provisioned_project(PROJECT)
    stop_billing(world)
    bar("run.services.update")(world)
    sha = house.repository(SAMPLE).push("Say hello", **{"servergem.yml": service("secrets: {DB: db-url}")})
    assert house.ended(sha)["ending"] == "failed"
    summary = house.check_run(SAMPLE, sha)["output"]["summary"]
    assert "Billing is off" in summary
    assert "ServerGem lacks run.services.update" in summary


@pytest.mark.parametrize("api", APIS)
def test_an_api_that_is_off_is_switched_on(house: House, api: str) -> None:
    """With the right to do so, one missing API costs nothing but a line in the check run."""
    house.world.google.provisioned_project(PROJECT)
    house.world.google.disable(PROJECT, api)
    sha = house.repository(SAMPLE).push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert api in house.check_run(SAMPLE, sha)["output"]["summary"]


@pytest.mark.parametrize(
    "permission",
    [
        "resourcemanager.projects.getIamPolicy",
        "secretmanager.secrets.getIamPolicy",
        "serviceusage.services.get",
    ],
)
def test_a_check_that_may_not_look_stops_nobody(house: House, permission: str) -> None:
    """Without the right to ask, the line says so and the deployment goes on."""
    world = house.world
    world.google.provisioned_project(PROJECT)
    world.google.projects.known(PROJECT).apis["secretmanager.googleapis.com"] = 0.0
    world.google.secrets.put(PROJECT, "db-url", "postgres://db")
    world.google.revoke(PROJECT, permission)
    sha = house.repository(SAMPLE).push("Hello", **{"servergem.yml": service("secrets: {DB: db-url}")})
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()


def test_propagation_is_waited_out(house: House) -> None:
    """Google denies a new API for a while: the deployment waits instead of failing."""
    house.world.google.behaviour.propagation = 1.5
    deployment = house.ended(house.repository(SAMPLE).push("Say hello"))
    assert deployment["ending"] == "live", house.log_tail()
    assert answer_of(deployment["url"]).status_code == 200


def test_what_holds_is_not_asked_again(house: House) -> None:
    """The second deployment asks only for the branch, the service and its specification."""
    work = house.repository(SAMPLE)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    before = dict(house.world.google.calls)
    deployment = house.ended(work.push("Say more", **{"n.txt": "1"}))
    assert deployment["ending"] == "live", house.log_tail()
    again = {m for m, n in house.world.google.calls.items() if n > before.get(m, 0)}
    assert not again & {
        "Projects.GetProject",
        "ServiceUsage.BatchGetServices",
        "ArtifactRegistry.GetRepository",
    }
    row = next(row for row in deployment["rows"] if row["title"] == "Check Google Cloud")
    assert [part["title"] for part in row["parts"]] == ["Service as it stands", "Specification", "Branch"]


def test_changes_of_others_are_said_before_they_are_lost(house: House) -> None:
    """A variable that somebody set by hand is named in the check run of the deployment that drops it."""
    work = house.repository(SAMPLE)
    first = work.push("Say hello", **{"servergem.yml": service("env: {MODE: fast}")})
    assert house.ended(first)["ending"] == "live", house.log_tail()
    second = work.push("Forget", **{"servergem.yml": service("cpu: 1")})
    assert house.ended(second)["ending"] == "live", house.log_tail()
    assert "MODE" in house.check_run(SAMPLE, second)["output"]["summary"]


def test_an_installation_that_grants_less_is_told_so(house: House) -> None:
    """A permission that the owner has not accepted yet is named with the page where that is done."""
    house.world.github.hub.granted.pop("deployments")
    sha = house.repository(SAMPLE).push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    summary = house.check_run(SAMPLE, sha)["output"]["summary"]
    assert "deployments: write" in summary
