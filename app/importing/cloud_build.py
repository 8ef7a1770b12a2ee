"""Cloud Build's cloudbuild.yaml whose steps deploy to Cloud Run: https://cloud.google.com/build/docs/build-config-file-schema"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.config.draft import Keys
from app.importing import gcloud_command, image_builds
from app.importing.around import Around
from app.importing.deployments import named
from app.importing.foreign import Foreign, Variables
from app.importing.gcloud_command import Command, Scope, deploys
from app.importing.image_builds import ImageBuild
from app.importing.told import Left, Named

Args = Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class SecretVersion(Foreign):
    version: str = Field(default="", alias="versionName", description="`secrets`")
    env: str = Field(default="", description="`secrets`")


class Secrets(Foreign):
    manager: list[SecretVersion] = Field(default=[], alias="secretManager", description="`secrets`")


class Step(Foreign):
    name: str = Field(default="", description="which program it is")
    id: str = Field(default="", description="nothing")
    entrypoint: str = Field(default="", description="which program it is")
    args: Args = Field(default=[], description="the flags of `gcloud run deploy`, below; `path` and `build`")
    script: str = Field(default="", description="the same")
    dir: str = Field(default="", description="`path`")
    env: Variables = Field(default={}, description="variables that are put in")


class CloudBuild(Foreign):
    """`cloudbuild.yaml`: each `gcloud run deploy` of its steps is a service."""

    steps: list[Step] = Field(default=[], description="each that deploys")
    substitutions: dict[str, str | None] = Field(default={}, description="variables that are put in")
    secrets: Secrets = Field(default=Secrets(), alias="availableSecrets", description="`secrets`")


ITSELF = "Nothing is needed: ServerGem builds the image and keeps it."
LEFT: Mapping[str, str] = {
    "images": ITSELF,
    "artifacts": "Keep it in a build of your own: ServerGem keeps images alone.",
    "options": "Nothing is needed: ServerGem's settings say how builds run.",
    "timeout": "Nothing is needed: ServerGem's settings say how long a build may take.",
    "serviceAccount": "Nothing is needed: builds have an account of their own.",
    "logsBucket": "Nothing is needed: the check run has the log.",
    "tags": "Nothing is needed.",
    "queueTtl": "Nothing is needed.",
    "steps.*.waitFor": "Nothing is needed: services are deployed beside each other.",
    "steps.*.timeout": "Nothing is needed: ServerGem's settings say how long a build may take.",
    "steps.*.secretEnv": "Nothing is needed: what the service takes of it is told by itself.",
    "steps.*.volumes": "Nothing is needed.",
    "steps.*.allowFailure": "Nothing is needed.",
    "steps.*.automapSubstitutions": "Nothing is needed.",
}
OTHERS = (
    "ServerGem runs no steps of yours: keep it in a build or a workflow of its own, or make it `release:`."
)
UNUSED = "Nothing is needed: nothing that comes along is made of it."


def is_cloud_build(value: Mapping[str, Any]) -> bool:
    steps = value.get("steps")
    return isinstance(steps, list) and any(
        isinstance(each, dict) and deploys(_all_of(each)) for each in steps
    )


def _all_of(step: Mapping[str, Any]) -> str:
    args = step.get("args") or ""
    return " ".join(
        [*(map(str, args) if isinstance(args, list) else [str(args)]), str(step.get("script") or "")]
    )


def tell(build: CloudBuild, around: Around) -> Iterator[Named | Left]:
    scope = Scope(build.substitutions, around.name)
    found: list[Command] = []
    builds: list[ImageBuild] = []
    left: list[Left] = []
    for number, step in enumerate(build.steps):
        at = ("steps", str(number))
        scope.known = {**build.substitutions, **step.env}
        commands, images = list(_commands(step, scope, at)), list(_builds(step, scope))
        found += commands
        builds += [replace(each, at=(*at, "args")) for each in images]
        if not commands:
            is_image = (
                images
                or re.search(r"(?:^|/)(?:docker|kaniko|executor)\b", step.name)
                or "push" in step.args[:1]
            )
            left.append(Left(at, ITSELF if is_image else OTHERS, whole=True))
        else:
            left += [Left((*at, "env", name), UNUSED) for name in step.env.keys() - scope.used]
    yield from named(found, builds, _held(build), around)
    yield from left
    for name in build.substitutions.keys() - scope.used:
        yield Left(("substitutions", name), UNUSED)


def _commands(step: Step, scope: Scope, at: Keys) -> Iterator[Command]:
    words = step.args
    start = next((n for n in range(len(words)) if words[n : n + 2] == ["run", "deploy"]), -1)
    if start >= 0:
        yield gcloud_command.of_words(words[start + 2 :], scope, (*at, "args"), counted=start + 2)
        return
    for number, word in enumerate(words):
        yield from gcloud_command.in_script(word, scope, (*at, "args", str(number)))
    yield from gcloud_command.in_script(step.script, scope, (*at, "script"))


def _builds(step: Step, scope: Scope) -> Iterator[ImageBuild]:
    words = [scope.expanded(word) for word in step.args]
    if any("kaniko" in word for word in (step.name, *words[:1])):
        made = image_builds.of_words(words, step.dir)
    elif "build" in words[:2]:
        made = image_builds.of_words(words[words.index("build") + 1 :], step.dir)
    else:
        scripts = [*(word for word in words if "\n" in word or " " in word), scope.expanded(step.script)]
        yield from (each for script in scripts for each in image_builds.in_script(script, step.dir))
        return
    if made:
        yield made


def _held(build: CloudBuild) -> dict[str, str]:
    """Variables whose value Secret Manager has: name to secret:version."""
    found = {}
    for each in build.secrets.manager:
        if match := re.search(r"/secrets/([^/]+)(?:/versions/(\w+))?$", each.version):
            found[each.env] = f"{match[1]}:{match[2] or 'latest'}"
    return found
