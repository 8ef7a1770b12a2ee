"""The steps of a build request: what Cloud Build is told, and that it takes every word as it was written."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from google.cloud.devtools import cloudbuild_v1 as cb

from app.model import Source
from app.source.layers import Layers
from gcp.build_steps import BuildRequest, steps
from gcp.cloud_build import build_of
from sandbox.dockerfile_cache import LayerCache, layer
from sandbox.dockerfile_run import Options
from sandbox.google.errors import Refusal
from sandbox.google.substitutions import substituted
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House

ODD = ("https://a$b.example/$PROJECT_ID?x=${HOME}", "$$", "price: 5$", "$_X")
TAKES_LONG = """FROM python:3
RUN sleep 1
COPY . .
CMD ["python", "main.py"]
"""
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


def test_what_the_cache_saves_is_told_as_it_was_measured(world: Sandbox, tmp_path: Path) -> None:
    """By what the same layers took when they were made: nothing at first, then all that did not change."""
    house = House(world, tmp_path)
    house.start()
    try:
        work = house.repository("hello-python")
        first = house.ended(work.push("Take long", Dockerfile=TAKES_LONG))
        second = house.ended(work.push("Change a file", **{"other.txt": "2"}))
        assert (first["ending"], second["ending"]) == ("live", "live"), house.log_tail()
        told = [
            [note for row in each["rows"] for note in row["notes"] if "cache" in note]
            for each in (first, second)
        ]
        assert told[0] == []
        [note] = told[1]
        assert re.fullmatch(r"1 of 2 layers came from the cache, which took \d+ s when they were made", note)
    finally:
        house.stop()


@pytest.mark.parametrize(
    ("below", "words", "text", "there"),
    [
        ("base", "COPY a.txt .", "one", True),
        ("base", "COPY a.txt .", "two", False),
        ("base", "COPY a.txt /", "one", False),
        ("other", "COPY a.txt .", "one", False),
    ],
)
def test_the_sandboxs_cache_ends_where_something_changed(
    tmp_path: Path, below: str, words: str, text: str, there: bool
) -> None:
    """The layer below, the instruction or a file that it copies; and nobody reads another's cache."""
    file = tmp_path / "a.txt"
    file.write_text("one")
    first = LayerCache(tmp_path, "", "registry/a")
    assert not first.has(layer("base", "COPY a.txt .", [file]))
    first.keep()
    file.write_text(text)
    assert LayerCache(tmp_path, "registry/a", "").has(layer(below, words, [file])) is there
    assert not LayerCache(tmp_path, "registry/b", "").has(layer(below, words, [file]))


# As BuildKit prints with `--progress=plain`, and Cloud Build before each line.
PLAIN = """\
Step #2 - "build": #5 [internal] load build context
Step #2 - "build": #5 DONE 0.1s
Step #2 - "build": #6 [builder 1/4] FROM docker.io/library/node:22@sha256:abc
Step #2 - "build": #6 CACHED
Step #2 - "build": #7 [builder 2/4] COPY package.json ./
Step #2 - "build": #7 CACHED
Step #2 - "build": #8 [builder 3/4] RUN npm ci
Step #2 - "build": #8 CACHED
Step #2 - "build": #9 [builder 4/4] COPY . .
Step #2 - "build": #9 0.412 DONE 99s
Step #2 - "build": #9 DONE 0.3s
Step #2 - "build": #10 [stage-1 2/2] RUN --mount=type=cache,target=/x make
#10 DONE 12.0s
"""


def test_the_layers_are_read_from_what_buildkit_prints() -> None:
    """Those that the cache had and those that were made, with or without Cloud Build's own words before each line."""
    layers = Layers()
    for line in PLAIN.splitlines():
        layers.hear(line)
    assert sorted(layers.made.values()) == [0.3, 12.0] and len(layers.cached) == 2
    assert layers.saving(dict.fromkeys(layers.cached, 20.6)).startswith("2 of 4 layers came from the cache")
    assert "took 41 s" in layers.saving(dict.fromkeys(layers.cached, 20.6))
    assert layers.saving({}) == layers.saving(dict.fromkeys(layers.cached, 0.2)) == ""


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
