"""servergem.yml becomes a Config: validated whole, every fault with its line; no file is a good configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from app.config import elsewhere
from app.config.agreement import faults_between
from app.config.changes import PATHS
from app.config.document import MAX_FAULTS, Document
from app.config.domains import one_domain_twice
from app.config.environments import Environment
from app.config.faults import fault
from app.config.file import File, known_keys
from app.config.freezing import frozen
from app.config.job_shape import JobFile
from app.config.meant import MisspeltError
from app.config.names import service_name
from app.config.parts import FILE, WORD
from app.config.resolving import written
from app.config.shape import ServiceFile
from app.config.targets import Config, Previews
from app.config.twice import one_service_twice
from app.config.worker_shape import WorkerFile
from app.model import Finding, JobConfig, Notify, ServiceConfig, Stop, WorkerConfig
from app.text.titles import fitting

# What pydantic says, in our words; the rest is its own sentence.
SAID = {
    "missing": "is missing",
    "list_type": "has to be a list, such as [a, b]",
    "dict_type": "has to be a list of `key: value`",
    "model_type": "has to be a list of `key: value`",
    "greater_than_equal": "has to be {ge} or more",
    "less_than_equal": "has to be {le} or less",
    "literal_error": "has to be {expected}",
    "too_long": "has {actual_length} entries; {max_length} are the most",
}
OF_KEYS = ("dict_type", "model_type")
LONGEST_KEY = 100


def read(text: str | None, *, path: str = PATHS[0], repository_name: str, default_branch: str = "") -> Config:
    """The configuration that `text` is; Stop with every fault, each on its line."""
    if text is None or not text.strip():
        return Config((ServiceConfig(service_name(repository_name)),))
    names, file, document = _valid(text, path, repository_name)
    services = tuple(
        ServiceConfig(name, **frozen(file.services.get(name) or ServiceFile())) for name in names
    )
    config = Config(
        services,
        tuple(Environment(name, **frozen(part)) for name, part in file.environments.items()),
        Previews(**frozen(file.previews)),
        tuple(sorted(document.lines.items())),
        path,
        notify=tuple(Notify(**frozen(each)) for each in file.notify),
        jobs=tuple(
            JobConfig(name, **_of_a_service(part or JobFile(), names)) for name, part in file.jobs.items()
        ),
        workers=tuple(
            WorkerConfig(name, **_of_a_service(part or WorkerFile(), names))
            for name, part in file.workers.items()
        ),
    )
    insist_on_names(config, default_branch)
    return config


def _of_a_service(part: JobFile | WorkerFile, services: tuple[str, ...]) -> dict[str, Any]:
    """What names no service is of the only one."""
    found = frozen(part)
    return found if part.service else found | {"service": services[0]}


def resolved(text: str | None, *, path: str = PATHS[0], repository_name: str) -> dict[str, Any]:
    """What `text` makes of each service in each environment, in its own words; Stop as `read` does.

    Without a word about environments there is production, of the branch main.
    """
    if read(text, path=path, repository_name=repository_name, default_branch="main").path and text:
        names, file, _ = _valid(text, path, repository_name)
    else:
        names, file = (service_name(repository_name),), File()
    return written(file, names)


def _valid(text: str, path: str, repository_name: str) -> tuple[tuple[str, ...], File, Document]:
    """The names of the services, the file whose values fit together, and its lines."""
    document = Document.parse(text, path)
    try:
        file = File.model_validate(document.value)
    except ValidationError as error:
        raise Stop(tuple(_findings(error, document))) from error
    names = tuple(map(str, file.services)) or (service_name(repository_name),)
    if faults := tuple(faults_between(file, document, names)):
        raise Stop(faults)
    return names, file, document


def insist_on_names(
    config: Config, default_branch: str, *, region: str = "", beside: Config | None = None
) -> None:
    """Stop when two services, environments or previews would be the same Cloud Run service.

    `region` is that of what names none, which only the operator knows. `beside` is what the default branch says: that
    runs, whatever a commit's own file leaves out or moves, and no name that a commit chooses is one of its.
    """
    if faults := tuple(_names_taken(config, default_branch, region, beside)):
        raise Stop(faults)


def insist_on_one(paths: frozenset[str]) -> None:
    """Stop when a commit has a configuration under both names: nobody could say which one counts."""
    if all(path in paths for path in PATHS):
        raise Stop(
            (
                fault(
                    PATHS[1],
                    1,
                    f"There are {PATHS[0]} and {PATHS[1]}",
                    f"Remove {PATHS[1]}.",
                    code="two-configurations",
                ),
            )
        )


# What pydantic found


def _findings(error: ValidationError, document: Document) -> Iterator[Finding]:
    said: set[tuple[int, str]] = set()
    for each in error.errors(include_url=False):
        if len(said) == MAX_FAULTS:
            return
        finding = _finding(each, document)
        place = finding.place
        where = (place.line if place else 1, finding.title)
        if where not in said:
            said.add(where)
            yield finding


def _finding(each: Mapping[str, Any], document: Document) -> Finding:
    keys = [str(part) for part in each["loc"] if part not in (FILE, WORD, "[key]")]
    dotted = ".".join(keys)
    line = document.line(dotted)
    if each["type"] == "extra_forbidden":
        return _unknown_key(keys, line, document.path, each["input"])
    message = each["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if template := SAID.get(each["type"]):
        message = template.format(**each.get("ctx", {}))
    title = f"{dotted or document.path} {message[:1].lower()}{message[1:]}"
    named = next((fitting(key) for key in reversed(keys) if not key.isdecimal()), document.path)
    whole = "" if fitting(title) == title else f"{title}."
    said = each.get("ctx", {}).get("error")
    meant = (
        said.meant if isinstance(said, MisspeltError) else elsewhere.form(each["type"], named, each["input"])
    )
    written = f"{'- ' if keys and keys[-1].isdecimal() else f'{named}: '}{meant}"
    fix = f"Write `{written}` on line {line}." if meant else f"Change `{named}` on line {line}."
    if each["type"] in OF_KEYS and (entries := elsewhere.entries(each["input"])):
        fix = f"{entries}, from line {line} on."
    return fault(document.path, line, title, fix, message=whole)


def _unknown_key(keys: list[str], line: int, path: str, value: object) -> Finding:
    key, parents = keys[-1], keys[:-1]
    known = known_keys(parents)
    written = elsewhere.key(key, value, known)
    written = written or next(
        (f"{each}:" for each in get_close_matches(key[:LONGEST_KEY], known, 1, 0.5)), ""
    )
    meant = f"; did you mean {written.partition(':')[0]}?" if written else ""
    fix = f"Write `{written}` on line {line}." if written else f"Known here: {', '.join(sorted(known))}."
    where = f" in {'.'.join(parents)}" if parents else ""
    return fault(path, line, f"Unknown key {key}{where}{meant}", fix, code="unknown-key")


def _names_taken(
    config: Config, default_branch: str, region: str, beside: Config | None
) -> Iterator[Finding]:
    for one, other, name, line in one_service_twice(config, default_branch, region, beside):
        yield fault(
            config.path,
            line,
            f"{one} and {other} would both be {name}",
            "Give one of the two another name.",
            message=f"Both would be {name} at Cloud Run, and each would replace the other.",
        )
    for one, other, domain, line in one_domain_twice(config, default_branch):
        title = f"{one} and {other} both want {domain}"
        yield fault(config.path, line, title, "A domain leads to one service: remove one of the two.")
