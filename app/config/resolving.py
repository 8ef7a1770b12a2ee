"""Resolving: a service as it is in one environment, in servergem.yml's own words; pure."""

from __future__ import annotations

from typing import Any

from app.config.difference_shape import DifferenceFile
from app.config.differences import BY_NAME, over
from app.config.environments import Environment, home_of
from app.config.file import EnvironmentFile, File
from app.config.freezing import said_by
from app.config.job_shape import JobFile
from app.config.part import Part
from app.config.shape import ServiceFile
from app.config.worker_shape import WorkerFile


def service_there(file: File, environment: str, name: str) -> ServiceFile:
    """The service of this name with what its environment says, of all services and of this one."""
    there, service = file.environments[environment], file.services.get(name) or ServiceFile()
    shared: dict[str, Any] = {"env": {**service.env, **there.env}}
    shared |= {key: value for key in ("region", "instances") if (value := getattr(there, key))}
    usual = service.model_copy(update=shared)
    part = there.services.get(name) or DifferenceFile()
    said = {key: getattr(part, key) for key in said_by(part)}
    return usual.model_copy(update=over({key: getattr(usual, key) for key in BY_NAME}, said))


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
    jobs = {str(each): _words(_of_a_service(part or JobFile(), names)) for each, part in file.jobs.items()}
    workers = {
        str(each): _words(_of_a_service(part or WorkerFile(), names)) for each, part in file.workers.items()
    }
    beside = {"jobs": jobs, "workers": workers}
    return {**kept, "services": services, **{key: those for key, those in beside.items() if those}}


def _at_its_domain(file: File, environment: str, name: str, home: str) -> ServiceFile:
    """The service's own domain is that of home; anywhere else it has what is said there."""
    there = file.environments[environment].services.get(name) or DifferenceFile()
    found = service_there(file, environment, name)
    own = environment == home or "domain" in said_by(there)
    return found if own else found.model_copy(update={"domain": ""})


def _of_a_service(part: JobFile | WorkerFile, names: tuple[str, ...]) -> Part:
    return part.model_copy(update={"service": part.service or names[0]})


def _words(part: Part) -> dict[str, Any]:
    said = {key: _word(getattr(part, name)) for key, name in part.keys().items()}
    return {key: value for key, value in said.items() if value not in (None, "", [], {})}


def _word(value: Any) -> Any:
    if isinstance(value, Part):
        return _words(value)
    if isinstance(value, dict):
        return {str(name): _word(each) for name, each in value.items()}
    return list(value) if isinstance(value, list) else value
