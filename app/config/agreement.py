"""What is wrong in a servergem.yml only when two of its values are looked at together, each fault on its line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial

from app.config.companions import (
    MEMORY_FOR_CPU,
    at,
    env_and_secret,
    faults_beside,
    only_there,
    unknown,
)
from app.config.containers import faults_of_containers
from app.config.document import Document
from app.config.environments import BY_HAND
from app.config.faults import fault
from app.config.file import File
from app.config.names import fault_of_environment, fault_of_service
from app.config.receivers import NotifyFile
from app.config.regions import faults_of_regions
from app.config.resolving import service_there
from app.config.shape import ServiceFile
from app.config.values import mebibytes
from app.model import Finding

# In MiB, for the second generation and for a CPU that stays: the same page, and
# https://cloud.google.com/run/docs/configuring/billing-settings. Less than one CPU has neither:
# https://cloud.google.com/run/docs/configuring/services/cpu
LEAST_MEMORY = 512
# Of an L4, memory in MiB: https://cloud.google.com/run/docs/configuring/services/gpu
GPU_CPUS, GPU_MEMORY = 4, 16 * 1024
# The name of the volume that `cloudsql` makes.
CLOUD_SQL = "cloudsql"


def faults_between(file: File, document: Document, names: tuple[str, ...]) -> Iterator[Finding]:
    """Every fault of a file whose keys are each valid alone, on its line. `names` are those of its services."""
    for name, part in file.services.items():
        if wrong := fault_of_service(name):
            yield fault(document.path, document.line(f"services.{name}"), *wrong)
        yield from _faults_of_service(f"services.{name}", part or ServiceFile(), document)
    for name in file.environments:
        if wrong := fault_of_environment(name):
            yield fault(document.path, document.line(f"environments.{name}"), *wrong)
        yield from _faults_of_differences(file, name, names, document)
    yield from faults_beside(file, names, document)
    yield from _branches_twice(file, document)
    yield from _tags_twice(file, document)
    yield from _faults_of_chains(file, document)
    yield from env_and_secret("previews", file.previews, document)
    for number, receiver in enumerate(file.notify):
        yield from _faults_of_receiver(receiver, document, f"notify.{number}")


def _faults_of_receiver(part: NotifyFile, document: Document, key: str) -> Iterator[Finding]:
    if bool(part.url) == bool(part.slack):
        title = f"{key} has {'both' if part.url else 'neither'} url and slack"
        yield fault(document.path, document.line(key), title, "Write one of the two for each receiver.")
    elif part.url and not part.key:
        fix = "Make a secret in Secret Manager with random text, and name it: `key: hook-key`."
        yield fault(document.path, document.line(key), f"{key} has no key to sign with", fix)


def _faults_of_differences(
    file: File, environment: str, names: tuple[str, ...], document: Document
) -> Iterator[Finding]:
    """What is wrong with services only as they are in this environment."""
    for name in file.environments[environment].services:
        key = f"environments.{environment}.services.{name}"
        yield from unknown(document, key, names)
        faults = partial(_faults_of_service, key, document=document)
        usual = file.services.get(name) or ServiceFile()
        yield from only_there(faults, usual, service_there(file, environment, name))


def _faults_of_service(key: str, service: ServiceFile, document: Document) -> Iterator[Finding]:
    path, line = document.path, document.line
    needed = MEMORY_FOR_CPU.get(service.cpu, 0)
    if mebibytes(service.memory) < needed:
        title = f"{service.cpu} CPUs need {needed}Mi of memory"
        yield fault(path, line(f"{key}.cpu"), title, f"Write `memory: {needed // 1024}Gi`.")
    if _cpus(service) < 1 and service.concurrency != 1:
        title = "Less than one CPU serves one request at a time"
        yield fault(path, line(f"{key}.cpu"), title, "Write `concurrency: 1` or `cpu: 1`.")
    if service.image and service.build != "auto":
        fix = "Keep one of the two: what has an `image` is not built."
        yield fault(path, line(f"{key}.image"), "image and build are both there", fix)
    if service.instances.min > service.instances.max:
        title = "instances.min is above instances.max"
        yield fault(path, line(f"{key}.instances"), title, "Lower `min` or raise `max`.")
    yield from faults_of_regions(key, service, document)
    yield from _faults_of_sizes(key, service, document)
    yield from _faults_of_volumes(key, service, document)
    yield from _faults_of_http2(key, service, document)
    yield from faults_of_containers(key, service, document)
    yield from env_and_secret(key, service, document)


def _cpus(service: ServiceFile) -> float:
    """Those of all containers of an instance: "Total cpu < 1 is not supported" is how Cloud Run counts."""
    return float(service.cpu) + sum(float(each.cpu) for each in service.containers.values())


def _faults_of_sizes(key: str, service: ServiceFile, document: Document) -> Iterator[Finding]:
    """What CPU, memory and GPU ask of each other; see the pages above."""
    small, memory = _cpus(service) < 1, mebibytes(service.memory)
    here = partial(at, document, key)
    if small and service.execution == "gen2":
        yield here("execution", "gen2 takes a whole CPU", "Write `cpu: 1`, or `execution: gen1`.")
    if small and service.cpu_always:
        yield here("cpu_always", "cpu_always takes a whole CPU", "Write `cpu: 1`, or remove `cpu_always`.")
    if memory < LEAST_MEMORY and (service.cpu_always or service.execution == "gen2"):
        which = "cpu_always" if service.cpu_always else "execution"
        title = f"{'cpu_always' if service.cpu_always else 'gen2'} takes {LEAST_MEMORY}Mi of memory"
        yield here(which, title, f"Write `memory: {LEAST_MEMORY}Mi`.")
    if service.gpu is None:
        return
    if float(service.cpu) < GPU_CPUS or memory < GPU_MEMORY:
        title = f"{service.gpu} takes {GPU_CPUS} CPUs and {GPU_MEMORY // 1024}Gi of memory"
        yield here("gpu", title, f"Write `cpu: {GPU_CPUS}` and `memory: {GPU_MEMORY // 1024}Gi`, or more.")
    if not service.cpu_always:
        yield here("gpu", f"{service.gpu} is billed with its instance", "Write `cpu_always: true`.")
    if service.execution == "gen1":
        yield here("execution", f"gen1 has no {service.gpu}", "Write `execution: gen2`.")


def _faults_of_volumes(key: str, service: ServiceFile, document: Document) -> Iterator[Finding]:
    here = partial(at, document, key)
    mounted: dict[str, str] = {}
    for name, volume in service.volumes.items():
        if (other := mounted.setdefault(volume.path, name)) != name:
            yield here(
                f"volumes.{name}", f"{other} and {name} are both at {volume.path}", "Give each a path."
            )
        if service.execution == "gen1" and (volume.bucket or volume.nfs):
            yield here("execution", f"gen1 cannot mount {name}", "Write `execution: gen2`.")
    if CLOUD_SQL in service.volumes and service.cloudsql:
        yield here(
            f"volumes.{CLOUD_SQL}", f"{CLOUD_SQL} is the volume of `cloudsql`", "Give it another name."
        )


def _faults_of_http2(key: str, service: ServiceFile, document: Document) -> Iterator[Finding]:
    probes = service.probes
    named = (("startup", probes.startup), ("liveness", probes.liveness), ("readiness", probes.readiness))
    for name, probe in named if service.http2 else ():
        if probe and probe.http and probe.port in (0, service.port):
            fix = "Write `grpc: true` there, or remove `http2`."
            yield at(
                document, key, f"probes.{name}", f"The {name} probe speaks HTTP/1, the service HTTP/2", fix
            )


def _branches_twice(file: File, document: Document) -> Iterator[Finding]:
    branches: dict[str, str] = {}
    for name, environment in file.environments.items():
        other = branches.setdefault(environment.branch, name)
        if other != name and environment.branch != BY_HAND:
            title = f"{name} and {other} both deploy the branch {environment.branch}"
            place = document.line(f"environments.{name}.branch")
            yield fault(document.path, place, title, "Give each environment a branch of its own.")


def _tags_twice(file: File, document: Document) -> Iterator[Finding]:
    tags: dict[str, str] = {}
    for name, environment in file.environments.items():
        other = tags.setdefault(environment.tags, name)
        if environment.tags and other != name:
            title = f"{name} and {other} both deploy the tags {environment.tags}"
            yield at(
                document, f"environments.{name}", "tags", title, "Give each environment tags of its own."
            )


def _faults_of_chains(file: File, document: Document) -> Iterator[Finding]:
    """What is promoted comes from one place to one other, and in no other way."""
    before: dict[str, str] = {}
    for name, environment in file.environments.items():
        if not (after := environment.after):
            continue
        here = partial(at, document, f"environments.{name}")
        if after not in file.environments or after == name:
            others = [each for each in file.environments if each != name]
            near = (get_close_matches(after, others, 1) or others or ["staging"])[0]
            which = "itself" if after == name else f"{after}, which is no environment"
            yield here("after", f"{name} is after {which}", f"Write `after: {near}`, or remove it.")
        elif (other := before.setdefault(after, name)) != name:
            title = f"{name} and {other} are both after {after}"
            yield here("after", title, f"Write `after: {other}` for one of the two.")
        elif environment.branch != BY_HAND or environment.tags:
            which = "tags" if environment.tags else "branch"
            yield here(
                which,
                f"{name} is after {after}, and pushes would deploy it too",
                "Remove `tags`." if environment.tags else f"Write `branch: {BY_HAND}`.",
            )
        elif _round(file, name):
            yield here("after", f"{name} comes after itself", "Let the first environment have no `after`.")


def _round(file: File, name: str) -> bool:
    """Whether the way back from this environment leads to it."""
    seen, at = {name}, file.environments[name].after
    while at and at in file.environments:
        if at == name:
            return True
        if at in seen:
            return False
        seen.add(at)
        at = file.environments[at].after
    return False
