"""The steps of a build request: what Cloud Build is told, and that it takes every word as it was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from google.cloud.devtools import cloudbuild_v1 as cb

from app.model import Source
from gcp.build_steps import BuildRequest, steps
from gcp.cloud_build import build_of
from sandbox.dockerfile_run import Options
from sandbox.google.errors import Refusal
from sandbox.google.substitutions import substituted
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House

ODD = ("https://a$b.example/$PROJECT_ID?x=${HOME}", "$$", "price: 5$", "$_X")
REQUEST = BuildRequest(
    "p",
    "europe-west4",
    Source("bucket", "object", 1, "top"),
    "top/$web",
    "europe-west4-docker.pkg.dev/p/servergem/1/web",
    "a" * 40,
    "dockerfile",
    args=tuple((f"A{number}", text) for number, text in enumerate(ODD)),
    cache_reference="europe-west4-docker.pkg.dev/p/servergem/1/web:cache",
)


def sent(request: BuildRequest) -> cb.Build:
    """The build as Cloud Build runs it."""
    build = cb.Build(id="b", project_id=PROJECT, steps=steps(request))
    substituted(build, 4711, "europe-west4")
    return build


def test_nothing_is_replaced_in_what_a_person_wrote() -> None:
    """Dollars in build arguments and folders arrive as they are."""
    build = next(step for step in sent(REQUEST).steps if step.id == "build")
    assert dict(Options.parse(list(build.args)).args) == {f"A{n}": text for n, text in enumerate(ODD)}
    assert build.dir_ == "top/$web"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("$PROJECT_ID", PROJECT),
        ("${BUILD_ID}-x", "b"),
        ("$$HOME", "$HOME"),
        ("$COMMIT_SHA.", ""),
        ("5$", "5$"),
    ],
)
def test_the_sandbox_replaces_as_cloud_build_does(text: str, becomes: str) -> None:
    """Names that Cloud Build knows are replaced, and two dollars are one."""
    build = cb.Build(id="b", project_id=PROJECT, steps=[cb.BuildStep(name="x", args=[text])])
    substituted(build, 4711, "global")
    assert build.steps[0].args[0].startswith(becomes)


@pytest.mark.parametrize(("text", "why"), [("$HOME", "not a valid built-in"), ("$_MINE", "not matched")])
def test_the_sandbox_refuses_a_name_that_it_does_not_know(text: str, why: str) -> None:
    """A build is not begun with a name that means nothing: https://cloud.google.com/build/docs/build-config-file-schema#options."""
    build = cb.Build(id="b", project_id=PROJECT, steps=[cb.BuildStep(name="x", args=[text])])
    with pytest.raises(Refusal, match=why):
        substituted(build, 4711, "global")


@pytest.mark.parametrize("project", ["p", "elsewhere"])
def test_a_build_names_its_account_in_the_accounts_own_project(project: str) -> None:
    """Which may be another than that of the build."""
    account = f"b@{project}.iam.gserviceaccount.com"
    built = build_of(replace(REQUEST, service_account=account))
    assert built.service_account == f"projects/{project}/serviceAccounts/{account}"


def test_a_hundred_arguments_are_enough() -> None:
    """Eighty build arguments stay within what one step takes."""
    many = replace(REQUEST, args=tuple((f"A{number}", "x") for number in range(80)))
    assert max(len(step.args) for step in steps(many)) <= 100


def test_what_builds_is_pinned_and_asks_the_mirror() -> None:
    """The builder has a version, and BuildKit's own container comes from the mirror and asks it before Docker Hub."""
    mirror, prepare, build = sent(REQUEST).steps
    assert {step.name for step in (mirror, prepare, build)} == {"gcr.io/cloud-builders/docker:20.10.24"}
    assert mirror.entrypoint == "bash"
    assert 'mirrors = ["mirror.gcr.io"]' in mirror.args[1]
    assert "image=mirror.gcr.io/moby/buildkit:buildx-stable-1" in prepare.args
    assert prepare.args[prepare.args.index("--config") + 1] in mirror.args[1]


def test_without_a_cache_the_daemons_own_buildkit_builds() -> None:
    """Which asks the mirror by itself: one step, and no builder is made."""
    [build] = steps(replace(REQUEST, cache_reference=""))
    assert list(build.args[:3]) == ["buildx", "build", "--load"]


def test_where_a_project_may_not_build_it_builds_elsewhere(world: Sandbox, tmp_path: Path) -> None:
    """The service stays in its region, and the check run says where its image was built: on the operator's machine."""
    world.google.projects.known(PROJECT).barred_regions.add("europe-west1")
    house = House(world, tmp_path, settings={"BUILD_MACHINE": "E2_HIGHCPU_8"})
    house.start()
    try:
        work = house.repository("hello-python")
        deployment = house.ended(work.push("Say hello"))
        assert deployment["ending"] == "live", house.log_tail()
        notes = [note for row in deployment["rows"] for note in row["notes"]]
        assert "this project may not build in europe-west1; built in global" in notes
        [built] = world.google.builds.all()
        assert built.options.machine_type == cb.BuildOptions.MachineType.E2_HIGHCPU_8
    finally:
        house.stop()
