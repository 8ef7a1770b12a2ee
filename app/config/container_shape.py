"""What servergem.yml may hold of a container beside a service's own, key by key: an image that is there already."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from app.config.google_names import ContainerName, ImageText, MountPath, VolumeName, Words
from app.config.kinds import Cpu, EnvBeside, Memory, Secrets, Section
from app.config.limits import Kind
from app.config.part import Part
from app.config.parts import ProbePart, ProbesFile, possible
from app.config.values import nothing

# The service's own container among those of its instance.
MAIN = "main"
# "up to 10 containers per instance", the service's own among them: https://cloud.google.com/run/docs/deploying#sidecars
MOST_BESIDE = 9


class ContainerProbesFile(Part):
    """What Cloud Run asks of a container beside the service's own; each question names its port."""

    startup: Annotated[ProbePart | None, Kind("probe")] = Field(
        default=None,
        description="When it has started. What comes after it waits for that, and needs it.",
        examples=[{"tcp": True, "port": 5432, "period": "1s"}],
    )
    liveness: Annotated[ProbePart | None, Kind("probe", "http or grpc")] = Field(
        default=None,
        description="When its instance is started anew.",
        examples=[{"http": "/alive", "port": 9090}],
    )


def _at_a_port(probes: ContainerProbesFile) -> ContainerProbesFile:
    """Without one the exposed port is asked, and only the service's own container exposes one.

    https://cloud.google.com/run/docs/reference/rest/v2/Container#Probe
    """
    for name, probe in (("startup", probes.startup), ("liveness", probes.liveness)):
        if probe and not probe.port:
            raise ValueError(f"names no port for {name}, and only the service's own container has one")
    possible(ProbesFile(startup=probes.startup, liveness=probes.liveness))
    return probes


class ContainerFile(Part):
    """A container of each instance beside the service's own, on the same localhost: a proxy, a collector, a cache."""

    image: ImageText = Field(
        description="Its image, by tag or digest; it is not built. What a tag stands for is looked up with each "
        "deployment.",
        examples=["europe-docker.pkg.dev/my-project/apps/proxy:v2"],
    )
    command: Words = Field(
        default=[],
        description="What it starts with, instead of the image's entrypoint.",
        examples=[["/proxy"]],
    )
    args: Words = Field(
        default=[],
        description="Arguments, instead of the image's command.",
        examples=[["--port", "5432"]],
    )
    env: EnvBeside = Field(
        default={},
        description="Its variables; it has none of the service's.",
        examples=[{"LOG_LEVEL": "info"}],
    )
    secrets: Secrets = Field(
        default={},
        description="Its variables out of Secret Manager, read as the service's account.",
        examples=[{"API_KEY": "proxy-key:2"}],
    )
    cpu: Cpu = Field(default="1", description="Its CPUs, beside the service's own.", examples=[0.5])
    memory: Memory = Field(
        default="512Mi", description="Its memory, beside the service's own.", examples=["256Mi"]
    )
    probes: Annotated[Annotated[ContainerProbesFile, AfterValidator(_at_a_port)], Section, Kind("probes")] = (
        Field(
            default=ContainerProbesFile(),
            description="What Cloud Run asks of it; nothing where nothing is said.",
            examples=[{"startup": {"tcp": True, "port": 5432, "period": "1s"}}],
        )
    )
    after: Annotated[Words, Kind("list of containers", f"{MAIN} is the service's own")] = Field(
        default=[],
        description="The containers that have to have started before it; each needs a startup probe.",
        examples=[[MAIN]],
    )
    volumes: Annotated[
        dict[VolumeName, MountPath], BeforeValidator(nothing), Kind("NAME: path", "volumes of this service")
    ] = Field(
        default={},
        description="Which of the service's volumes it sees, and where; what both see they share.",
        examples=[{"logs": "/var/log/shop"}],
    )


def _others(containers: dict[str, ContainerFile]) -> dict[str, ContainerFile]:
    if MAIN in containers:
        raise ValueError(f"has {MAIN}, which is the service's own container")
    return containers


Containers = Annotated[
    dict[ContainerName, ContainerFile],
    Field(max_length=MOST_BESIDE),
    AfterValidator(_others),
    Section,
    Kind("NAME: container", f"{MOST_BESIDE} at most; a-z, 0-9 and - in names"),
]
