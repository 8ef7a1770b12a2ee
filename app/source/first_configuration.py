"""First configuration: the servergem.yml that a repository may begin with, each key with its reason; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.config import service_name
from app.config.draft import Block, Draft, Said
from app.diagnosis.files import Files
from app.importing.images import kept_elsewhere
from app.inspection.base_port import listening
from app.inspection.languages import languages
from app.inspection.port import exposed
from app.source.first_memory import first_memory
from app.source.health_path import health_path
from app.source.services_below import (
    SHARED,
    built_from,
    folders_with,
    has_workspaces,
    lone_dockerfile,
    otherwise_named,
    root_is_one,
    services_below,
)
from app.source.services_to_write import names_of

HEAD = (
    "Written by `servergem init`; every key: docs/servergem-yml.md. `servergem check` reads it as a push does.",
)
ENVIRONMENTS = Said(
    "environments",
    Block(
        (
            Said("production", Block((Said("branch", "main"),))),
            Said("staging", Block((Said("branch", "develop"), Said("instances", Block((Said("max", 2),)))))),
        )
    ),
    "a branch for each; without them the default branch is production",
    off=True,
)
PREVIEWS = Said(
    "previews",
    Block(
        (
            Said("ttl", "7d", "how long one stays without a push"),
            Said("env", Block((Said("LOG_LEVEL", "debug"),)), "instead of the services' own"),
            Said("secrets", Block(), "none of the services' are given to them"),
        )
    ),
    "pull requests get running copies; these are their bounds",
    off=True,
)


def first_configuration(files: Files, repository_name: str) -> Draft:
    """One service for each folder that is one, or the root alone."""
    folders = _folders(files)
    beside = tuple(folder for folder in folders if _keeps_data(files, folder))
    named = names_of(tuple(folder for folder in folders if folder not in beside), repository_name)
    sections = tuple(_section(files, folder, name) for folder, name in named.items())
    tail = tuple(f"{folder} is left out: {kept_elsewhere(_image(files, folder))}" for folder in beside)
    return Draft(Block((Said("services", Block(sections)), ENVIRONMENTS, PREVIEWS)), HEAD, tail)


def _folders(files: Files) -> tuple[str, ...]:
    """A folder is more likely to be a service than a root that only holds folders together."""
    if found := services_below(files):
        return found
    if not root_is_one(files):
        return folders_with(files, {"Procfile"}) or ("",)
    if has_workspaces(files) and "Dockerfile" not in files.paths:
        return folders_with(files, {"Dockerfile"}) or ("",)
    return ("",)


def _section(files: Files, folder: str, name: str) -> Said:
    return Said(
        service_name(name), Block(tuple(_said(files, folder))), "its name at Cloud Run, and of its check run"
    )


def _said(files: Files, folder: str) -> Iterator[Said]:
    path, dockerfile = built_from(files, folder)
    inside = f"{folder}/" if folder and (not dockerfile or languages(files, f"{folder}/")) else ""
    yield Said("path", path, _why(path, dockerfile))
    yield from _built(files, inside, dockerfile)
    yield _port(files, inside, _dockerfile_of(folder))
    if found := health_path(files, inside):
        yield Said("health", found.path, f"{found.origin}; asked before traffic moves")
    else:
        yield Said(
            "health", "/health", "a path that answers when all is well; / is asked without it", off=True
        )
    if usual := first_memory(files, inside, files.dockerfiles.get(_dockerfile_of(folder))):
        yield Said("memory", *usual, off=True)
    if path != "." and (shared := _shared(files)):
        yield Said("watch", tuple(f"{each}/**" for each in shared), "a change there deploys it too", off=True)


def _why(path: str, dockerfile: str) -> str:
    if path != ".":
        return "what is built; a change elsewhere deploys nothing"
    return "the root: what the Dockerfile copies is found from here" if dockerfile else "the root"


def _dockerfile_of(folder: str) -> str:
    return f"{folder}/Dockerfile" if folder else "Dockerfile"


def _built(files: Files, inside: str, dockerfile: str) -> Iterator[Said]:
    """What of several Dockerfiles is meant is said; without one, which language was seen."""
    seen = ", ".join(sorted(languages(files, inside) - {"any"}))
    if dockerfile:
        yield Said("build", Block((Said("dockerfile", dockerfile, "from the path"),)))
    elif f"{inside}Dockerfile" in files.paths:
        yield Said("build", "dockerfile", f"{inside}Dockerfile")
    elif seen:
        yield Said("build", "auto", f"no Dockerfile here: {seen}{_or_with(files, inside)}")
    elif named := otherwise_named(files, inside):
        yield Said("build", Block((Said("dockerfile", named, "none here is called Dockerfile"),)))


def _or_with(files: Files, inside: str) -> str:
    """The other way, where there is one Dockerfile below, or one of another name."""
    lone = otherwise_named(files, inside) or ("" if inside else lone_dockerfile(files))
    return f"; with Docker instead: {{dockerfile: {lone}}}" if lone else ""


def _port(files: Files, inside: str, dockerfile: str) -> Said:
    parsed = files.dockerfiles.get(dockerfile)
    told = exposed(parsed) if parsed else ()
    ports = [
        int(port) for port, _ in told if port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= 65535
    ]
    if ports:
        told_port = 8080 if 8080 in ports else ports[-1]
        return Said("port", told_port, f"EXPOSE of {dockerfile}; the container is told it as $PORT")
    if parsed and (found := listening(files, inside, dockerfile, parsed, "")):
        return Said("port", found.port, f"{found.who} listens at it")
    return Said("port", 8080, "the usual one; the container is told it as $PORT")


def _shared(files: Files) -> tuple[str, ...]:
    return tuple(sorted(folder for folder in files.folders if SHARED.fullmatch(folder)))


def _keeps_data(files: Files, folder: str) -> bool:
    return bool(kept_elsewhere(_image(files, folder)))


def _image(files: Files, folder: str) -> str:
    parsed = files.dockerfiles.get(_dockerfile_of(folder))
    return parsed.stages[-1].image if parsed and parsed.stages else ""
