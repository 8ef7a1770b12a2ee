"""Preflight: each state of a project that would break a deployment is named before a build, or repaired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

import pytest
from google.cloud import run_v2
from google.cloud.artifactregistry_v1 import Repository

from app.stages.checks.accounts import ACT_AS
from app.stages.checks.apis import APIS
from app.stages.preflight import CHECKS
from app.trust.accounts import bucket_name
from app.trust.rights import RIGHTS, Held, When, permissions
from gcp.cloud import Google
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, answer_of, eventually
from tests.setting_up import give_from_above

SAMPLE = "hello-python"
BY_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
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


def bar(permission: str, on: Held = Held.PROJECT) -> Callable[[Sandbox], None]:
    """The deployer may not; what it holds on a bucket is known once there is one."""

    def arrange(world: Sandbox) -> None:
        if on is Held.BUCKET:
            project = world.google.provisioned_project(PROJECT)
            world.google.storage.put_bucket(
                project, bucket_name(project.number, "europe-west1"), "EUROPE-WEST1"
            )
        world.google.revoke(PROJECT, permission)

    return arrange


def switched_off_secret(world: Sandbox) -> None:
    world.google.secrets.put(PROJECT, "db-url", "postgres://db")
    world.google.secrets.disable(PROJECT, "db-url", 1)


def invisible_project(world: Sandbox) -> None:
    """Neither Resource Manager nor Service Usage tells its number."""
    hide_project(world)
    bar("serviceusage.services.get")(world)


@dataclass(frozen=True)
class State:
    """A project in which no deployment can succeed, the check that finds it, and what it says."""

    check: str
    arrange: Callable[[Sandbox], None]
    title: str
    configuration: str = ""
    place: str = ""


# What a service asks for so that it needs these.
NEEDING = {
    When.PUBLIC: service("public: true"),
    When.PRIVATE: service("public: false"),
    When.RELEASE: service('release: "true"'),
}


def nothing(_world: Sandbox) -> None:
    """The fault is in servergem.yml alone."""


STATES = [
    State("Project", delete_project, f"The Google Cloud project {PROJECT} is DELETE_REQUESTED"),
    State("Project", invisible_project, "resourcemanager.projects.get is denied"),
    State("APIs", bar_enabling, "The Cloud Build API is off"),
    State("Source bucket", squat_bucket, "belongs to another project"),
    State("Image repository", wrong_format, "holds NPM packages"),
    State("Billing", stop_billing, "Billing is off"),
    *[
        State("Permissions", bar(each.permission, each.on), f"lacks {each.permission}"[:60], NEEDING.get(each.when, ""))
        for each in RIGHTS
        if each.when in {When.ALWAYS, *NEEDING}
    ],
    State("Accounts", bar("iam.serviceAccounts.actAs"), "ServerGem may not act as"),
    State("Accounts", nothing, NOBODY, service(f"service_account: {NOBODY}"), "servergem.yml:3"),
    State("Secrets", nothing, "There is no secret db-url", service("secrets: {DB: db-url}"), "servergem.yml:3"),
    State("Secrets", switched_off_secret, "is DISABLED", service('secrets: {DB: "db-url:1"}'), "servergem.yml:3"),
    State("Specification", nothing, "europe-west99", service("region: europe-west99"), "servergem.yml:3"),
]  # fmt: skip
# These checks have their stories elsewhere, or only remark.
REMARKING = {"GitHub App", "Image", "Service as it stands", "Branch", "Build account"}


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
    """An account, a permission and a secret: three findings in one check run, before anything is built."""
    world = house.world
    world.google.provisioned_project(PROJECT)
    bar("iam.serviceAccounts.actAs")(world)
    bar("run.services.update")(world)
    sha = house.repository(SAMPLE).push("Say hello", **{"servergem.yml": service("secrets: {DB: db-url}")})
    assert house.ended(sha)["ending"] == "failed"
    summary = house.check_run(SAMPLE, sha)["output"]["summary"]
    assert "ServerGem may not act as" in summary
    assert "ServerGem lacks run.services.update" in summary
    assert "There is no secret db-url" in summary
    assert "serviceAccount:servergem-deployer@sandbox.iam.gserviceaccount.com" in unescape(summary)
    assert world.google.calls["CloudBuild.CreateBuild"] == 0


@pytest.mark.parametrize("api", APIS)
def test_an_api_that_is_off_is_switched_on(house: House, api: str) -> None:
    """With the right to do so, one missing API costs nothing but a line in the check run."""
    house.world.google.provisioned_project(PROJECT)
    house.world.google.disable(PROJECT, api)
    sha = house.repository(SAMPLE).push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert api in house.check_run(SAMPLE, sha)["output"]["summary"]


@pytest.mark.parametrize(
    ("check", "permission"),
    [
        ("Project", "resourcemanager.projects.get"),
        ("APIs", "serviceusage.services.get"),
        ("Source bucket", "storage.buckets.get"),
        ("Image repository", "artifactregistry.repositories.get"),
        ("Build account", "resourcemanager.projects.getIamPolicy"),
        ("Secrets", "secretmanager.versions.get"),
    ],
)
def test_a_check_that_may_not_look_stops_nobody(house: House, check: str, permission: str) -> None:
    """Without the right to ask, the check's line says so and the deployment goes on."""
    world = house.world
    world.google.provisioned_project(PROJECT)
    world.google.projects.known(PROJECT).apis["secretmanager.googleapis.com"] = 0.0
    world.google.secrets.put(PROJECT, "db-url", "postgres://db")
    work = house.repository(SAMPLE)
    files = {"servergem.yml": service("secrets: {DB: db-url}")}
    assert house.ended(work.push("Hello", **files))["ending"] == "live", house.log_tail()
    house.stop()
    house.start()
    world.google.revoke(PROJECT, permission)
    deployment = house.ended(work.push("Again", **{"n.txt": "1"}))
    assert deployment["ending"] == "live", house.log_tail()
    row = next(row for row in deployment["rows"] if row["title"] == "Check Google Cloud")
    part = next(part for part in row["parts"] if part["title"] == check)
    assert any("could not look" in note for note in part["notes"]), part


def test_propagation_is_waited_out(house: House) -> None:
    """Google denies a new API for a while: the deployment waits instead of failing."""
    house.world.google.behaviour.propagation = 1.5
    deployment = house.ended(house.repository(SAMPLE).push("Say hello"))
    assert deployment["ending"] == "live", house.log_tail()
    assert answer_of(deployment["url"]).status_code == 200


@pytest.mark.parametrize("api", ["run", "cloudbuild", "artifactregistry"])
def test_each_api_takes_its_own_time(house: House, api: str) -> None:
    """One comes later than all the others, whose patience covers nothing of it; the first push goes live."""
    house.world.google.behaviour.slow_apis = {f"{api}.googleapis.com": 1.5}
    sha = house.repository(SAMPLE).push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()


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


def test_what_a_role_by_name_does_not_prove_is_only_said(house: House) -> None:
    """Roles may come from a folder or a group: the account that seems to have none deploys, with a remark."""
    house.world.google.provisioned_project(PROJECT)
    give_from_above(house.world.google, PROJECT, "roles/cloudbuild.builds.builder")
    sha = house.repository(SAMPLE).push("Say hello")
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert "has no role to build" in house.check_run(SAMPLE, sha)["output"]["summary"]


def test_what_was_changed_by_hand_is_named_before_it_is_undone(house: House) -> None:
    """Memory, instances and ingress: each with what it was changed to and what this deployment makes of it."""
    work = house.repository(SAMPLE)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    services = Google(house.world.google.grpc_address).services
    name = f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}"
    changed = services.get_service(name=name)
    changed.template.revision = ""
    changed.template.containers[0].resources.limits["memory"] = "1Gi"
    changed.scaling.min_instance_count = 1
    changed.template.containers[0].env.append(run_v2.EnvVar(name="BY_HAND", value="1"))
    changed.ingress = run_v2.IngressTraffic(2)  # internal only
    services.update_service(service=changed)
    sha = work.push("Say more", **{"n.txt": "1"})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    summary = unescape(house.check_run(SAMPLE, sha)["output"]["summary"])
    assert "memory: 1Gi -> 512Mi" in summary, summary
    assert "instances.min: 1 -> 0" in summary
    assert "ingress: internal -> all" in summary
    assert "gone with this deployment: BY_HAND" in summary
    assert "env BY_HAND" not in summary
    third = work.push("And more", **{"n.txt": "2"})
    assert house.ended(third)["ending"] == "live", house.log_tail()
    assert "Undone:" not in house.check_run(SAMPLE, third)["output"]["summary"]


def test_traffic_that_was_moved_by_hand_is_named_before_it_moves_again(house: House) -> None:
    """Somebody went back in part: the next deployment says how far, with the command that goes back there."""
    work = house.repository(SAMPLE)
    revisions = []
    for number in ("1", "2"):
        deployment = house.ended(work.push("Say it", **{"n.txt": number}))
        assert deployment["ending"] == "live", house.log_tail()
        revisions.append(deployment["revision"])
    services = Google(house.world.google.grpc_address).services
    by_hand = services.get_service(name=f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}")
    by_hand.traffic = [
        run_v2.TrafficTarget(type_=BY_REVISION, revision=revision, percent=percent)
        for revision, percent in zip(revisions, (60, 40), strict=True)
    ]
    services.update_service(service=by_hand)
    third = work.push("Say more", **{"n.txt": "3"})
    assert house.ended(third)["ending"] == "live", house.log_tail()
    summary = unescape(house.check_run(SAMPLE, third)["output"]["summary"])
    assert f"It is with {revisions[0]} (60 %), {revisions[1]} (40 %);" in summary, summary
    assert f"--to-revisions={revisions[0]}=60,{revisions[1]}=40" in summary
    fourth = work.push("And more", **{"n.txt": "4"})
    assert house.ended(fourth)["ending"] == "live", house.log_tail()
    assert "by hand" not in house.check_run(SAMPLE, fourth)["output"]["summary"]


def test_the_deployers_role_is_enough_and_all_that_is_used(house: House) -> None:
    """With what `servergem setup google` grants, a service with a release command goes live; no more is used."""
    world = house.world
    project = world.google.projects.known(PROJECT)
    role = {*permissions(repairs=False), *permissions(repairs=True)}
    world.google.secrets.put(PROJECT, "db-url", "postgres://db")
    configuration = service("secrets: {DB: db-url}", 'release: "true"', "public: false")
    sha = house.repository(SAMPLE).push("Say hello", **{"servergem.yml": configuration})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert project.used <= role | {ACT_AS}


def test_what_two_services_need_is_made_and_told_once(house: House) -> None:
    """Both services of a monorepo look for the bucket and the registry: only the one that made it says so."""
    sha = house.repository("shop").push("Say hello")
    eventually(
        lambda: (
            [run["status"] for run in house.world.github.check_runs("acme/shop", sha)] == ["completed"] * 2
        ),
        "both services",
        house.log_tail,
    )
    told = [run["output"]["summary"] for run in house.world.github.check_runs("acme/shop", sha)]
    for made in ("created source bucket", "created Artifact Registry repository"):
        assert sum(f"- {made}" in each for each in told) == 1, told
