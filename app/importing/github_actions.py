"""A workflow of GitHub Actions that deploys to Cloud Run: https://github.com/google-github-actions/deploy-cloudrun"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from app.config.draft import Keys
from app.importing import gcloud_command, image_builds
from app.importing.around import Around
from app.importing.cloud_build import ITSELF, UNUSED
from app.importing.deployments import named
from app.importing.foreign import Foreign, Variables
from app.importing.gcloud_command import Command, Flag, Scope, deploys
from app.importing.image_builds import ImageBuild, bare
from app.importing.telling import folder
from app.importing.told import Left, Named


class Step(Foreign):
    name: str = Field(default="", description="nothing")
    id: str = Field(default="", description="nothing")
    uses: str = Field(default="", description="which action it is")
    given: Variables = Field(
        default={}, alias="with", description="the inputs of deploy-cloudrun, as flags, below"
    )
    run: str = Field(default="", description="the flags of `gcloud run deploy`, below; `path` and `build`")
    directory: str = Field(default="", alias="working-directory", description="`path`")
    env: Variables = Field(default={}, description="variables that are put in")


class Job(Foreign):
    name: str = Field(default="", description="nothing")
    steps: list[Step] = Field(default=[], description="each that deploys")
    env: Variables = Field(default={}, description="variables that are put in")


class Workflow(Foreign):
    """A workflow below `.github/workflows`: each deployment to Cloud Run is a service."""

    name: str = Field(default="", description="nothing")
    env: Variables = Field(default={}, description="variables that are put in")
    jobs: dict[str, Job] = Field(default={}, description="each that deploys")


LEFT: Mapping[str, str] = {
    "on": "Nothing is needed: a push to the default branch deploys; name other branches as `environments:`.",
    "permissions": "Nothing is needed: ServerGem has rights of its own.",
    "concurrency": "Nothing is needed: one deployment at a time goes to a service.",
    "run-name": "Nothing is needed.",
    "defaults": "Write `path:` where the service is not at the repository's root.",
    "jobs.*.runs-on": "Nothing is needed.",
    "jobs.*.permissions": "Nothing is needed: ServerGem has rights of its own.",
    "jobs.*.needs": "Have branch protection ask for the tests of the workflow: what is merged is deployed.",
    "jobs.*.if": "Nothing is needed: a push to the default branch deploys; name other branches as `environments:`.",
    "jobs.*.environment": "Name it as one of `environments:`.",
    "jobs.*.concurrency": "Nothing is needed: one deployment at a time goes to a service.",
    "jobs.*.outputs": "Nothing is needed: the check run has the address.",
    "jobs.*.timeout-minutes": "Nothing is needed.",
    "jobs.*.strategy": "Write a service for each.",
    "jobs.*.defaults": "Write `path:` where the service is not at the repository's root.",
    "jobs.*.steps.*.if": "Name other branches than the default one as `environments:`.",
    "jobs.*.steps.*.timeout-minutes": "Nothing is needed.",
    "jobs.*.steps.*.continue-on-error": "Nothing is needed.",
    "jobs.*.steps.*.shell": "Nothing is needed.",
}
KEPT = "Keep it in the workflow: ServerGem deploys, and runs no steps of yours."
AROUND = "Nothing is needed: ServerGem fetches the source and has rights of its own."
ACTION = "google-github-actions/deploy-cloudrun"
AROUND_IT = re.compile(
    r"actions/checkout|google-github-actions/(?:auth|setup-gcloud)|docker/(?:login|setup-buildx|setup-qemu|metadata)-action"
)
# The action's inputs that are flags under another name.
INPUTS = {
    "env_vars": "set-env-vars",
    "secrets": "set-secrets",
    "labels": "labels",
    "project_id": "project",
    "no_traffic": "no-traffic",
    "suffix": "revision-suffix",
    "timeout": "timeout",
    "env_vars_file": "env-vars-file",
    "description": "description",
}
TOLD_ELSEWHERE = frozenset({"service", "flags", "credentials"})
NOT_FLAGS: Mapping[str, str] = {
    "env_vars_update_strategy": "Nothing is needed: a service has what servergem.yml names.",
    "secrets_update_strategy": "Nothing is needed: a service has what servergem.yml names.",
    "gcloud_version": "Nothing is needed.",
    "gcloud_component": "Nothing is needed.",
    "skip_default_labels": "Nothing is needed.",
    "tag_traffic": "Nothing is needed: traffic moves once the revision answers; `rollout:` makes steps.",
    "revision_traffic": "Nothing is needed: traffic moves once the revision answers; `rollout:` makes steps.",
    "metadata": "Import the file that it names as well: it is a Cloud Run service.",
    "job": "A job has the image of a service here: write it as one of `jobs:`.",
}


def is_workflow(value: Mapping[str, Any]) -> bool:
    jobs = value.get("jobs")
    steps = [
        step
        for job in (jobs.values() if isinstance(jobs, dict) else ())
        if isinstance(job, dict) and isinstance(job.get("steps"), list)
        for step in job["steps"]
        if isinstance(step, dict)
    ]
    return any(ACTION in str(each.get("uses")) or deploys(str(each.get("run"))) for each in steps)


def tell(workflow: Workflow, around: Around) -> Iterator[Named | Left]:
    scope = Scope(workflow.env, around.name)
    found: list[Command] = []
    builds: list[ImageBuild] = []
    left: list[Left] = []
    for key, job in workflow.jobs.items():
        known = {**workflow.env, **job.env}
        commands, images, beside = _read(job, known, scope, ("jobs", key))
        builds += images
        found += commands
        if commands:
            left += beside
            left += [Left(("jobs", key, "env", name), UNUSED) for name in job.env.keys() - scope.used]
        else:
            left.append(Left(("jobs", key), ITSELF if images else KEPT, whole=True))
    yield from named(found, builds, {}, around)
    yield from left
    for name in workflow.env.keys() - scope.used:
        yield Left(("env", name), UNUSED)


def _read(
    job: Job, known: Mapping[str, str | None], scope: Scope, above: Keys
) -> tuple[list[Command], list[ImageBuild], list[Left]]:
    """What a job deploys and builds, and its steps that do neither."""
    found: list[Command] = []
    builds: list[ImageBuild] = []
    left: list[Left] = []
    for number, step in enumerate(job.steps):
        at = (*above, "steps", str(number))
        scope.known = {**known, **step.env}
        commands, images = list(_commands(step, scope, at)), list(_builds(step, scope))
        found += commands
        inputs = ("run",) if step.run else ("with", "build-args")
        builds += [replace(each, at=(*at, *inputs)) for each in images]
        if commands:
            left += [Left((*at, "env", name), UNUSED) for name in step.env.keys() - scope.used]
            if step.uses:
                left += [
                    Left((*at, "with", key), NOT_FLAGS[key]) for key in step.given.keys() & NOT_FLAGS.keys()
                ]
        elif images or re.search(r"\bdocker (?:push|tag)\b|auth configure-docker|builds submit", step.run):
            left.append(Left(at, ITSELF, whole=True))
        else:
            left.append(Left(at, AROUND if AROUND_IT.match(step.uses) else KEPT, whole=True))
    return found, builds, left


def _commands(step: Step, scope: Scope, at: Keys) -> Iterator[Command]:
    if step.uses.startswith(ACTION):
        inputs = {key: scope.expanded(value or "") for key, value in step.given.items()}
        flags = tuple(_flags(inputs, scope, (*at, "with")))
        yield Command(inputs.get("service", ""), flags, (*at, "with"))
    else:
        yield from gcloud_command.in_script(step.run, scope, (*at, "run"))


def _flags(inputs: Mapping[str, str], scope: Scope, at: Keys) -> Iterator[Flag]:
    for key, value in inputs.items():
        if key == "flags":
            words = gcloud_command.words_of(" ".join(value.split()))
            yield from gcloud_command.of_words(words, scope, (*at, key)).flags
        elif key == "no_traffic" and value != "true":
            continue
        elif key not in TOLD_ELSEWHERE | NOT_FLAGS.keys():
            yield Flag(INPUTS.get(key, key), value, (*at, key))


def _builds(step: Step, scope: Scope) -> Iterator[ImageBuild]:
    if step.uses.startswith("docker/build-push-action"):
        given = {key: scope.expanded(value or "") for key, value in step.given.items()}
        images = tuple(
            bare(each.strip()) for each in re.split(r"[\n,]", given.get("tags", "")) if each.strip()
        )
        file = given.get("file", "")
        args = image_builds.pairs_of(given.get("build-args", "").split("\n"))
        context = folder(given.get("context", "."))
        yield ImageBuild(images, context, folder(file) if file else "", given.get("target", ""), args)
    else:
        yield from image_builds.in_script(
            gcloud_command.scope_of(step.run, scope).expanded(step.run), step.directory
        )
