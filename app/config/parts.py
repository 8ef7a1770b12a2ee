"""The parts of a service in servergem.yml that have keys of their own: build, instances, network, volumes, probes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from app.config.google_names import (
    Bucket,
    Connector,
    FileName,
    MountPath,
    Network,
    Nfs,
    ProbePath,
    Subnet,
    Tags,
    VolumeName,
    Words,
)
from app.config.kinds import Arguments, Flag, Memory, RepositoryPath, Seconds, Secret, Section, Text, Whole
from app.config.limits import Kind, between
from app.config.part import Part, as_word

WORD, FILE = "build-word", "build-file"
# How long an instance may start: https://cloud.google.com/run/docs/configuring/healthchecks
MOST_STARTUP = 240


class BuildFile(Part):
    """A build with a Dockerfile that is called otherwise, or with a target or arguments."""

    dockerfile: RepositoryPath = Field(
        default="Dockerfile",
        description="The Dockerfile, from the service's path.",
        examples=["deploy/Dockerfile"],
    )
    target: Text = Field(
        default="", description="The stage to build; the last one when it is not given.", examples=["web"]
    )
    args: Arguments = Field(
        default={},
        description="Build arguments; everybody who reads the image can read them.",
        examples=[{"NODE_ENV": "production"}],
    )


Build = Annotated[
    Annotated[Literal["auto", "dockerfile", "buildpacks", "source"], BeforeValidator(as_word), Tag(WORD)]
    | Annotated[BuildFile, Tag(FILE)],
    Discriminator(lambda value: FILE if isinstance(value, dict | BuildFile) else WORD),
    Kind("word, or a build", "auto, dockerfile, buildpacks, source"),
]


class InstancesFile(Part):
    """The bounds of a service's instances."""

    min: Annotated[Whole, Field(le=1000)] = Field(
        default=0, description="Instances that are always there.", examples=[1]
    )
    max: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        default=10, description="The most instances at a time.", examples=[20]
    )


class VpcFile(Part):
    """The network that the service sends to, directly or by a connector."""

    network: Network = Field(default="", description="The network, for direct egress.", examples=["default"])
    subnet: Subnet = Field(
        default="",
        description="The subnet of the instances' addresses; the one called like the network when not given.",
        examples=["apps"],
    )
    tags: Tags = Field(
        default=[], description="Network tags, for the firewall's rules.", examples=[["web", "internal"]]
    )
    egress: Annotated[
        Literal["private-ranges-only", "all-traffic"],
        BeforeValidator(as_word),
        Kind("word", "private-ranges-only, all-traffic"),
    ] = Field(
        default="private-ranges-only",
        description="What goes through the network: what is sent to private addresses, or all.",
        examples=["all-traffic"],
    )
    connector: Connector = Field(
        default="",
        description="A Serverless VPC Access connector, instead of network and subnet.",
        examples=["projects/my-project/locations/europe-west1/connectors/main"],
    )


def _one_network(vpc: VpcFile) -> VpcFile:
    """Cloud Run takes one of the two: https://cloud.google.com/run/docs/configuring/connecting-vpc"""
    direct = bool(vpc.network or vpc.subnet)
    if direct == bool(vpc.connector):
        raise ValueError("needs a network or subnet, or a connector, and not both")
    if vpc.connector and vpc.tags:
        raise ValueError("has tags, which only direct egress takes")
    return vpc


NetworkPart = Annotated[VpcFile, AfterValidator(_one_network)]


class VolumeFile(Part):
    """Files at a path of the container: one of a secret, a bucket, memory or NFS."""

    path: MountPath = Field(description="Where the container sees it.", examples=["/etc/certs"])
    secret: Secret | None = Field(
        default=None, description="A secret as a file: secret:version.", examples=["tls-key:3"]
    )
    file: FileName = Field(
        default="",
        description="The name of the secret's file; the secret's own when not given.",
        examples=["key.pem"],
    )
    bucket: Bucket = Field(default="", description="A Cloud Storage bucket.", examples=["my-bucket"])
    options: Words = Field(
        default=[],
        description="Options of Cloud Storage FUSE for the bucket, without --.",
        examples=[["metadata-cache-ttl-secs=120"]],
    )
    memory: Memory | None = Field(
        default=None,
        description="A folder in memory, which is part of the service's own, up to this size.",
        examples=["256Mi"],
    )
    nfs: Nfs = Field(
        default="", description="A share of an NFS server that `vpc` reaches.", examples=["10.0.0.2:/share"]
    )
    read_only: Flag = Field(
        default=False, description="Whether a bucket or share is only read.", examples=[True]
    )


def _one_source(volume: VolumeFile) -> VolumeFile:
    """Each of these is a volume of its own kind: https://cloud.google.com/run/docs/reference/rest/v2/Volume"""
    given = [bool(each) for each in (volume.secret, volume.bucket, volume.memory, volume.nfs)]
    if sum(given) != 1:
        raise ValueError("needs one of secret, bucket, memory and nfs")
    if volume.file and not volume.secret:
        raise ValueError("has a file, which is a secret's")
    if volume.options and not volume.bucket:
        raise ValueError("has options, which are a bucket's")
    if volume.read_only and not (volume.bucket or volume.nfs):
        raise ValueError("has read_only, which is a bucket's or a share's")
    return volume


class ProbeFile(Part):
    """One question to an instance, by http, grpc or tcp, and how often it is asked."""

    http: ProbePath = Field(
        default="", description="The path that is asked; 200 to 399 is well.", examples=["/ready"]
    )
    grpc: Flag = Field(default=False, description="Whether gRPC's health service is asked.", examples=[True])
    tcp: Flag = Field(default=False, description="Whether an open port is enough.", examples=[True])
    grpc_service: Text = Field(
        default="", description="The service named in gRPC's question.", examples=["shop.Orders"]
    )
    port: Annotated[Whole, Field(le=65535)] = Field(
        default=0, description="The port that is asked; 0 is the service's own.", examples=[9000]
    )
    initial_delay: Annotated[Seconds, between(0, 3600, "from 0s to 3600s")] = Field(
        default=0,
        description="The wait before the first question; 240s at most for startup.",
        examples=["5s"],
    )
    period: Annotated[Seconds, between(1, 3600, "from 1s to 3600s")] = Field(
        default=10, description="From question to question; 240s at most for startup.", examples=["2s"]
    )
    timeout: Annotated[Seconds, between(1, 3600, "from 1s to 3600s")] = Field(
        default=1, description="How long one answer may take; not longer than the period.", examples=["2s"]
    )
    failure_threshold: Annotated[Whole, Field(ge=1)] = Field(
        default=3, description="So many failures in a row count.", examples=[30]
    )


def _one_question(probe: ProbeFile) -> ProbeFile:
    """What Cloud Run holds a probe to: https://cloud.google.com/run/docs/reference/rest/v2/Container#Probe"""
    if sum([bool(probe.http), probe.grpc, probe.tcp]) != 1:
        raise ValueError("needs one of http, grpc and tcp")
    if probe.grpc_service and not probe.grpc:
        raise ValueError("has a grpc_service, which only grpc asks for")
    if probe.timeout > probe.period:
        raise ValueError(f"has a timeout of {probe.timeout}s, longer than its period of {probe.period}s")
    return probe


ProbePart = Annotated[ProbeFile, AfterValidator(_one_question)]


class ProbesFile(Part):
    """What Cloud Run asks of instances, beside `health`, which is asked before traffic moves."""

    startup: Annotated[ProbePart | None, Kind("probe")] = Field(
        default=None,
        description="When an instance has started; without it, when its port is open.",
        examples=[{"http": "/ready", "period": "2s", "failure_threshold": 30}],
    )
    liveness: Annotated[ProbePart | None, Kind("probe", "http or grpc")] = Field(
        default=None,
        description="When an instance is started anew.",
        examples=[{"http": "/alive", "period": "30s"}],
    )
    readiness: Annotated[ProbePart | None, Kind("probe", "http or grpc")] = Field(
        default=None,
        description="When an instance gets no requests for a while.",
        examples=[{"http": "/ready"}],
    )


def possible(probes: ProbesFile) -> ProbesFile:
    """Which kinds there are, and how long a start may take: see MOST_STARTUP."""
    for name, probe in (("liveness", probes.liveness), ("readiness", probes.readiness)):
        if probe and probe.tcp:
            raise ValueError(f"has tcp for {name}, which takes http or grpc")
    start = probes.startup
    if start and (
        start.initial_delay > MOST_STARTUP or start.period * start.failure_threshold > MOST_STARTUP
    ):
        raise ValueError(
            f"gives startup more than {MOST_STARTUP}s: period times failure_threshold, or its delay"
        )
    return probes


ProbesPart = Annotated[ProbesFile, AfterValidator(possible)]

Volumes = Annotated[
    dict[VolumeName, Annotated[VolumeFile, AfterValidator(_one_source)]],
    Section,
    Kind("NAME: volume", "a-z, 0-9 and - in names"),
]
