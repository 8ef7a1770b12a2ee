"""Render's render.yaml: https://render.com/docs/blueprint-spec"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from app.config.draft import Block
from app.importing.around import Around
from app.importing.foreign import CommandLine, Foreign
from app.importing.images import AS_CLOUD_SQL, AS_MEMORYSTORE
from app.importing.measures import memory, region
from app.importing.telling import WORKER, dockerfile, folder, instances, said, start
from app.importing.told import JOBS, Left, Named, Told, Variable

# MiB and CPUs: https://render.com/pricing#services
PLANS = {
    "free": (512, ""), "starter": (512, ""), "standard": (2048, "1"), "pro": (4096, "2"),
    "pro plus": (8192, "4"), "pro max": (16384, "4"), "pro ultra": (32768, "8"),
}  # fmt: skip
SERVES = ("web", "pserv")
INSTEAD = {
    "worker": WORKER,
    "static": "Serve the files from a container (a Dockerfile with nginx or Caddy), or put them on Firebase Hosting.",
    "keyvalue": AS_MEMORYSTORE,
    "redis": AS_MEMORYSTORE,
}


class Source(Foreign):
    """Another part of the file that has the value."""

    name: str = Field(default="", description="nothing")
    type: str = Field(default="", description="nothing")
    property: str = Field(default="", description="nothing")
    key: str = Field(default="", alias="envVarKey", description="nothing")


class EnvVar(Foreign):
    key: str = Field(default="", description="a name of `env` or `secrets`")
    value: str | None = Field(default=None, description="`env`, or `secrets` and the command that makes one")
    sync: str = Field(default="", description="`secrets`")
    generate: str = Field(default="", alias="generateValue", description="`secrets`")
    group: str = Field(default="", alias="fromGroup", description="the group's variables")
    database: Source = Field(default=Source(), alias="fromDatabase", description="`secrets`")
    service: Source = Field(default=Source(), alias="fromService", description="left: the other's address")


class Scaling(Foreign):
    least: int | None = Field(default=None, alias="minInstances", description="`instances.min`")
    most: int | None = Field(default=None, alias="maxInstances", description="`instances.max`")


class RenderService(Foreign):
    type: str = Field(
        default="", description="`web`: a service, `pserv`: with `ingress: internal`, `cron`: a job"
    )
    name: str = Field(default="", description="its name")
    runtime: str = Field(default="", description="`build`")
    env: str = Field(default="", description="`build`")
    root: str = Field(default="", alias="rootDir", description="`path`")
    context: str = Field(default="", alias="dockerContext", description="`path`")
    dockerfile: str = Field(default="", alias="dockerfilePath", description="`build.dockerfile`")
    docker_command: CommandLine = Field(default="", alias="dockerCommand", description="`command`")
    start: CommandLine = Field(default="", alias="startCommand", description="a Procfile to write")
    release: CommandLine = Field(default="", alias="preDeployCommand", description="`release`")
    region: str = Field(default="", description="`region`, the nearest")
    plan: str = Field(default="", description="`memory`, `cpu`")
    health: str = Field(default="", alias="healthCheckPath", description="`health`")
    count: int | None = Field(default=None, alias="numInstances", description="`instances.min`")
    scaling: Scaling = Field(default=Scaling(), description="`instances`")
    schedule: str = Field(default="", description="`schedule` of a job")
    variables: list[EnvVar] = Field(default=[], alias="envVars", description="`env`, `secrets`")


class Database(Foreign):
    name: str = Field(default="", description="left: Cloud SQL")


class Group(Foreign):
    name: str = Field(default="", description="the group's name")
    variables: list[EnvVar] = Field(
        default=[], alias="envVars", description="of each service that names the group"
    )


class Render(Foreign):
    """`render.yaml`: services, cron jobs, databases, groups of variables."""

    services: list[RenderService] = Field(default=[], description="`services`, `jobs`")
    databases: list[Database] = Field(default=[], description="left: Cloud SQL")
    groups: list[Group] = Field(default=[], alias="envVarGroups", description="`env`, `secrets`")


LEFT: Mapping[str, str] = {
    "databases.*.*": "Choose it where you make the instance of Cloud SQL.",
    "previews": "`previews:` has its own defaults: a copy for each pull request.",
    "previews.*": "`previews:` has its own defaults: a copy for each pull request.",
    "previewsEnabled": "`previews:` has its own defaults: a copy for each pull request.",
    "previewsExpireAfterDays": "Write `previews: {ttl: 3d}`.",
    "version": "Nothing is needed.",
    "services.*.repo": "Nothing is needed: this repository is deployed.",
    "services.*.branch": "Write `environments: {production: {branch: NAME}}` where it is not the default branch.",
    "services.*.autoDeploy": "Nothing is needed: a push deploys; `[skip deploy]` in a commit's subject does not.",
    "services.*.autoDeployTrigger": "Nothing is needed: a push deploys.",
    "services.*.buildCommand": "Buildpacks install what the manifest asks for; further steps go into a Dockerfile.",
    "services.*.buildFilter": "Write the paths as patterns of `watch:`.",
    "services.*.disk": "Name a bucket as a volume (`volumes:`), or keep the data in Cloud SQL.",
    "services.*.domains": "`gcloud beta run domain-mappings create`, or a load balancer.",
    "services.*.image": "ServerGem builds from source: give the service its `path:`.",
    "services.*.previews": "`previews:` has its own defaults: a copy for each pull request.",
    "services.*.pullRequestPreviewsEnabled": "`previews:` has its own defaults: a copy for each pull request.",
    "services.*.maxShutdownDelaySeconds": "Cloud Run gives ten seconds after SIGTERM.",
    "services.*.scaling.*": "Nothing is needed: Cloud Run scales by requests and CPU.",
    "services.*.ipAllowList": "Put a load balancer with Cloud Armor before the service, and write `ingress:`.",
    "services.*.staticPublishPath": INSTEAD["static"],
    "services.*.headers": INSTEAD["static"],
    "services.*.routes": INSTEAD["static"],
    "services.*.registryCredential": "Let the build's account read the registry.",
    "services.*.initialDeployHook": "Run it once yourself, as a job of `jobs:` or with `/run`.",
}


def is_render(value: Mapping[str, Any]) -> bool:
    """Its services are a list, each with a type."""
    listed = value.get("services")
    services = isinstance(listed, list) and all(isinstance(each, dict) and "type" in each for each in listed)
    return services or (isinstance(value.get("databases"), list) and "services" not in value)


def tell(render: Render, _around: Around) -> Iterator[Named | Left]:
    groups = {each.name: (number, each) for number, each in enumerate(render.groups)}
    for number, service in enumerate(render.services):
        at = ("services", str(number))
        kind = "static" if "static" in (service.runtime, service.env) else service.type
        if kind in SERVES:
            yield Named(service.name, tuple(_service(service, at, groups)))
        elif kind == "cron":
            yield Named(service.name, tuple(_job(service, at, groups)), JOBS)
        else:
            yield Left(at, INSTEAD.get(kind, "ServerGem deploys services and jobs alone."), whole=True)
    for number, _ in enumerate(render.databases):
        yield Left(("databases", str(number)), AS_CLOUD_SQL, whole=True)


Groups = Mapping[str, tuple[int, Group]]


def _service(service: RenderService, at: tuple[str, ...], groups: Groups) -> Iterator[Told]:
    yield from _source(service, at)
    if service.type == "pserv":
        yield said("ingress", "internal", *at, "type", note="pserv")
    if service.region:
        yield from _region(service.region, (*at, "region"))
    yield from _plan(service.plan, (*at, "plan"))
    if service.health:
        yield said("health", service.health, *at, "healthCheckPath")
    if service.release:
        yield said("release", service.release, *at, "preDeployCommand")
    least = service.count if service.count is not None else service.scaling.least
    yield from instances(
        least, service.scaling.most, *at, "scaling" if service.count is None else "numInstances"
    )
    yield from _variables(service.variables, at, groups)


def _job(service: RenderService, at: tuple[str, ...], groups: Groups) -> Iterator[Told]:
    """It runs with the image of a service, whichever has the same source."""
    yield said("schedule", service.schedule, *at, "schedule")
    if command := service.start or service.docker_command:
        yield said("command", ("/bin/sh", "-c", command), *at, "startCommand")
    yield Left(
        at, "Say whose image it has: `from: SERVICE`; it is the first service's where nothing is said."
    )
    yield from _variables(service.variables, at, groups)


def _source(service: RenderService, at: tuple[str, ...]) -> Iterator[Told]:
    docker = "docker" in (service.runtime, service.env)
    inside = folder(service.root or (service.context if docker else ""))
    if inside != ".":
        yield said("path", inside, *at, "rootDir" if service.root else "dockerContext")
    named = dockerfile(service.dockerfile, inside) if docker else ""
    if named:
        yield said("build", Block((said("dockerfile", named, *at, "dockerfilePath"),)))
    elif service.runtime or service.env:
        yield said(
            "build", "dockerfile" if docker else "buildpacks", *at, "runtime" if service.runtime else "env"
        )
    yield from start(service.docker_command, *at, "dockerCommand", with_docker=True)
    yield from start(service.start, *at, "startCommand", with_docker=docker)


def _region(there: str, at: tuple[str, ...]) -> Iterator[Told]:
    if near := region(there):
        yield said("region", near, *at, note=f"nearest to {there}")
    else:
        yield Left(at, "Write `region:` with a region of Cloud Run, such as europe-west1.")


def _plan(plan: str, at: tuple[str, ...]) -> Iterator[Told]:
    if not plan:
        return
    mib, cpu = PLANS.get(plan.lower(), (0, ""))
    if not mib:
        yield Left(at, "Write `memory:` and `cpu:` for the service.")
    if mib > 512:
        yield said("memory", memory(mib), *at, note=plan)
    if cpu and cpu != "1":
        yield said("cpu", cpu, *at, note=plan)


def _variables(listed: list[EnvVar], at: tuple[str, ...], groups: Groups) -> Iterator[Told]:
    for number, each in enumerate(listed):
        yield from _variable(each, (*at, "envVars", str(number)), groups)


def _variable(each: EnvVar, at: tuple[str, ...], groups: Groups) -> Iterator[Told]:
    if each.group in groups:
        number, group = groups[each.group]
        yield from _variables(group.variables, ("envVarGroups", str(number)), {})
    elif each.group:
        yield Left(at, "The group is not in this file: write its variables as `env:` and `secrets:`.")
    elif each.service.name:
        yield Left(at, "Write the other service's address as `env:` once it is live.")
    elif each.value is None:
        yield Variable(each.key, None, at)
    else:
        yield Variable(each.key, each.value, at)
