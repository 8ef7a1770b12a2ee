"""What is wrong with a job or a worker of servergem.yml beside the services that it names, each fault on its line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial

from app.config.companion_shape import CompanionFile
from app.config.container_shape import ContainerFile
from app.config.document import Document
from app.config.faults import fault
from app.config.file import File, PreviewsFile
from app.config.job_shape import JobFile
from app.config.names import fault_of_job
from app.config.shape import ServiceFile
from app.config.values import mebibytes
from app.config.worker_shape import WorkerFile
from app.model import Finding

# https://cloud.google.com/run/docs/configuring/services/memory-limits
MEMORY_FOR_CPU = {"4": 2048, "6": 4096, "8": 4096}


def faults_beside(file: File, services: tuple[str, ...], document: Document) -> Iterator[Finding]:
    """Every fault of jobs and workers; `services` are the names of the services."""
    for name, job in file.jobs.items():
        part = job or JobFile()
        yield from _faults_of(f"jobs.{name}", name, part, services, document)
        if part.parallelism > part.tasks:
            title, fix = f"{name} has {part.tasks} tasks in all", "Lower `parallelism` or raise `tasks`."
            yield at(document, f"jobs.{name}", "parallelism", title, fix)
    for name, worker in file.workers.items():
        yield from _faults_of(f"workers.{name}", name, worker or WorkerFile(), services, document)


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
