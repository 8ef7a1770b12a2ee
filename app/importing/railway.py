"""Railway's railway.json and railway.toml: https://docs.railway.com/reference/config-as-code"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from app.config.draft import Block
from app.importing.around import Around
from app.importing.foreign import CommandLine, Foreign
from app.importing.measures import region
from app.importing.telling import dockerfile, instances, said, start
from app.importing.told import JOBS, Left, Named, Told


class Build(Foreign):
    builder: str = Field(default="", description="`build`: DOCKERFILE, or buildpacks")
    dockerfile: str = Field(default="", alias="dockerfilePath", description="`build.dockerfile`")
    watch: list[str] = Field(default=[], alias="watchPatterns", description="`watch`")


class Deploy(Foreign):
    start: CommandLine = Field(
        default="", alias="startCommand", description="`command`, or a Procfile to write"
    )
    release: CommandLine = Field(default="", alias="preDeployCommand", description="`release`")
    health: str = Field(default="", alias="healthcheckPath", description="`health`")
    count: int | None = Field(default=None, alias="numReplicas", description="`instances.min` above 1")
    region: str = Field(default="", description="`region`, the nearest")
    cron: str = Field(default="", alias="cronSchedule", description="`schedule` of a job")


class Railway(Foreign):
    """`railway.json`, `railway.toml`: one service."""

    schema_: str = Field(default="", alias="$schema", description="nothing")
    build: Build = Field(default=Build(), description="`build`, `watch`")
    deploy: Deploy = Field(default=Deploy(), description="`command`, `release`, `health`, `instances`")


LEFT: Mapping[str, str] = {
    "build.buildCommand": "Buildpacks install what the manifest asks for; further steps go into a Dockerfile.",
    "build.nixpacksConfigPath": "Write what it installs as a Dockerfile, or leave it to buildpacks.",
    "build.nixpacksPlan": "Write what it installs as a Dockerfile, or leave it to buildpacks.",
    "build.*": "Nothing is needed, or a Dockerfile.",
    "deploy.healthcheckTimeout": "Nothing is needed: a start may take minutes; write `probes:` for other bounds.",
    "deploy.restartPolicyType": "Nothing is needed: an instance that ends is started anew.",
    "deploy.restartPolicyMaxRetries": "Nothing is needed: an instance that ends is started anew.",
    "deploy.sleepApplication": "Nothing is needed: without requests there is no instance.",
    "deploy.drainingSeconds": "Cloud Run gives ten seconds after SIGTERM.",
    "deploy.overlapSeconds": "Nothing is needed: the old revision serves until traffic has moved.",
    "deploy.multiRegionConfig": "Write `regions:` with regions of Cloud Run, such as [europe-west1, us-central1].",
    "deploy.requiredMountPath": "Name a bucket as a volume (`volumes:`).",
    "deploy.railway": "Write `region:` with a region of Cloud Run, such as europe-west1.",
    "deploy.runtime": "Nothing is needed.",
    "deploy.*": "Nothing is needed.",
    "environments": "Write what differs as `environments: {NAME: {branch: …}}`.",
    "crons": "Make each a job of `jobs:` with `schedule:`, or let Cloud Scheduler call the address.",
}


def is_railway(value: Mapping[str, Any]) -> bool:
    parts = [value.get(key) for key in ("build", "deploy") if key in value]
    return bool(parts) and "app" not in value and all(isinstance(each, dict) for each in parts)


def tell(railway: Railway, around: Around) -> Iterator[Named | Left]:
    if railway.deploy.cron:
        yield Named(f"{around.name}-cron", tuple(_job(railway)), JOBS)
        yield Left(
            ("deploy", "cronSchedule"), "The job has the image of a service, which has to answer requests."
        )
    yield Named(around.name, tuple(_told(railway)))


def _job(railway: Railway) -> Iterator[Told]:
    yield said("schedule", railway.deploy.cron, "deploy", "cronSchedule")
    if railway.deploy.start:
        yield said("command", ("/bin/sh", "-c", railway.deploy.start), "deploy", "startCommand")


def _told(railway: Railway) -> Iterator[Told]:
    build, deploy = railway.build, railway.deploy
    docker = build.builder.upper() == "DOCKERFILE" or bool(build.dockerfile)
    if named := dockerfile(build.dockerfile, "."):
        yield said("build", Block((said("dockerfile", named, "build", "dockerfilePath"),)))
    elif build.builder:
        yield said("build", "dockerfile" if docker else "auto", "build", "builder", note=build.builder)
    if build.watch:
        yield said("watch", tuple(each.removeprefix("/") for each in build.watch), "build", "watchPatterns")
    if not deploy.cron:
        yield from start(deploy.start, "deploy", "startCommand", with_docker=docker)
    if deploy.release:
        yield said("release", deploy.release, "deploy", "preDeployCommand")
    if deploy.health:
        yield said("health", deploy.health, "deploy", "healthcheckPath")
    if deploy.count and deploy.count > 1:
        yield from instances(deploy.count, None, "deploy", "numReplicas")
    if near := region(deploy.region):
        yield said("region", near, "deploy", "region", note=f"nearest to {deploy.region}")
    elif deploy.region:
        yield Left(("deploy", "region"), "Write `region:` with a region of Cloud Run, such as europe-west1.")
