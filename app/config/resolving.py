"""Resolving: a service, a job or a worker as it is in one environment, in servergem.yml's own words; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from app.config.difference_shape import DifferenceFile
from app.config.differences import over
from app.config.environment_shape import EnvironmentFile
from app.config.environments import Environment, home_of
from app.config.file import File
from app.config.freezing import said_by
from app.config.job_shape import JobFile
from app.config.part import Part
from app.config.shape import ServiceFile
from app.config.worker_shape import WorkerFile

T = TypeVar("T", ServiceFile, JobFile, WorkerFile)


def service_there(file: File, environment: str, name: str) -> ServiceFile:
    """The service of this name with what its environment says, of all services and of this one."""
    there, service = file.environments[environment], file.services.get(name) or ServiceFile()
    shared: dict[str, Any] = {"env": {**service.env, **there.env}}
    shared |= {key: value for key in ("region", "instances") if (value := getattr(there, key))}
    shared |= {"regions": []} if there.region else {}
    usual = service.model_copy(update=shared)
    return _differing(usual, there.services.get(name))


def job_there(file: File, environment: str, name: str) -> JobFile:
    """The job of this name with what its environment says of it."""
    return _differing(file.jobs.get(name) or JobFile(), file.environments[environment].jobs.get(name))


def worker_there(file: File, environment: str, name: str) -> WorkerFile:
    """The same of a worker."""
    usual = file.workers.get(name) or WorkerFile()
    return _differing(usual, file.environments[environment].workers.get(name))


def _differing(usual: T, part: DifferenceFile | None) -> T:
    said = {key: getattr(part, key) for key in said_by(part)} if part else {}
    return usual.model_copy(update=over(usual, said))


def written(file: File, names: tuple[str, ...]) -> dict[str, Any]:
    """Every service as it is in every environment, defaults filled in, nothing of what is empty."""
    environments = file.environments or {"production": EnvironmentFile(branch="main")}
    whole = file.model_copy(update={"environments": environments})
    home = home_of(tuple(Environment(name, part.branch) for name, part in environments.items()), "main").name
    return {"environments": {str(each): _environment(whole, each, names, home) for each in environments}}


def _environment(file: File, name: str, names: tuple[str, ...], home: str) -> dict[str, Any]:
    there = _words(file.environments[name])
    kept: dict[str, Any] = {key: there[key] for key in ("branch", "tags", "after", "project") if key in there}
    services = {each: _words(_at_its_domain(file, name, each, home)) for each in names}
    jobs = {str(each): job_there(file, name, each) for each in file.jobs}
    workers = {str(each): worker_there(file, name, each) for each in file.workers}
    beside = {"jobs": _told(jobs, names), "workers": _told(workers, names)}
    return {**kept, "services": services, **{key: those for key, those in beside.items() if those}}


def _told(those: Mapping[str, JobFile | WorkerFile], names: tuple[str, ...]) -> dict[str, Any]:
    """Each in words, with the service that it is of."""
    return {
        name: _words(each.model_copy(update={"service": each.service or names[0]}))
        for name, each in those.items()
    }


def _at_its_domain(file: File, environment: str, name: str, home: str) -> ServiceFile:
    """The service's own domain is that of home; anywhere else it has what is said there."""
    there = file.environments[environment].services.get(name)
    found = service_there(file, environment, name)
    own = environment == home or (there and "domain" in said_by(there))
    return found if own else found.model_copy(update={"domain": ""})


def _words(part: Part) -> dict[str, Any]:
    said = {key: _word(getattr(part, name)) for key, name in part.keys().items()}
    return {key: value for key, value in said.items() if value not in (None, "", [], {})}


def _word(value: Any) -> Any:
    if isinstance(value, Part):
        return _words(value)
    if isinstance(value, dict):
        return {str(name): _word(each) for name, each in value.items()}
    return list(value) if isinstance(value, list) else value
