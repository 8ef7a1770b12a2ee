"""App Engine's app.yaml, standard and flexible: https://cloud.google.com/appengine/docs/standard/reference/app-yaml"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from app.config.draft import Block, Said
from app.importing.around import Around
from app.importing.foreign import CommandLine, Foreign, Variables
from app.importing.measures import cpus, memory
from app.importing.telling import instances, said, start, variables
from app.importing.told import Left, Named, Told

# MiB: https://cloud.google.com/appengine/docs/standard#instance_classes
CLASSES = {
    "F1": 384,
    "F2": 768,
    "F4": 1536,
    "F4_1G": 3072,
    "B1": 384,
    "B2": 768,
    "B4": 1536,
    "B4_1G": 3072,
    "B8": 3072,
}


class Automatic(Foreign):
    min_instances: int | None = Field(default=None, description="`instances.min`")
    max_instances: int | None = Field(default=None, description="`instances.max`")
    min_num_instances: int | None = Field(default=None, description="`instances.min`")
    max_num_instances: int | None = Field(default=None, description="`instances.max`")
    max_concurrent_requests: int | None = Field(default=None, description="`concurrency`")


class Basic(Foreign):
    max_instances: int | None = Field(default=None, description="`instances.max`")


class Manual(Foreign):
    instances: int | None = Field(default=None, description="`manual_instances`")


class Resources(Foreign):
    cpu: str = Field(default="", description="`cpu`, the next that Cloud Run has")
    memory_gb: float | None = Field(default=None, description="`memory`", le=1_000_000)


class Check(Foreign):
    path: str = Field(default="", description="`health`")


class Connector(Foreign):
    name: str = Field(default="", description="`vpc.connector`")


class Beta(Foreign):
    cloud_sql_instances: str = Field(default="", description="`cloudsql`")


class AppEngine(Foreign):
    """`app.yaml`: one service, which buildpacks build."""

    runtime: str = Field(default="", description="`build`: buildpacks, or the Dockerfile of `custom`")
    env: str = Field(default="", description="nothing: Cloud Run has one environment")
    service: str = Field(default="", description="the service's name")
    module: str = Field(default="", description="the service's name")
    entrypoint: CommandLine = Field(default="", description="`command` of `custom`; else a Procfile to write")
    instance_class: str = Field(default="", description="`memory`")
    env_variables: Variables = Field(default={}, description="`env`, `secrets`")
    build_env_variables: Variables = Field(default={}, description="a project.toml to write")
    automatic_scaling: Automatic = Field(default=Automatic(), description="`instances`, `concurrency`")
    basic_scaling: Basic = Field(default=Basic(), description="`instances`")
    manual_scaling: Manual = Field(default=Manual(), description="`manual_instances`")
    resources: Resources = Field(default=Resources(), description="`cpu`, `memory`")
    readiness_check: Check = Field(default=Check(), description="`health`")
    liveness_check: Check = Field(default=Check(), description="`health`")
    vpc_access_connector: Connector = Field(default=Connector(), description="`vpc`")
    service_account: str = Field(default="", description="`service_account`")
    beta_settings: Beta = Field(default=Beta(), description="`cloudsql`")


LEFT: Mapping[str, str] = {
    "handlers": "Let the application serve its files itself, and say who may call what; Cloud Run routes nothing.",
    "inbound_services": "Nothing is needed: a request to its path reaches the service.",
    "libraries": "Name each library in requirements.txt.",
    "threadsafe": "Nothing is needed: `concurrency:` says how many requests an instance takes.",
    "api_version": "Nothing is needed.",
    "application": "Name the project in ServerGem's settings, or as `project:` of an environment.",
    "version": "Nothing is needed: each commit is a revision of its own.",
    "default_expiration": "Send Cache-Control with the files themselves.",
    "skip_files": "Name the files in .gcloudignore or .dockerignore.",
    "nobuild_files": "Name the files in .gcloudignore or .dockerignore.",
    "app_engine_apis": "Use the clients of Google Cloud: App Engine's own APIs do not answer on Cloud Run.",
    "includes": "Import each of these files as well, and put the keys together.",
    "error_handlers": "Let the application answer with its own pages.",
    "runtime_config": "Name the language's version where buildpacks read it, such as .python-version.",
    "network": "Name the network as `vpc: {network: NAME, subnet: NAME}`.",
    "default_service": "Nothing is needed.",
    "automatic_scaling.*": "Nothing is needed: Cloud Run scales by requests and CPU.",
    "basic_scaling.idle_timeout": "Nothing is needed: Cloud Run ends an idle instance after minutes.",
    "resources.disk_size_gb": "Name a bucket as a volume (`volumes:`): an instance has its memory and no disk.",
    "resources.volumes": "Name a folder in memory as a volume (`volumes:`).",
    "readiness_check.*": "Write `probes: {readiness: …}` where the defaults are not enough.",
    "liveness_check.*": "Write `probes: {liveness: …}` where the defaults are not enough.",
}


def is_app_engine(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("runtime"), str) and not {"services", "image"} & value.keys()


def tell(app: AppEngine, around: Around) -> Iterator[Named | Left]:
    name = app.service or app.module
    yield Named(around.name if name in ("", "default") else name, tuple(_told(app)))


def _told(app: AppEngine) -> Iterator[Told]:
    custom = app.runtime == "custom"
    yield said("build", "dockerfile" if custom else "buildpacks", "runtime", note=app.runtime)
    yield from start(app.entrypoint, "entrypoint", with_docker=custom)
    yield from _size(app)
    yield from _scaling(app)
    if path := app.readiness_check.path or app.liveness_check.path:
        yield said(
            "health", path, "readiness_check" if app.readiness_check.path else "liveness_check", "path"
        )
    yield from _connected(app)
    for variable in app.build_env_variables:
        at = ("build_env_variables", variable)
        yield Left(at, f'Write it in project.toml, below [[build.env]]: name = "{variable}".')
    yield from variables(app.env_variables, "env_variables")


def _size(app: AppEngine) -> Iterator[Told]:
    if app.instance_class:
        mib = CLASSES.get(app.instance_class.upper())
        if mib:
            yield said("memory", memory(mib), "instance_class", note=app.instance_class)
        else:
            yield Left(("instance_class",), "Write `memory:` for the service.")
    if cpu := cpus(app.resources.cpu):
        yield said("cpu", cpu, "resources", "cpu")
    if app.resources.memory_gb:
        yield said("memory", memory(round(app.resources.memory_gb * 1024)), "resources", "memory_gb")


def _scaling(app: AppEngine) -> Iterator[Told]:
    auto = app.automatic_scaling
    least = auto.min_instances if auto.min_instances is not None else auto.min_num_instances
    most = auto.max_instances or auto.max_num_instances
    scaling = "automatic_scaling" if most or least is not None else "basic_scaling"
    yield from instances(least, most or app.basic_scaling.max_instances, scaling)
    if auto.max_concurrent_requests:
        yield said(
            "concurrency", auto.max_concurrent_requests, "automatic_scaling", "max_concurrent_requests"
        )
    if app.manual_scaling.instances:
        yield said("manual_instances", app.manual_scaling.instances, "manual_scaling", "instances")


def _connected(app: AppEngine) -> Iterator[Told]:
    if app.service_account:
        yield said("service_account", app.service_account, "service_account")
    if app.vpc_access_connector.name:
        yield said(
            "vpc", Block((Said("connector", app.vpc_access_connector.name),)), "vpc_access_connector", "name"
        )
    if app.beta_settings.cloud_sql_instances:
        sql = tuple(
            each.strip().partition("=")[0] for each in app.beta_settings.cloud_sql_instances.split(",")
        )
        yield said("cloudsql", sql, "beta_settings", "cloud_sql_instances")
