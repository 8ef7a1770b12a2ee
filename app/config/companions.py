"""What is wrong with a job or a worker of servergem.yml beside the services that it names, each fault on its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial
from typing import TypeVar

from app.config.companion_shape import CompanionFile
from app.config.container_shape import ContainerFile
from app.config.document import Document
from app.config.faults import fault
from app.config.file import File, PreviewsFile
from app.config.job_shape import JobFile
from app.config.names import fault_of_job
from app.config.part import Part
from app.config.resolving import job_there, worker_there
from app.config.shape import ServiceFile
from app.config.values import mebibytes
from app.config.worker_shape import WorkerFile
from app.model import Finding

# https://cloud.google.com/run/docs/configuring/services/memory-limits
T = TypeVar("T", bound=Part)
MEMORY_FOR_CPU = {"4": 2048, "6": 4096, "8": 4096}


def faults_beside(file: File, services: tuple[str, ...], document: Document) -> Iterator[Finding]:
    """Every fault of jobs and workers; `services` are the names of the services."""
    faults = partial(_faults_of, services=services, document=document)
    for name, job in file.jobs.items():
        yield from faults(f"jobs.{name}", name, job or JobFile())
    for name, worker in file.workers.items():
        yield from faults(f"workers.{name}", name, worker or WorkerFile())
    for environment, part in file.environments.items():
        there = f"environments.{environment}"
        for name in part.jobs:
            key, usual = f"{there}.jobs.{name}", file.jobs.get(name) or JobFile()
            yield from unknown(document, key, file.jobs)
            yield from only_there(partial(faults, key, name), usual, job_there(file, environment, name))
        for name in part.workers:
            key, its = f"{there}.workers.{name}", file.workers.get(name) or WorkerFile()
            yield from unknown(document, key, file.workers)
            yield from only_there(partial(faults, key, name), its, worker_there(file, environment, name))


def unknown(document: Document, key: str, known: Iterable[str]) -> Iterator[Finding]:
    """That what an environment says something of, such as environments.staging.jobs.nightly, is nowhere else.

    An environment's name may have dots.
    """
    environment, section, name = key.removeprefix("environments.").rsplit(".", 2)
    if name not in known:
        near = get_close_matches(name, tuple(known), 1) or tuple(known)[:1]
        title = f"{environment} names {name}, which is no {section.removesuffix('s')}"
        yield at(
            document, key, "", title, f"Write `{near[0]}:`." if near else f"Write it under `{section}:` too."
        )


def only_there(faults: Callable[[T], Iterator[Finding]], usual: T, there: T) -> Iterator[Finding]:
    """What is wrong with it in one environment and not as it usually is."""
    known = {each.title for each in faults(usual)}
    yield from (each for each in faults(there) if each.title not in known)


def _faults_of(
    key: str, name: str, part: CompanionFile, services: tuple[str, ...], document: Document
) -> Iterator[Finding]:
    here = partial(at, document, key)
    if wrong := fault_of_job(name, "job" if isinstance(part, JobFile) else "worker"):
        yield here("", *wrong)
    if not part.service and len(services) > 1:
        title = f"{name} names none of the {len(services)} services"
        yield here("", title, f"Write `from: {services[0]}` there.")
    if part.service and part.service not in services:
        near = get_close_matches(part.service, services, 1) or services[:1]
        yield here("from", f"{name} is from {part.service}, which is no service", f"Write `from: {near[0]}`.")
    needed = MEMORY_FOR_CPU.get(part.cpu, 0)
    if mebibytes(part.memory) < needed:
        yield here(
            "cpu", f"{part.cpu} CPUs need {needed}Mi of memory", f"Write `memory: {needed // 1024}Gi`."
        )
    if isinstance(part, JobFile) and part.parallelism > part.tasks:
        title, fix = f"{name} has {part.tasks} tasks in all", "Lower `parallelism` or raise `tasks`."
        yield here("parallelism", title, fix)
    yield from env_and_secret(key, part, document)


def env_and_secret(
    key: str, part: ServiceFile | PreviewsFile | CompanionFile | ContainerFile, document: Document
) -> Iterator[Finding]:
    """What is a variable by value and a secret as well."""
    for twice in sorted(set(part.env) & set(part.secrets)):
        place = document.line(f"{key}.secrets.{twice}")
        yield fault(document.path, place, f"{twice} is in env and in secrets", "Keep one of the two.")


def at(document: Document, key: str, below: str, title: str, fix: str) -> Finding:
    """A fault on the line of what stands `below` a key."""
    return fault(document.path, document.line(f"{key}.{below}".rstrip(".")), title, fix)
