"""What is wrong with the containers beside a service's own, each fault on its line; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial

from app.config.companions import MEMORY_FOR_CPU, at, env_and_secret
from app.config.container_shape import MAIN, ContainerFile
from app.config.document import Document
from app.config.shape import ServiceFile
from app.config.values import mebibytes
from app.model import Finding


def faults_of_containers(key: str, service: ServiceFile, document: Document) -> Iterator[Finding]:
    """Every fault of a service's other containers, and of the order in which they start."""
    for name, container in service.containers.items():
        yield from _faults_of(f"{key}.containers.{name}", name, container, service, document)
    for name, after in _order(service).items():
        where = f"{key}.after" if name == MAIN else f"{key}.containers.{name}.after"
        for other in after:
            yield from _faults_of_waiting(where, name, other, service, document)
    if waiting := _round(_order(service)):
        title = f"{waiting} starts after itself"
        below = "after" if waiting == MAIN else f"containers.{waiting}.after"
        yield at(document, key, below, title, "Let one of them start without waiting.")


def _faults_of(
    key: str, name: str, container: ContainerFile, service: ServiceFile, document: Document
) -> Iterator[Finding]:
    here = partial(at, document, key)
    needed = MEMORY_FOR_CPU.get(container.cpu, 0)
    if mebibytes(container.memory) < needed:
        yield here(
            "cpu", f"{container.cpu} CPUs need {needed}Mi of memory", f"Write `memory: {needed // 1024}Gi`."
        )
    for volume in container.volumes:
        if volume not in service.volumes:
            title = f"{name} sees {volume}, which is no volume of this service"
            yield here(f"volumes.{volume}", title, _nearest(volume, tuple(service.volumes), "{}: /path"))
    if len(set(container.volumes.values())) < len(container.volumes):
        yield here("volumes", f"{name} sees two volumes at one path", "Give each a path.")
    yield from env_and_secret(key, container, document)


def _faults_of_waiting(
    where: str, name: str, other: str, service: ServiceFile, document: Document
) -> Iterator[Finding]:
    """Cloud Run knows that a container has started by its probe, and insists on it.

    https://github.com/GoogleCloudPlatform/cloud-run-samples/issues/230
    """
    known = {MAIN: service.probes.startup} | {n: e.probes.startup for n, e in service.containers.items()}
    if other not in known:
        fix = _nearest(other, tuple(each for each in known if each != name), "after: [{}]")
        yield at(document, where, "", f"{name} starts after {other}, which is no container", fix)
    elif known[other] is None and other != name:
        section = "probes" if other == MAIN else f"containers.{other}.probes"
        title = f"{name} starts after {other}, which has no startup probe"
        yield at(document, where, "", title, f"Write `startup:` under `{section}`.")


def _nearest(word: str, known: Sequence[str], written: str) -> str:
    near = get_close_matches(word, known, 1) or known[:1]
    return f"Write `{written.format(near[0])}`." if near else "Remove it."


def _order(service: ServiceFile) -> Mapping[str, Sequence[str]]:
    """What each container waits for."""
    return {MAIN: service.after} | {name: each.after for name, each in service.containers.items()}


def _round(order: Mapping[str, Sequence[str]]) -> str:
    """A container that waits for itself, by others or not; empty where none does."""
    left = {name: set(after) & order.keys() for name, after in order.items()}
    while free := [name for name, after in left.items() if not after & left.keys()]:
        for name in free:
            del left[name]
    return next(iter(left), "")
