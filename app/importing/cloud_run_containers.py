"""The containers of a Cloud Run service in our keys: its own, those beside it, and the volumes that they see; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.config.container_shape import MAIN
from app.config.draft import Block, Keys, Said, Value
from app.importing.cloud_run_parts import Container, EnvVar, ProbePart, VolumePart
from app.importing.cloud_run_volumes import volumes
from app.importing.measures import cpus, mebibytes, memory
from app.importing.telling import beside, said
from app.importing.told import Held, Left, Told, Variable

FROM_SOURCE = "ServerGem builds from source: write `path:` where the service is not at the repository's root."
OTHER_VOLUME = "Name it under the service's own `volumes:` with a path, then here."
Order = Mapping[str, tuple[str, ...]]


def told_of_containers(
    every: list[Container], kept: list[VolumePart], order: Order | None, at: Keys
) -> Iterator[Told]:
    """The one with a port is the service's own; of the others each is named, or left with the reason."""
    first = next((number for number, each in enumerate(every) if each.ports), 0)
    names = {each.name: _called(each, number, first) for number, each in enumerate(every)}
    after = {
        names.get(one, one): tuple(names.get(each, each) for each in those)
        for one, those in (order or {}).items()
    }
    own = tuple(each for one in every[first : first + 1] for each in _own(one, kept, after, at, first))
    yield from own
    seen = _named_in("volumes", own)
    for number, each in enumerate(every):
        if number != first:
            where, name = (*at, "containers", str(number)), _called(each, number, first)
            inside = (*_container(each, where, awaited=True), *_seen(each, seen, where))
            waits = (said("after", after[name], *where),) if name in after else ()
            yield beside(name, each.image, (*inside, *waits), where)


def _own(own: Container, kept: list[VolumePart], after: Order, at: Keys, number: int) -> Iterator[Told]:
    where = (*at, "containers", str(number))
    yield Left((*where, "image"), FROM_SOURCE)
    yield from _port(own, where)
    yield from _container(own, where, awaited=any(MAIN in those for those in after.values()))
    if MAIN in after:
        yield said("after", after[MAIN], *where)
    yield from volumes(kept, own.mounts, (*at, "volumes"))


def _named_in(key: str, told: tuple[Told, ...]) -> set[str]:
    blocks = (each.value for each in told if isinstance(each, Said) and each.key == key)
    return {each.key for block in blocks if isinstance(block, Block) for each in block.said}


def _called(container: Container, number: int, first: int) -> str:
    if number == first:
        return MAIN
    return container.name if container.name not in ("", MAIN) else f"container-{number}"


def _seen(container: Container, known: set[str], at: Keys) -> Iterator[Told]:
    """The service's volumes that a container beside it sees."""
    paths = tuple(Said(each.name, each.path) for each in container.mounts if each.name in known)
    if paths:
        yield said("volumes", Block(paths), *at, "volumeMounts")
    for number, each in enumerate(container.mounts):
        if each.name not in known:
            yield Left((*at, "volumeMounts", str(number)), OTHER_VOLUME, whole=True)


def _port(container: Container, at: Keys) -> Iterator[Told]:
    for port in container.ports[:1]:
        if port.number:
            yield said("port", port.number, *at, "ports")
        if port.name == "h2c":
            yield said("http2", True, *at, "ports", note="h2c")


def _container(container: Container, at: Keys, *, awaited: bool) -> Iterator[Told]:
    """What a service's own container and one beside it both have; where it is awaited an open port is a probe too."""
    if container.command:
        yield said("command", tuple(container.command), *at, "command")
    if container.args:
        yield said("args", tuple(container.args), *at, "args")
    yield from _limits(container.resources.limits, (*at, "resources", "limits"))
    asked = {"startup": container.startup, "liveness": container.liveness, "readiness": container.readiness}
    probes = [
        Said(name, Block(tuple(_probe(each))))
        for name, each in asked.items()
        if each and (each.http or each.grpc or (awaited and each.tcp))
    ]
    if probes:
        yield said("probes", Block(tuple(probes)), *at)
    for number, each in enumerate(container.env):
        yield _variable(each, (*at, "env", str(number)))


def _limits(limits: Mapping[str, str], at: Keys) -> Iterator[Told]:
    if cpu := cpus(limits.get("cpu", "")):
        yield said("cpu", cpu, *at, "cpu")
    if mib := mebibytes(limits.get("memory", "")):
        yield said("memory", memory(mib), *at, "memory")
    for name in limits.keys() - {"cpu", "memory", "nvidia.com/gpu"}:
        yield Left((*at, name), "Cloud Run has `cpu:`, `memory:` and `gpu:`.")


def _variable(each: EnvVar, at: Keys) -> Told:
    if not each.held.secret.name:
        return Variable(each.name, each.value or "", at)
    if "/" in each.held.secret.name or ":" in each.held.secret.name:
        return Left(at, "A secret of another project: make one of this project, and name it as `secrets:`.")
    return Held(each.name, f"{each.held.secret.name}:{each.held.secret.key}")


def _probe(probe: ProbePart) -> Iterator[Said]:
    port = next((each.port for each in (probe.http, probe.grpc, probe.tcp) if each), 0)
    if probe.http:
        yield Said("http", probe.http.path)
    elif probe.grpc:
        yield Said("grpc", True)
        if probe.grpc.service:
            yield Said("grpc_service", probe.grpc.service)
    elif probe.tcp:
        yield Said("tcp", True)
    given: dict[str, Value] = {
        "port": port or None,
        "initial_delay": probe.initial_delay,
        "period": probe.period,
        "timeout": probe.timeout,
        "failure_threshold": probe.failures,
    }
    yield from (Said(key, value) for key, value in given.items() if value is not None)
