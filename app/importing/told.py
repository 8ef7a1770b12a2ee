"""What another platform's file tells: keys of ours, variables, secrets, and what does not come along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from app.config.draft import Keys, Said

SERVICES, JOBS, WORKERS = "services", "jobs", "workers"


@dataclass(frozen=True)
class Left:
    """Something that servergem.yml does not say: where it stands in the source, and what to do instead."""

    at: Keys
    instead: str
    line: int = 0
    whole: bool = False
    """Whether all that stands below it is left with it."""


@dataclass(frozen=True)
class Variable:
    """A variable as it is written there; None where its value is kept elsewhere."""

    name: str
    value: str | None
    at: Keys
    secret: bool = False
    """Whether it comes from where the other platform keeps secrets, whatever it is called."""


@dataclass(frozen=True)
class Held:
    """A variable, or a file, whose value Secret Manager has already: name:version."""

    name: str
    reference: str


@dataclass(frozen=True)
class Beside:
    """A container beside a service's own, by its name, and all that is told of it."""

    name: str
    told: tuple[Told, ...]


Told: TypeAlias = "Said | Left | Variable | Held | Beside"


@dataclass(frozen=True)
class Named:
    """A service, a job or a worker under the name that it has there, and all that is told of it."""

    name: str
    told: tuple[Told, ...]
    of: str = SERVICES
    home: str = ""
    """The service whose image a job or a worker has, by the name that it has there."""
