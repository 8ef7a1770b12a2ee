"""Sizes: what a Target takes of instances and memory, by the key that says so; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.config.values import mebibytes
from app.model import JobConfig, ServiceConfig, Target


def at_a_time(target: Target) -> Iterator[tuple[str, int]]:
    """How many instances, or containers of a job, run at a time, at most."""
    service = target.service
    most = max(service.instances.min, service.instances.max, service.manual_instances)
    yield ("manual_instances" if most == service.manual_instances else "instances"), most
    for each in target.beside:
        if isinstance(each.config, JobConfig):
            key = "parallelism" if each.config.parallelism else "tasks"
            yield f"{each.key}.{key}", each.config.parallelism or each.config.tasks
        else:
            yield f"{each.key}.instances", each.config.instances


def memories(target: Target) -> Iterator[tuple[str, str]]:
    """The memory of one of each."""
    service = target.service
    yield "memory", service.memory
    if service.containers:
        yield "containers", _of_all(service)
    for each in target.beside:
        yield f"{each.key}.memory", each.config.memory


def _of_all(service: ServiceConfig) -> str:
    """The memory that an instance has in all its containers together."""
    sidecars = (mebibytes(each.memory) for each in service.containers)
    return f"{mebibytes(service.memory) + sum(sidecars)}Mi"
