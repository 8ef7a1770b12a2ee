"""What a Compose file holds of services that are built here, and of what shares their network."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.importing.foreign import Foreign, Variables, Words

PORT = re.compile(r"(?:.*:)?(\d+)(?:-\d+)?(?:/tcp)?")


def _built(value: Any) -> Any:
    return {"context": value} if isinstance(value, str) else value


def _port(value: Any) -> Any:
    """The container's port of `3000:8080`, of a range its first, or of the long form."""
    if not isinstance(value, str):
        return value
    found = PORT.fullmatch(value)
    return {"target": found[1]} if found else {}


def _mount(value: Any) -> Any:
    """`./api:/app:ro`, or a path that is the container's own, as the long form."""
    if not isinstance(value, str):
        return value
    source, colon, _ = value.partition(":")
    return {"source": source, "type": "bind" if source[:1] in "./~$" else "volume"} if colon else {}


def _test(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


class Build(Foreign):
    context: str = Field(default="", description="`path`")
    dockerfile: str = Field(default="", description="`build.dockerfile`")
    target: str = Field(default="", description="`build.target`")
    args: Variables = Field(default={}, description="`build.args`")


class Port(Foreign):
    target: int | None = Field(default=None, description="`port`, the first")


class Mount(Foreign):
    type: str = Field(default="", description="left, each with a way")
    source: str = Field(default="", description="left, each with a way")
    target: str = Field(default="", description="nothing")


class Limits(Foreign):
    memory: str = Field(default="", description="`memory`")
    cpus: str = Field(default="", description="`cpu`")


class Resources(Foreign):
    limits: Limits = Field(default=Limits(), description="`memory`, `cpu`")


class Deploy(Foreign):
    resources: Resources = Field(default=Resources(), description="`memory`, `cpu`")


class Health(Foreign):
    test: Annotated[str, BeforeValidator(_test)] = Field(
        default="", description="`health`, where it asks an address"
    )


class ComposeService(Foreign):
    image: str = Field(default="", description="left: ServerGem builds from source")
    build: Annotated[Build | None, BeforeValidator(_built)] = Field(
        default=None, description="`path`, `build`"
    )
    ports: list[Annotated[Port, BeforeValidator(_port)]] = Field(default=[], description="`port`, the first")
    expose: list[Annotated[Port, BeforeValidator(_port)]] = Field(
        default=[], description="`port` without `ports`"
    )
    environment: Variables = Field(default={}, description="`env`, `secrets`")
    command: Words = Field(default=[], description="`args`")
    entrypoint: Words = Field(default=[], description="`command`")
    healthcheck: Health = Field(default=Health(), description="`health`")
    volumes: list[Annotated[Mount, BeforeValidator(_mount)]] = Field(
        default=[], description="left, each with a way"
    )
    deploy: Deploy = Field(default=Deploy(), description="`memory`, `cpu`")
    network: str = Field(
        default="",
        alias="network_mode",
        description="`containers` of the service whose network it shares, where it is an image",
    )
    mem_limit: str = Field(default="", description="`memory`")
    cpus: str = Field(default="", description="`cpu`")


class Compose(Foreign):
    """`compose.yaml`, `docker-compose.yml`: each service that is built here."""

    services: dict[str, ComposeService] = Field(default={}, description="`services`")
