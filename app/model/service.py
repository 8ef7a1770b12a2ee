"""Parts of what servergem.yml asks for one service: its build, secrets, instances, network, files and probes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Build(StrEnum):
    """How an image is made. `auto` takes the Dockerfile when the service's path has one."""

    AUTO = "auto"
    DOCKERFILE = "dockerfile"
    BUILDPACKS = "buildpacks"
    SOURCE = "source"


@dataclass(frozen=True)
class BuildPlan:
    """The `build` part of a service. `dockerfile` is relative to the service's path."""

    kind: Build = Build.AUTO
    dockerfile: str = "Dockerfile"
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SecretRef:
    """A secret's name in Secret Manager and the version wanted; the value never comes near us."""

    name: str
    version: str = "latest"


@dataclass(frozen=True)
class Instances:
    """How many instances of a service may run."""

    min: int = 0
    max: int = 10


@dataclass(frozen=True)
class Vpc:
    """The network that a service sends to: by a network or subnet of its own, or by a connector; none when empty."""

    network: str = ""
    subnet: str = ""
    tags: tuple[str, ...] = ()
    egress: str = "private-ranges-only"
    connector: str = ""

    def __bool__(self) -> bool:
        return bool(self.network or self.subnet or self.connector)

    def __str__(self) -> str:
        named = (("network", self.network), ("subnet", self.subnet), ("connector", self.connector))
        said = [f"{word} {name}" for word, name in named if name]
        tags = [f"tags {' '.join(self.tags)}"] if self.tags else []
        return ", ".join([*said, *tags, self.egress]) if self else ""


@dataclass(frozen=True)
class Volume:
    """Files at a path of the container, out of one of: a secret, a bucket, memory, NFS.

    `memory` is as in servergem.yml, `nfs` is server:/path; `file` is the name that a secret's file has.
    """

    name: str
    path: str
    secret: SecretRef | None = None
    file: str = ""
    bucket: str = ""
    memory: str = ""
    nfs: str = ""
    read_only: bool = False
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        secret = f"{self.secret.name}:{self.secret.version} as {self.file}" if self.secret else ""
        sources = (("secret", secret), ("bucket", self.bucket), ("memory", self.memory), ("nfs", self.nfs))
        source = next((f"{word} {said}" for word, said in sources if said), "")
        options = f" with {' '.join(self.options)}" if self.options else ""
        return f"{source} at {self.path}{options}{' read-only' if self.read_only else ''}"


@dataclass(frozen=True)
class Probe:
    """One question that Cloud Run asks an instance: by HTTP at a path, by gRPC, or whether a TCP port is open.

    `port` 0 is the service's own. `initial_delay`, `period` and `timeout` are seconds.
    """

    http: str = ""
    grpc: bool = False
    tcp: bool = False
    grpc_service: str = ""
    port: int = 0
    initial_delay: int = 0
    period: int = 10
    timeout: int = 1
    failure_threshold: int = 3

    def __str__(self) -> str:
        asked = (
            f"http {self.http}" if self.http else f"grpc {self.grpc_service}".strip() if self.grpc else "tcp"
        )
        port = f" on {self.port}" if self.port else ""
        delay = f" after {self.initial_delay}s" if self.initial_delay else ""
        every = f"{self.failure_threshold} times every {self.period}s for {self.timeout}s"
        return f"{asked}{port}{delay} {every}"


@dataclass(frozen=True)
class Probes:
    """When an instance has started, when it is started anew, and when it gets no requests; None is not asked."""

    startup: Probe | None = None
    liveness: Probe | None = None
    readiness: Probe | None = None

    def __str__(self) -> str:
        named = (("startup", self.startup), ("liveness", self.liveness), ("readiness", self.readiness))
        return "; ".join(f"{word}: {probe}" for word, probe in named if probe)


@dataclass(frozen=True)
class Sidecar:
    """A container beside the service's own: an image that is there, and what it is started with.

    `after` are the containers that have started before it, `volumes` those of the service that it sees, each with
    its path.
    """

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, SecretRef], ...] = ()
    cpu: str = "1"
    memory: str = "512Mi"
    probes: Probes = Probes()
    after: tuple[str, ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Of a plain variable only the name is said: its value may be a secret too."""
        said = (
            ("command", " ".join(self.command)),
            ("args", " ".join(self.args)),
            ("variables", " ".join(sorted(name for name, _ in self.env))),
            ("secrets", told(tuple((name, f"{each.name}:{each.version}") for name, each in self.secrets))),
            ("cpu", self.cpu),
            ("memory", self.memory),
            ("probes", str(self.probes)),
            ("after", " ".join(self.after)),
            ("volumes", told(self.volumes)),
        )
        return f"{self.name} ({'; '.join([self.image, *(f'{word} {text}' for word, text in said if text)])})"


def told(value: object) -> str:
    """A value of a service in one line, as it is read back from Cloud Run and compared with servergem.yml."""
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(_told_within, value))
    return str(value)


def _told_within(value: object) -> str:
    """A pair is a name with its text only in a list: two words of a command are two words."""
    match value:
        case (str(name), str(text)):
            return f"{name}={text}"
    return told(value)
