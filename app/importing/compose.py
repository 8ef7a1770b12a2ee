"""Docker Compose's compose.yaml, docker-compose.yml: https://docs.docker.com/reference/compose-file/"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.config.draft import Block, Said
from app.importing.around import Around
from app.importing.compose_parts import Build, Compose, ComposeService
from app.importing.compose_roles import Role, build_of, instead_of_job, roles
from app.importing.for_development import (
    DOCKERFILE,
    STAGE,
    VARIABLE,
    commands,
    is_dockerfile,
    is_stage,
    is_variable,
    mounts,
)
from app.importing.images import PROXY, is_proxy, kept_elsewhere
from app.importing.measures import cpus, mebibytes, memory
from app.importing.source import Source
from app.importing.telling import beside, dockerfile, folder, said
from app.importing.told import JOBS, SERVICES, Beside, Left, Named, Told, Variable

# ${NAME}, ${NAME:-default}, ${NAME:?error}: https://docs.docker.com/reference/compose-file/interpolation/
WHOLE = re.compile(r"\$\{\w+:?-([^${}]*)\}")
SHARED = "service:"
ANYWHERE = re.compile(r"(?<!\$)\$(?:\{|[A-Za-z_])")
ASKED = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(/[^\s'\"|;&)]*)")
VOLUME = (
    "Name a bucket or a secret as a volume (`volumes:`); what is mounted from the source is in the image."
)


BUILT = "ServerGem builds from source: write a Dockerfile `FROM` this image, and name its folder."
NO_PORT = (
    "It says no port: write `port:`. What answers no HTTP is no service: write it under `workers:`, or under `jobs:` "
    "where it ends, with `from:` a service whose image it has."
)
ELSEWHERE = "which has the image of a service. Build it with one of them, and write it with its `command:`."
CONTAINER = "It calls another container by its name: write the address that it has on Google Cloud."
DEVELOPMENT = "Nothing is needed: it is for a machine of one's own."
NETWORK = "Services call each other at their addresses; `vpc:` reaches a network of Google's."
LEFT: Mapping[str, str] = {
    "version": "Nothing is needed.",
    "name": "Nothing is needed.",
    "volumes": VOLUME,
    "networks": "Services call each other at their addresses; `vpc:` reaches a network of Google's.",
    "secrets": "Make each in Secret Manager, and name it as `secrets:` or as a volume.",
    "configs": "Copy the files in the Dockerfile, or name a secret as a volume.",
    "include": "Import each of these files as well.",
    "services.*.tmpfs": "Name a folder in memory as a volume: `volumes: {tmp: {path: /tmp, memory: 128Mi}}`.",
    "services.*.networks": "Services call each other at their addresses; `vpc:` reaches a network of Google's.",
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
    if not _are_services(source.value) or "apiVersion" in source.value:
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


def tell(compose: Compose, around: Around) -> Iterator[Named | Left]:
    containers = re.compile(rf"(?:^|[@/])(?:{'|'.join(map(re.escape, compose.services))})(?:[:/]|$)")
    homes = {name: service.network.removeprefix(SHARED) for name, service in compose.services.items()}
    parts = roles(compose.services)
    serves = any(role.of == SERVICES for role in parts.values())
    for name, service in compose.services.items():
        at = ("services", name)
        if (role := parts.get(name)) and role.of != SERVICES and serves:
            yield from _companion(compose, name, role, containers)
        elif role and (build := build_of(service, compose.services)):
            sidecars = (_beside(each, compose.services[each]) for each, home in homes.items() if home == name)
            runs = commands(service, at, around.serves(folder(build.context)))
            told = (*_told(service, build, at), *runs, *_environment(service, at, containers))
            yield Named(name, (*told, *sidecars))
            if service.network:
                yield Left((*at, "network_mode"), NETWORK)
        elif not _built_at(compose, homes[name]):
            yield Left(at, kept_elsewhere(service.image) or _from_image(service.image), whole=True)


def _from_image(image: str) -> str:
    return PROXY if is_proxy(image) else BUILT


def _companion(
    compose: Compose, name: str, role: Role, containers: re.Pattern[str]
) -> Iterator[Named | Left]:
    """What answers no requests: a job or a worker with the image of the service that is built as it is."""
    service, at = compose.services[name], ("services", name)
    if not role.home:
        yield Left(at, f"It answers no requests: it is a {role.of[:-1]} here, {ELSEWHERE}", whole=True)
        return
    home = {**compose.services[role.home].environment}
    own = {key: value for key, value in service.environment.items() if (key, value) not in home.items()}
    differs = service.model_copy(update={"environment": own})
    told = (*commands(service, at, ""), *_limits(service, at), *_environment(differs, at, containers))
    yield Named(name, told, role.of, role.home)
    yield from mounts(service, at)
    if role.of == JOBS:
        yield Left(at, instead_of_job(name, service))


def _built_at(compose: Compose, home: str) -> bool:
    """Whether its network is that of a service that is built: then it runs beside that, on the same localhost."""
    return home in compose.services and compose.services[home].build is not None


def _beside(name: str, service: ComposeService) -> Beside | Left:
    at = ("services", name)
    told: list[Told] = []
    if service.entrypoint:
        told.append(said("command", tuple(service.entrypoint), *at, "entrypoint"))
    if service.command:
        told.append(said("args", tuple(service.command), *at, "command"))
    told += _limits(service, at)
    told += (
        Variable(key, interpolated(each), (*at, "environment", key))
        for key, each in service.environment.items()
    )
    return beside(name, service.image, tuple(told), at)


def _told(service: ComposeService, build: Build, at: tuple[str, ...]) -> Iterator[Told]:
    yield from _source(build, (*at, "build"))
    listed = "ports" if service.ports else "expose"
    ports = [each.target for each in service.ports or service.expose if each.target]
    if ports:
        yield said("port", ports[0], *at, listed)
    else:
        yield Left(at, NO_PORT)
    for number, _ in enumerate(ports[1:], 1):
        yield Left((*at, listed, str(number)), "A service of Cloud Run has one port.")
    if asked := ASKED.search(service.healthcheck.test):
        yield said("health", asked[1], *at, "healthcheck")
    elif service.healthcheck.test:
        yield Left(
            (*at, "healthcheck", "test"), "Write `health:` with a path that answers when the service is well."
        )
    yield from _limits(service, at)
    yield from mounts(service, at)


def _environment(service: ComposeService, at: tuple[str, ...], containers: re.Pattern[str]) -> Iterator[Told]:
    """Variables, with a word on those that only this machine, or only Compose, knows what to do with."""
    for name, value in service.environment.items():
        if value is not None and containers.search(value):
            yield Left((*at, "environment", name), CONTAINER)
        there = (*at, "environment", name)
        if is_variable(name, interpolated(value)):
            yield Left(there, VARIABLE)
            continue
        yield Variable(name, interpolated(value), there)
        if value is not None and containers.search(value):
            yield Left(there, CONTAINER)


def _source(build: Build, at: tuple[str, ...]) -> Iterator[Told]:
    inside = folder(build.context)
    if inside != ".":
        yield said("path", inside, *at, "context")
    parts: list[Said] = []
    if is_dockerfile(build):
        yield Left((*at, "dockerfile"), DOCKERFILE)
    elif named := dockerfile(build.dockerfile, "."):
        parts.append(said("dockerfile", named, *at, "dockerfile"))
    if is_stage(build):
        yield Left((*at, "target"), STAGE)
    elif build.target:
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
