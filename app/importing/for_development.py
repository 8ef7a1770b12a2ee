"""For development: what of a Compose file is for one person's machine, and what to write where production needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.config.draft import Keys
from app.importing.compose_parts import Build, ComposeService
from app.importing.telling import said
from app.importing.told import Left, Told
from app.start_command.development import is_for_development, without_reload

_STAGE = re.compile(r"dev|devel|development|develop|local|debug|dev-envs")
_DOCKERFILE = re.compile(r"(?:.*[./_-])?(?:dev|development|local)(?:[./_-].*)?", re.IGNORECASE)
_MODE = re.compile(r"(?:\w+_)?ENV(?:IRONMENT)?|SPRING_PROFILES_ACTIVE")
_DEVELOPS = frozenset({"dev", "develop", "development", "local"})
_SWITCH = re.compile(r"(?:\w+_)?DEBUG|\w+_(?:USE)?POLLING")
_DATA = re.compile(r".*/\.?(?:\w+[-_])?(?:data|storage|uploads?|media|db|database|backups?|state)/?")
_LONGEST = 200  # letters of a name or a path, of which the patterns may take the square
_ON = frozenset({"1", "true", "yes", "on"})

COMMAND = (
    "It starts a server for development, so the image's own CMD starts instead. Let the Dockerfile's CMD be what "
    "serves in production, on 0.0.0.0 and $PORT"
)
STAGE = "It is the stage for development: the last one is built. Write `build: {target: NAME}` for another."
DOCKERFILE = "It is for development: the file called Dockerfile is built. Write one for production where there is none."
VARIABLE = (
    "It is for development, and left out: write it under `env:` as production has it, where it needs it."
)
SOURCE = "Nothing is needed: the source is in the image, where the Dockerfile copies it."
OWN = "Nothing is needed: what the image has there stays."
ENGINE = "An instance has no Docker engine: use Google's own interfaces instead."
VOLUME = "Write `volumes:` with a bucket, where data has to stay; a database's belongs to Cloud SQL."


def commands(service: ComposeService, at: Keys, serves: str) -> Iterator[Told]:
    """`command` and `args`; `serves` is what serves in production as far as the source shows it."""
    for key, its, words in (
        ("command", "entrypoint", service.entrypoint),
        ("args", "command", service.command),
    ):
        written = tuple(words)
        kept = without_reload(written)
        if not written:
            continue
        if is_for_development(" ".join(kept)):
            yield Left((*at, its), f"{COMMAND}: `{serves}`." if serves else f"{COMMAND}.")
        else:
            yield said(key, kept, *at, its, note="" if kept == written else "without --reload")


def is_stage(build: Build) -> bool:
    """Whether it names a stage that nobody deploys."""
    return _STAGE.fullmatch(build.target) is not None


def is_dockerfile(build: Build) -> bool:
    """Whether it names a Dockerfile that nobody deploys."""
    return len(build.dockerfile) < _LONGEST and _DOCKERFILE.fullmatch(build.dockerfile) is not None


def is_variable(name: str, value: str | None) -> bool:
    """Whether it tells a framework that somebody develops."""
    word = (value or "").lower() if len(name) < _LONGEST else ""
    return (_MODE.fullmatch(name) is not None and word in _DEVELOPS) or (
        _SWITCH.fullmatch(name) is not None and word in _ON
    )


def mounts(service: ComposeService, at: Keys) -> Iterator[Left]:
    """What is mounted, each with what it is for."""
    for number, each in enumerate(service.volumes):
        if each.source.endswith("docker.sock"):
            instead = ENGINE
        elif each.type == "bind" and not _DATA.fullmatch(each.source[-_LONGEST:]):
            instead = SOURCE
        else:
            instead = VOLUME if each.source else OWN
        yield Left((*at, "volumes", str(number)), instead, whole=True)
