"""Docker Compose's compose.yaml, docker-compose.yml: https://docs.docker.com/reference/compose-file/"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.config.draft import Block, Said
from app.importing.around import Around
from app.importing.foreign import Foreign, Variables, Words
from app.importing.measures import cpus, mebibytes, memory
from app.importing.source import Source
from app.importing.telling import dockerfile, folder, kept_elsewhere, said
from app.importing.told import Left, Named, Told, Variable

# ${NAME}, ${NAME:-default}, ${NAME:?error}: https://docs.docker.com/reference/compose-file/interpolation/
WHOLE = re.compile(r"\$\{\w+:?-([^${}]*)\}")
ANYWHERE = re.compile(r"(?<!\$)\$(?:\{|[A-Za-z_])")
PORT = re.compile(r"(?:.*:)?(\d+)(?:-\d+)?(?:/tcp)?")
ASKED = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(/[^\s'\"|;&)]*)")
VOLUME = (
    "Name a bucket or a secret as a volume (`volumes:`); what is mounted from the source is in the image."
)


def _built(value: Any) -> Any:
    return {"context": value} if isinstance(value, str) else value


def _port(value: Any) -> Any:
    """The container's port of `3000:8080`, of a range its first, or of the long form."""
    if not isinstance(value, str):
        return value
    found = PORT.fullmatch(value)
    return {"target": found[1]} if found else {}


def _test(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


class Build(Foreign):
    context: str = Field(default="", description="`path`")
    dockerfile: str = Field(default="", description="`build.dockerfile`")
    target: str = Field(default="", description="`build.target`")
    args: Variables = Field(default={}, description="`build.args`")


class Port(Foreign):
    target: int | None = Field(default=None, description="`port`, the first")


class Limits(Foreign):
    memory: str = Field(default="", description="`memory`")
    cpus: str = Field(default="", description="`cpu`")


class Resources(Foreign):
    limits: Limits = Field(default=Limits(), description="`memory`, `cpu`")


class Deploy(Foreign):
    resources: Resources = Field(default=Resources(), description="`memory`, `cpu`")


class Health(Foreign):
    test: Annotated[str, BeforeValidator(_test)] = Field(
        default="", description="`health`, where it asks an address"
    )


class ComposeService(Foreign):
    image: str = Field(default="", description="left: ServerGem builds from source")
    build: Annotated[Build | None, BeforeValidator(_built)] = Field(
        default=None, description="`path`, `build`"
    )
    ports: list[Annotated[Port, BeforeValidator(_port)]] = Field(default=[], description="`port`, the first")
    expose: list[Annotated[Port, BeforeValidator(_port)]] = Field(
        default=[], description="`port` without `ports`"
    )
    environment: Variables = Field(default={}, description="`env`, `secrets`")
    command: Words = Field(default=[], description="`args`")
    entrypoint: Words = Field(default=[], description="`command`")
    healthcheck: Health = Field(default=Health(), description="`health`")
    deploy: Deploy = Field(default=Deploy(), description="`memory`, `cpu`")
    mem_limit: str = Field(default="", description="`memory`")
    cpus: str = Field(default="", description="`cpu`")


class Compose(Foreign):
    """`compose.yaml`, `docker-compose.yml`: each service that is built here."""

    services: dict[str, ComposeService] = Field(default={}, description="`services`")


CONTAINER = "It calls another container by its name: write the address that it has on Google Cloud."
DEVELOPMENT = "Nothing is needed: it is for a machine of one's own."
LEFT: Mapping[str, str] = {
    "version": "Nothing is needed.",
    "name": "Nothing is needed.",
    "volumes": VOLUME,
    "networks": "Services call each other at their addresses; `vpc:` reaches a network of Google's.",
    "secrets": "Make each in Secret Manager, and name it as `secrets:` or as a volume.",
    "configs": "Copy the files in the Dockerfile, or name a secret as a volume.",
    "include": "Import each of these files as well.",
    "services.*.volumes": VOLUME,
    "services.*.tmpfs": "Name a folder in memory as a volume: `volumes: {tmp: {path: /tmp, memory: 128Mi}}`.",
    "services.*.networks": "Services call each other at their addresses; `vpc:` reaches a network of Google's.",
    "services.*.network_mode": "Services call each other at their addresses; `vpc:` reaches a network of Google's.",
    "services.*.links": "Services call each other at their addresses.",
    "services.*.extra_hosts": "Write addresses as `env:`.",
    "services.*.depends_on": "Nothing is needed: services start by themselves, and try again until the other answers.",
    "services.*.restart": "Nothing is needed: an instance that ends is started anew.",
    "services.*.env_file": "Write what it holds as `env:`, and its secrets as `secrets:`; the file itself is not read.",
    "services.*.secrets": "Make each in Secret Manager, and name it as `secrets:` or as a volume.",
    "services.*.configs": "Copy the files in the Dockerfile, or name a secret as a volume.",
    "services.*.labels": "Nothing is needed where a proxy or a tool of this machine reads them.",
    "services.*.logging": "Nothing is needed: what is printed is in Cloud Logging.",
    "services.*.user": "Write USER in the Dockerfile.",
    "services.*.working_dir": "Write WORKDIR in the Dockerfile.",
    "services.*.extends": "Import the other file as well, and put the keys together.",
    "services.*.profiles": "Write only the services that are to be deployed.",
    "services.*.scale": "Write `instances: {min: 2}`.",
    "services.*.deploy.replicas": "Write `instances: {min: 2}`.",
    "services.*.deploy.*": "Nothing is needed: Cloud Run places and restarts instances.",
    "services.*.deploy.resources.reservations": "Nothing is needed: an instance has what `memory:` and `cpu:` say.",
    "services.*.healthcheck.*": "Nothing is needed: `health:` is asked before traffic moves; write `probes:` for more.",
    "services.*.build.*": "ServerGem's builds have a Dockerfile, a target and arguments.",
    "services.*.stop_grace_period": "Cloud Run gives ten seconds after SIGTERM.",
    "services.*.privileged": "Cloud Run gives no privileges.",
    "services.*.cap_add": "Cloud Run gives no privileges.",
    "services.*.shm_size": "Name a folder in memory as a volume at /dev/shm's place, such as /tmp/shm.",
    **dict.fromkeys(
        (f"services.*.{key}" for key in ("container_name", "hostname", "platform", "tty", "stdin_open", "init")),
        DEVELOPMENT,
    ),
    "services.*.develop": DEVELOPMENT,
    "services.*.pull_policy": DEVELOPMENT,
    "services.*.mem_reservation": "Nothing is needed: an instance has what `memory:` says.",
}  # fmt: skip


def with_services(source: Source) -> Source:
    """The first form of the file has its services at the top: as the later ones have them, under `services`."""
    if not _are_services(source.value):
        return source
    lines = {("services", *at): line for at, line in source.lines.items()}
    return Source({"services": source.value}, {(): 1, **lines})


def is_compose(value: Mapping[str, Any]) -> bool:
    return _are_services(value.get("services"))


def _are_services(services: Any) -> bool:
    return isinstance(services, dict) and any(
        isinstance(each, dict) and {"build", "image", "extends", "ports", "environment"} & each.keys()
        for each in services.values()
    )


def tell(compose: Compose, _around: Around) -> Iterator[Named | Left]:
    containers = re.compile(rf"(?:.*[@/])?(?:{'|'.join(map(re.escape, compose.services))})(?:[:/].*)?")
    for name, service in compose.services.items():
        at = ("services", name)
        if service.build is not None:
            yield Named(name, (*_told(service, service.build, at), *_called(service, at, containers)))
        else:
            built = "ServerGem builds from source: write a Dockerfile `FROM` this image, and name its folder."
            yield Left(at, kept_elsewhere(service.image) or built, whole=True)


def _told(service: ComposeService, build: Build, at: tuple[str, ...]) -> Iterator[Told]:
    yield from _source(build, (*at, "build"))
    listed = "ports" if service.ports else "expose"
    ports = [each.target for each in service.ports or service.expose if each.target]
    if ports:
        yield said("port", ports[0], *at, listed)
    else:
        yield Left(at, "It says no port: write `port:`, or leave the service out when it answers no HTTP.")
    for number, _ in enumerate(ports[1:], 1):
        yield Left((*at, listed, str(number)), "A service of Cloud Run has one port.")
    if service.entrypoint:
        yield said("command", tuple(service.entrypoint), *at, "entrypoint")
    if service.command:
        yield said("args", tuple(service.command), *at, "command")
    if asked := ASKED.search(service.healthcheck.test):
        yield said("health", asked[1], *at, "healthcheck")
    elif service.healthcheck.test:
        yield Left(
            (*at, "healthcheck", "test"), "Write `health:` with a path that answers when the service is well."
        )
    yield from _limits(service, at)
    for name, value in service.environment.items():
        yield Variable(name, interpolated(value), (*at, "environment", name))


def _called(service: ComposeService, at: tuple[str, ...], containers: re.Pattern[str]) -> Iterator[Told]:
    """Variables that call another container by its name, which only Compose knows."""
    for name, value in service.environment.items():
        if value is not None and containers.fullmatch(value):
            yield Left((*at, "environment", name), CONTAINER)


def _source(build: Build, at: tuple[str, ...]) -> Iterator[Told]:
    inside = folder(build.context)
    if inside != ".":
        yield said("path", inside, *at, "context")
    parts: list[Said] = []
    if named := dockerfile(build.dockerfile, "."):
        parts.append(said("dockerfile", named, *at, "dockerfile"))
    if build.target:
        parts.append(said("target", build.target, *at, "target"))
    given = {name: interpolated(value) for name, value in build.args.items()}
    if known := tuple(Said(name, value) for name, value in given.items() if value is not None):
        parts.append(said("args", Block(known), *at, "args"))
    for name in (name for name, value in given.items() if value is None):
        yield Left(
            (*at, "args", name), f"Its value is kept elsewhere: write `build: {{args: {{{name}: …}}}}`."
        )
    yield said("build", Block(tuple(parts)) if parts else "dockerfile", *at)


def _limits(service: ComposeService, at: tuple[str, ...]) -> Iterator[Told]:
    limits = service.deploy.resources.limits
    written = limits.memory or service.mem_limit
    mib = mebibytes(written)
    if mib > 512:
        yield said("memory", memory(mib), *at, note=written)
    elif written and not mib:
        yield Left(at, "Write `memory:` for the service.")
    cpu = cpus(limits.cpus or service.cpus)
    if cpu and float(cpu) > 1:
        yield said("cpu", cpu, *at, note=limits.cpus or service.cpus)


def interpolated(value: str | None) -> str | None:
    """With the default that stands there; None where the value comes from a shell or a file."""
    if value is None:
        return None
    if found := WHOLE.fullmatch(value):
        return found[1]
    return None if ANYWHERE.search(value) else value.replace("$$", "$")
