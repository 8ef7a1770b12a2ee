"""What Google Cloud needs from the machine it runs on: something that builds images, something that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Step:
    """One step of a build request."""

    name: str
    id: str = ""
    entrypoint: str = ""
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    dir: str = ""
    script: str = ""
    timeout: float | None = None


class Unlaid(Exception):  # noqa: N818 - reads as what happened
    """An archive that is not laid on its base image, and why."""


class BuildOutcome(Protocol):
    """How a build ended: status SUCCESS, FAILURE, TIMEOUT or CANCELLED, and the digest of each image."""

    @property
    def status(self) -> str: ...
    @property
    def digests(self) -> Mapping[str, str]: ...
    @property
    def failed_step(self) -> int | None: ...
    @property
    def exit_code(self) -> int | None: ...
    @property
    def published(self) -> Mapping[str, str]: ...
    @property
    def failure_type(self) -> str | None: ...
    @property
    def detail(self) -> str | None: ...


class Builder(Protocol):
    """Runs the steps of a build over an unpacked archive, and lays an archive on a base image."""

    def lay(self, *, archive: Path, base: str) -> str: ...

    def needs(self, digest: str) -> str: ...

    def build(
        self,
        *,
        archive: Path,
        steps: Sequence[Step],
        images: Sequence[str],
        log: Callable[[str], None],
        cancelled: Callable[[], bool],
        timeout: float,
    ) -> BuildOutcome: ...


@dataclass(frozen=True)
class Route:
    """A share of a service's requests, and a tag under which the revision has an address of its own."""

    revision: str
    percent: int = 0
    tag: str = ""


@dataclass(frozen=True)
class Beside:
    """A container beside the one that is asked; `port` is where it is waited for, 0 where nobody waits.

    `last`: it starts after the one that is asked.
    """

    name: str
    image_digest: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    port: int
    startup_timeout: float
    last: bool


class RevisionOutcome(Protocol):
    """Whether the container listened in time; if not, in Cloud Run's own words why."""

    @property
    def ok(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def message(self) -> str: ...


class Runner(Protocol):
    """Runs revisions as processes and brings requests to them by host name."""

    def start_revision(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        image_digest: str,
        command: Sequence[str] = (),
        env: Mapping[str, str],
        port: int,
        startup_timeout: float,
        log: Callable[[str, str], None],
        beside: Sequence[Beside] = (),
    ) -> RevisionOutcome: ...

    def run_to_the_end(
        self,
        *,
        image_digest: str,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout: float,
        cancelled: Callable[[], bool],
        log: Callable[[str, str], None],
    ) -> int | None: ...

    def route(
        self, project: str, region: str, service: str, routes: Sequence[Route], *, public: bool
    ) -> None: ...

    def url(self, project: str, region: str, service: str, tag: str = "") -> str: ...

    def remove(self, project: str, region: str, service: str, revision: str = "") -> None: ...
