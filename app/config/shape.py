"""What servergem.yml may hold of a service, key by key; all that reads or explains it is made of this."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.config.container_shape import Containers
from app.config.google_names import (
    CloudSql,
    Domain,
    EncryptionKey,
    ImageText,
    Labels,
    Policy,
    Words,
)
from app.config.kinds import (
    Account,
    Cpu,
    Env,
    Flag,
    Health,
    Memory,
    Region,
    Regions,
    RepositoryPath,
    Rollout,
    Seconds,
    Secrets,
    Section,
    Text,
    Watch,
    Whole,
)
from app.config.limits import Kind, between
from app.config.part import Part, as_word
from app.config.parts import Build, InstancesFile, NetworkPart, ProbesFile, ProbesPart, Volumes


def _no_text(value: object) -> object:
    """A word that is empty is as good as none."""
    return as_word(value) or None


class ServiceFile(Part):
    """One service, as its owner writes it."""

    path: RepositoryPath = Field(
        default=".",
        description="The folder that is built, from the repository's root. A change elsewhere deploys nothing.",
        examples=["services/api"],
    )
    watch: Watch = Field(
        default=[],
        description="Patterns of paths whose change deploys the service too; !PATTERN takes paths out again. "
        "At the repository's root, where every change counts, a list of patterns is all that counts.",
        examples=[["libs/**", "!**/*.md"]],
    )
    build: Build = Field(
        default="auto",
        description="How it is made: with the Dockerfile where there is one; else Python and Node run without a "
        "build where that is safe, and all else is built with buildpacks. `source` is the same without a look at a "
        "Dockerfile; `dockerfile` and `buildpacks` make an image in any case.",
        examples=["dockerfile", {"dockerfile": "deploy/Dockerfile", "target": "web"}],
    )
    automatic_updates: Flag = Field(
        default=True,
        description="Whether Google patches what is below its own code; with `false` its image stays as built.",
        examples=[False],
    )
    image: ImageText = Field(
        default="",
        description="An image that somebody else built, by tag or digest; nothing is built then.",
        examples=["europe-docker.pkg.dev/my-project/apps/api:v1"],
    )
    region: Region | None = Field(
        default=None, description="The Cloud Run region, such as europe-west1.", examples=["europe-west1"]
    )
    regions: Regions = Field(
        default=[],
        description="Several regions instead of one. The first is its home, with its jobs, workers, domain and "
        "previews. One that is taken out keeps serving until somebody deletes the service there.",
        examples=[["europe-west1", "us-central1"]],
    )
    port: Annotated[Whole, Field(ge=1, le=65535)] = Field(
        default=8080, description="Where the container listens: $PORT.", examples=[3000]
    )
    cpu: Cpu = Field(
        default="1", description="CPUs of an instance: 1, 2, 4, 6, 8, or a fraction from 0.08.", examples=[2]
    )
    memory: Memory = Field(
        default="512Mi", description="Memory of an instance, from 128Mi to 32Gi.", examples=["1Gi"]
    )
    concurrency: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        default=80, description="Requests that an instance serves at the same time.", examples=[40]
    )
    timeout: Annotated[Seconds, between(1, 3600, "from 1s to 3600s")] = Field(
        default=300,
        description="How long one request may take: 300s, 5m, or a number of seconds; 60m at most.",
        examples=["10m"],
    )
    instances: Annotated[InstancesFile, Section, Kind("bounds")] = Field(
        default=InstancesFile(), description="How many instances may run.", examples=[{"min": 1, "max": 20}]
    )
    public: Flag = Field(
        default=True, description="Whether everybody may call it without signing in.", examples=[False]
    )
    domain: Domain = Field(
        default="",
        description="A domain of your own that leads to it: that of the environment where the default branch goes; "
        "each other one names its own.",
        examples=["shop.example.com"],
    )
    service_account: Account = Field(
        default="",
        description="The account that the service runs as.",
        examples=["api@my-project.iam.gserviceaccount.com"],
    )
    env: Env = Field(
        default={},
        description="Environment variables; every value stays the text that is written.",
        examples=[{"LOG_LEVEL": "info"}],
    )
    secrets: Secrets = Field(
        default={},
        description="Environment variables out of Secret Manager: NAME: secret:version.",
        examples=[{"DATABASE_URL": "db-url:latest"}],
    )
    health: Health = Field(
        default="/",
        description="The path that has to answer well before traffic moves. "
        "Cloud Run keeps /healthz and some others for itself.",
        examples=["/health"],
    )
    release: Text = Field(
        default="",
        description="A command that runs once with the new image before traffic moves, also where there are several "
        "regions.",
        examples=["python manage.py migrate"],
    )
    rollout: Rollout = Field(
        default=[100],
        description="Percentages of traffic in order, the last one 100.",
        examples=[[10, 50, 100]],
    )
    command: Words = Field(
        default=[],
        description="What the container starts with, instead of the image's entrypoint.",
        examples=[["node", "server.js"]],
    )
    args: Words = Field(
        default=[],
        description="Arguments, instead of the image's command.",
        examples=[["--workers", "2"]],
    )
    containers: Containers = Field(
        default={},
        description="Containers beside its own, of images that are there: proxies, collectors, caches.",
        examples=[{"proxy": {"image": "europe-docker.pkg.dev/my-project/apps/proxy:v2"}}],
    )
    after: Annotated[Words, Kind("list of containers", "names under `containers`")] = Field(
        default=[],
        description="Those of its containers that have to have started before its own does; each needs a startup "
        "probe.",
        examples=[["proxy"]],
    )
    cloudsql: CloudSql = Field(
        default=[],
        description="Instances of Cloud SQL, each a socket below /cloudsql.",
        examples=[["my-project:europe-west1:main"]],
    )
    vpc: Annotated[NetworkPart | None, Kind("network")] = Field(
        default=None,
        description="The network that it sends to.",
        examples=[{"network": "default", "subnet": "apps"}],
    )
    volumes: Volumes = Field(
        default={},
        description="Secrets, buckets, memory and shares as files.",
        examples=[{"certs": {"path": "/etc/certs", "secret": "tls-key:3"}}],
    )
    probes: Annotated[ProbesPart, Section, Kind("probes")] = Field(
        default=ProbesFile(),
        description="What Cloud Run asks of instances as they start and run.",
        examples=[{"startup": {"http": "/ready", "period": "2s", "failure_threshold": 30}}],
    )
    execution: Annotated[
        Literal["gen1", "gen2"] | None, BeforeValidator(_no_text), Kind("word", "gen1, gen2")
    ] = Field(
        default=None,
        description="The execution environment; Cloud Run chooses without it.",
        examples=["gen2"],
    )
    cpu_always: Flag = Field(
        default=False,
        description="Whether an instance has its CPU between requests too, and is billed for it.",
        examples=[True],
    )
    startup_boost: Flag = Field(
        default=True, description="Whether an instance has more CPU while it starts.", examples=[False]
    )
    gpu: Annotated[Literal["nvidia-l4"] | None, BeforeValidator(_no_text), Kind("word", "nvidia-l4")] = Field(
        default=None,
        description="One GPU for each instance, without a second zone; takes 4 CPUs, 16Gi and cpu_always.",
        examples=["nvidia-l4"],
    )
    ingress: Annotated[
        Literal["all", "internal", "internal-and-cloud-load-balancing"],
        BeforeValidator(as_word),
        Kind("word", "all, internal, internal-and-cloud-load-balancing"),
    ] = Field(
        default="all",
        description="From where requests may come. What does not take all is not asked for `health`.",
        examples=["internal"],
    )
    http2: Flag = Field(
        default=False,
        description="Whether the container speaks HTTP/2 itself, as gRPC needs.",
        examples=[True],
    )
    session_affinity: Flag = Field(
        default=False,
        description="Whether a client comes to the same instance where it can.",
        examples=[True],
    )
    manual_instances: Annotated[Whole, Field(le=1000)] = Field(
        default=0,
        description="Just so many instances, whatever the load; 0: by load, within `instances`.",
        examples=[3],
    )
    labels: Labels = Field(
        default={}, description="Labels of the service and its revisions.", examples=[{"team": "shop"}]
    )
    iap: Flag = Field(
        default=False,
        description="Whether Identity-Aware Proxy stands before it. It is not asked for `health` then.",
        examples=[True],
    )
    binary_authorization: Policy = Field(
        default="",
        description="The Binary Authorization policy that images are held to.",
        examples=["default"],
    )
    encryption_key: EncryptionKey = Field(
        default="",
        description="The key of Cloud KMS that encrypts the image.",
        examples=["projects/my-project/locations/europe-west1/keyRings/main/cryptoKeys/run"],
    )
