"""The containers of an instance: which one is asked, in which order they start, and what Cloud Run refuses of several.

https://cloud.google.com/run/docs/deploying#sidecars
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from google.cloud import run_v2

from sandbox.google.errors import invalid
from sandbox.google.run_sizes import cpus, size

# "up to 10 containers per instance": the page above.
_MOST = 10
# "specified as a DNS_LABEL (RFC 1123)": https://cloud.google.com/run/docs/reference/rest/v2/Container
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_LEAST = 512 * 2**20
_GEN2 = 2


def main_of(containers: Iterable[run_v2.Container]) -> run_v2.Container:
    """The one with a port; of one alone that is filled in later."""
    every = list(containers)
    return next((each for each in every if each.ports), every[0])


def beside_main(containers: Iterable[run_v2.Container]) -> list[run_v2.Container]:
    """The others, each after those that it waits for."""
    every = list(containers)
    left = [each for each in every if each != main_of(every)]
    ordered: list[run_v2.Container] = []
    while left:
        waiting = {each.name for each in left}
        ready = next(each for each in left if not waiting & set(each.depends_on) - {each.name})
        left.remove(ready)
        ordered.append(ready)
    return ordered


def starts_after_main(containers: Iterable[run_v2.Container], name: str) -> bool:
    """Whether a container waits for the one with the port, itself or by another."""
    every = {each.name: each for each in containers}
    main = main_of(every.values()).name
    seen, left = set[str](), [name]
    while left:
        for other in every[left.pop()].depends_on:
            if other == main:
                return True
            if other not in seen:
                seen.add(other)
                left.append(other)
    return False


def asked_at(container: run_v2.Container) -> int:
    """The port at which its startup probe asks; 0 where nobody asks."""
    probe = container.startup_probe
    kind = next((name for name in ("http_get", "grpc", "tcp_socket") if name in probe), "")
    return getattr(probe, kind).port if kind else 0


def check_containers(template: run_v2.RevisionTemplate, call: str) -> None:
    """How many there are, their names, who has the port, who waits for whom, and their sizes together."""
    every = list(template.containers)
    field = f"Violation in {call}.service.template.containers"
    if len(every) > _MOST:
        raise invalid(f"{field}: at most {_MOST} containers are allowed.")
    names = [each.name for each in every if each.name]
    if len(set(names)) < len(names) or any(not _NAME.match(name) for name in names):
        raise invalid(f"{field}.name: must be unique, and a DNS_LABEL of RFC 1123.")
    # In these words: https://github.com/GoogleCloudPlatform/terraform-google-cloud-run/issues/488
    if len(every) > 1 and sum(bool(each.ports) for each in every) != 1:
        raise invalid(
            "template.containers: Revision template should contain exactly one container with an exposed port."
        )
    _check_order(every)
    _check_together(template)


def _check_order(every: list[run_v2.Container]) -> None:
    known = {each.name: each for each in every if each.name}
    for number, container in enumerate(every):
        field = f"spec.template.spec.containers[{number}].depends_on"
        for name in container.depends_on:
            if name not in known or name == container.name:
                raise invalid(f"{field}: Dependent container '{name}' not found.")
            # In these words: https://github.com/GoogleCloudPlatform/cloud-run-samples/issues/230
            if not known[name].startup_probe:
                raise invalid(f"{field}: Dependent container '{name}' must have startup probe specified")
    left = {name: set(each.depends_on) for name, each in known.items()}
    while free := [name for name, waits in left.items() if not waits & left.keys()]:
        for name in free:
            del left[name]
    if left:
        raise invalid(
            f"spec.template.spec.containers.depends_on: a cycle was found: {', '.join(sorted(left))}."
        )


def _check_together(template: run_v2.RevisionTemplate) -> None:
    """An instance has what its containers have together: a CPU that stays, and the second generation, take a whole one
    and 512 MiB; less than one CPU serves one request at a time.

    https://cloud.google.com/run/docs/configuring/services/cpu and .../memory-limits; "Total cpu" is Cloud Run's word.
    """
    limits = [dict(each.resources.limits) for each in template.containers]
    cpu = sum(cpus(each.get("cpu", "1")) or 1.0 for each in limits)
    memory = sum(size(each.get("memory", "512Mi")) or _LEAST for each in limits)
    field = "template.containers[0].resources.limits"
    stays = any("resources" in each and not each.resources.cpu_idle for each in template.containers)
    whole = stays or template.execution_environment == _GEN2
    if cpu < 1 and template.max_instance_request_concurrency > 1:
        raise invalid(
            f"{field}.cpu: Invalid value specified for cpu. Total cpu < 1 is not supported with concurrency > 1."
        )
    if cpu < 1 and whole:
        raise invalid(f"{field}.cpu: Total cpu < 1 is not supported with cpu always allocated or gen2.")
    if memory < _LEAST and whole:
        raise invalid(f"{field}.memory: must be at least 512Mi with cpu always allocated or gen2.")
