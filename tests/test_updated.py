"""Which runtime a service's buildpacks take for sure, and which images have to bring their own base."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.diagnosis import Files
from app.model import Build, BuildPlan, JobConfig, ServiceConfig, Sidecar, Target, TargetJob
from app.source.updated import STACKS, Runtime, kept_whole, runtime, updates
from sandbox.google import runtime_images

SERVICE = ServiceConfig("api", build=BuildPlan(Build.BUILDPACKS))
TARGET = Target("p", "r", "production", SERVICE)
PYTHON, NODE = {"main.py": ""}, {"package.json": "{}", "index.js": ""}


def engines(version: str) -> dict[str, str]:
    return NODE | {"package.json": f'{{"engines": {{"node": "{version}"}}}}'}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (PYTHON, Runtime("python", "3.14")),
        (PYTHON | {"poetry.lock": "", "pyproject.toml": ""}, Runtime("python", "3.14")),
        (PYTHON | {"requirements.txt": "flask\n"}, Runtime("python", "3.14")),
        (PYTHON | {".python-version": "3.12\n"}, Runtime("python", "3.12")),
        (NODE, Runtime("nodejs", "24")),
        (NODE | {"pnpm-lock.yaml": ""}, Runtime("nodejs", "24")),
        (engines("^22.1"), Runtime("nodejs", "22")),
        (PYTHON | {".python-version": "3.12.4"}, "exactly 3.12.4"),
        (PYTHON | {".python-version": "3.9"}, "no version that has a base image"),
        (PYTHON | {".python-version": ""}, "names no version"),
        (PYTHON | {".python-version": "pypy"}, "no version that has a base image"),
        (PYTHON | NODE, "Python as well as index.js"),
        (PYTHON | {"project.toml": ""}, "project.toml may be of another language"),
        (NODE | {"go.mod": ""}, "go.mod may be of another language"),
        (engines("22.4.1"), "exactly Node 22.4.1"),
        (engines(">=18"), "no one version of Node"),
        (NODE | {".nvmrc": "20"}, "no one version of Node"),
        ({"go.sum": ""}, "neither Python nor Node"),
    ],
)
def test_a_runtime_is_known_for_sure_or_not_at_all(files: dict[str, str], expected: Runtime | str) -> None:
    """What the buildpacks take by themselves is named; what somebody wants otherwise is left to an image of its own."""
    found = runtime(Files.of(files), TARGET)
    assert found == expected if isinstance(expected, Runtime) else expected in str(found)


@pytest.mark.parametrize(
    "said",
    [
        {"automatic_updates": False},
        {"release": "migrate"},
        {"binary_authorization": "default"},
        {"encryption_key": "k"},
        {"containers": (Sidecar("proxy", "i"),)},
    ],
)
def test_what_else_runs_or_judges_an_image_keeps_it_whole(said: dict[str, Any]) -> None:
    """And so do jobs; a Dockerfile's image is whole in any case."""
    assert updates(TARGET) and not kept_whole(TARGET)
    other = replace(TARGET, service=replace(SERVICE, **said))
    assert kept_whole(other) and not updates(other)
    assert not updates(replace(TARGET, jobs=(TargetJob("tidy", JobConfig("tidy")),)))
    assert not updates(replace(TARGET, service=replace(SERVICE, build=BuildPlan(Build.DOCKERFILE))))


def test_each_runtime_is_on_the_stack_that_google_makes_it_on() -> None:
    """The table and the sandbox's, which has it from Google's own, agree."""
    assert {name: stack for stack, names in runtime_images.STACKS.items() for name in names} == STACKS
    assert Runtime("nodejs", "22").base == "google-22-full/nodejs22"
    assert dict(Runtime("nodejs", "22").env)["GOOGLE_RUNTIME_VERSION"] == "22.*.*"
