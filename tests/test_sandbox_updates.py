"""The sandbox's empty run images: what pack refuses, and that nothing starts without the base image it is for."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from gcp import base_images
from gcp.cloud import Google
from sandbox.builder import Builder
from sandbox.google.ports import Step
from sandbox.world import PROJECT, Sandbox
from tests.conftest import answer_of
from tests.test_sandbox_source import PARENT, REGION, SERVER

IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/servergem/1/hello"
GOOGLE = f"{REGION}-docker.pkg.dev/serverless-runtimes"
BUILDER = f"{GOOGLE}/google-24-full/builder/python:public-image-current"
EMPTY = f"{GOOGLE}/google-24-full/scratch/python314"
SKIP = ("--env", "GOOGLE_RUNTIME=python314", "--env", "X_GOOGLE_SKIP_RUNTIME_LAUNCH=true")


def archive(folder: Path) -> Path:
    made = folder / "source.tar.gz"
    with tarfile.open(made, "w:gz") as tar:
        for name, text in (("main.py", SERVER), ("Procfile", b"web: python3 main.py\n")):
            about = tarfile.TarInfo(name)
            about.size = len(text)
            tar.addfile(about, io.BytesIO(text))
    return made


def packed(builder: Builder, folder: Path, *words: str) -> tuple[str, list[str]]:
    """The digest, empty where the build failed, and the log."""
    said: list[str] = []
    args = ("build", f"{IMAGE}:v1", *words, "--network", "cloudbuild", "--publish")
    outcome = builder.build(
        archive=archive(folder),
        steps=[Step("gcr.io/k8s-skaffold/pack", "build", "pack", args)],
        images=[],
        log=said.append,
        cancelled=lambda: False,
        timeout=60.0,
    )
    return outcome.published.get(f"{IMAGE}:v1", ""), said


@pytest.mark.parametrize(
    ("builder", "image", "said"),
    [
        (BUILDER, EMPTY.replace("python314", "python399") + ":latest", "invalid run-image"),
        (BUILDER, EMPTY + ":yesterday", "invalid run-image"),
        (
            BUILDER,
            EMPTY.replace("24-full/scratch/python314", "22-full/scratch/python312") + ":latest",
            "stack id",
        ),
        (BUILDER.replace("python:", "cobol:"), EMPTY + ":latest", "failed to fetch builder image"),
        (BUILDER.replace("python:", "nodejs:"), EMPTY + ":latest", "No buildpack groups passed detection"),
    ],
)
def test_pack_refuses_what_does_not_fit(tmp_path: Path, builder: str, image: str, said: str) -> None:
    """A run image that is not there, of another stack, and a builder of another language."""
    digest, log = packed(Builder(tmp_path / "b"), tmp_path, "--builder", builder, "--run-image", image, *SKIP)
    assert not digest and any(said in line for line in log), log


@pytest.fixture
def google(world: Sandbox, tmp_path: Path) -> Google:
    """The clients, and an image upon nothing for Python 3.14 in the project's registry."""
    world.google.provisioned_project(PROJECT, repository="servergem")
    digest, log = packed(
        world.builder, tmp_path, "--builder", BUILDER, "--run-image", f"{EMPTY}:latest", *SKIP
    )
    assert digest, log
    world.google.registry.push(f"{IMAGE}:v1", digest)
    return Google(world.google.grpc_address, world.google.storage_url)


def deployed(google: Google, base: str) -> run_v2.Service:
    container = run_v2.Container(image=f"{IMAGE}:v1", base_image_uri=base)
    template = run_v2.RevisionTemplate(containers=[container])
    wish = run_v2.Service(template=template, invoker_iam_disabled=True)
    operation: Any = google.services.create_service(parent=PARENT, service_id="hello", service=wish)
    made: run_v2.Service = operation.result()
    return made


def test_it_runs_on_the_base_image_that_it_was_built_for(google: Google) -> None:
    """Whole or by its short name, it is laid below."""
    made = deployed(google, base_images.address(REGION, "google-24-full/python314"))
    assert answer_of(made.uri).text == "no build"


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("", "nothing is below it"),
        ("python313", "python313 is below it"),
        ("nodejs24", "nodejs24 is below it"),
    ],
)
def test_it_starts_nowhere_else(google: Google, base: str, said: str) -> None:
    """By itself, on another version and on another language there is no Python where it looks for one."""
    with pytest.raises(exceptions.GoogleAPICallError, match=said):
        deployed(google, base)


def test_it_does_not_run_as_a_job(google: Google) -> None:
    """A job has no base image, and so the execution ends without having started."""
    job = run_v2.Job()
    job.template.template.containers = [run_v2.Container(image=f"{IMAGE}:v1", command=["python3", "-V"])]
    made: Any = google.jobs.create_job(parent=PARENT, job_id="tidy", job=job)
    made.result()
    ran: Any = google.jobs.run_job(name=f"{PARENT}/jobs/tidy")
    with pytest.raises(exceptions.GoogleAPICallError, match="nothing is below it"):
        ran.result()


def test_googles_own_images_are_found_by_their_tags_in_every_region(google: Google) -> None:
    """Anybody may look, and hears of what is not there."""
    for region in (REGION, "us-central1"):
        found = base_images.makers(google, region, "google-22-full/nodejs22", "nodejs")
        assert found and found.run_image.startswith(
            f"{region}-docker.pkg.dev/serverless-runtimes/google-22-full/scratch/nodejs22@"
        )
    assert base_images.makers(google, REGION, "google-24-full/python312", "python") is None
