"""The containers and volumes of a Cloud Run service, as its YAML has them.

https://cloud.google.com/run/docs/reference/yaml/v1
"""

from __future__ import annotations

from pydantic import Field

from app.importing.foreign import Foreign


class SecretKey(Foreign):
    name: str = Field(default="", description="the secret's name")
    key: str = Field(default="latest", description="the secret's version")


class ValueFrom(Foreign):
    secret: SecretKey = Field(default=SecretKey(), alias="secretKeyRef", description="`secrets`")


class EnvVar(Foreign):
    name: str = Field(default="", description="a name of `env` or `secrets`")
    value: str | None = Field(default=None, description="`env`, or `secrets` and the command that makes one")
    held: ValueFrom = Field(default=ValueFrom(), alias="valueFrom", description="`secrets`")


class Port(Foreign):
    name: str = Field(default="", description="`http2` of h2c")
    number: int | None = Field(default=None, alias="containerPort", description="`port`")
    protocol: str = Field(default="", description="nothing")


class HttpGet(Foreign):
    path: str = Field(default="/", description="`http`")
    port: int = Field(default=0, description="`port`")


class Grpc(Foreign):
    service: str = Field(default="", description="`grpc_service`")
    port: int = Field(default=0, description="`port`")


class Tcp(Foreign):
    port: int = Field(default=0, description="`port`")


class ProbePart(Foreign):
    http: HttpGet | None = Field(default=None, alias="httpGet", description="`http`")
    grpc: Grpc | None = Field(default=None, description="`grpc`")
    tcp: Tcp | None = Field(default=None, alias="tcpSocket", description="`tcp`")
    initial_delay: int | None = Field(
        default=None, alias="initialDelaySeconds", description="`initial_delay`"
    )
    period: int | None = Field(default=None, alias="periodSeconds", description="`period`")
    timeout: int | None = Field(default=None, alias="timeoutSeconds", description="`timeout`")
    failures: int | None = Field(default=None, alias="failureThreshold", description="`failure_threshold`")


class Resources(Foreign):
    limits: dict[str, str] = Field(default={}, description="`cpu`, `memory`")


class Mount(Foreign):
    name: str = Field(default="", description="the volume's name")
    path: str = Field(default="", alias="mountPath", description="`path` of the volume")


class Container(Foreign):
    name: str = Field(default="", description="the name of a container beside the service's own")
    image: str = Field(default="", description="left: ServerGem builds from source; `image` of a sidecar")
    ports: list[Port] = Field(default=[], description="`port`, `http2`")
    command: list[str] = Field(default=[], description="`command`")
    args: list[str] = Field(default=[], description="`args`")
    env: list[EnvVar] = Field(default=[], description="`env`, `secrets`")
    resources: Resources = Field(default=Resources(), description="`cpu`, `memory`")
    startup: ProbePart | None = Field(default=None, alias="startupProbe", description="`probes.startup`")
    liveness: ProbePart | None = Field(default=None, alias="livenessProbe", description="`probes.liveness`")
    readiness: ProbePart | None = Field(
        default=None, alias="readinessProbe", description="`probes.readiness`"
    )
    mounts: list[Mount] = Field(default=[], alias="volumeMounts", description="`path` of the volume")


class SecretItem(Foreign):
    key: str = Field(default="latest", description="the secret's version")
    path: str = Field(default="", description="`file`")


class SecretFiles(Foreign):
    name: str = Field(default="", alias="secretName", description="`secret`")
    items: list[SecretItem] = Field(default=[], description="`secret`, `file`, the first")


class EmptyDir(Foreign):
    medium: str = Field(default="", description="nothing: it is memory")
    size: str = Field(default="", alias="sizeLimit", description="`memory`")


class Attributes(Foreign):
    bucket: str = Field(default="", alias="bucketName", description="`bucket`")
    options: str = Field(default="", alias="mountOptions", description="`options`")


class Csi(Foreign):
    driver: str = Field(default="", description="`bucket` of gcsfuse.run.googleapis.com")
    read_only: str = Field(default="", alias="readOnly", description="`read_only`")
    attributes: Attributes = Field(
        default=Attributes(), alias="volumeAttributes", description="`bucket`, `options`"
    )


class Nfs(Foreign):
    server: str = Field(default="", description="`nfs`")
    path: str = Field(default="", description="`nfs`")
    read_only: str = Field(default="", alias="readOnly", description="`read_only`")


class VolumePart(Foreign):
    name: str = Field(default="", description="the volume's name")
    secret: SecretFiles | None = Field(default=None, description="`secret`, `file`")
    empty: EmptyDir | None = Field(default=None, alias="emptyDir", description="`memory`")
    csi: Csi | None = Field(default=None, description="`bucket`")
    nfs: Nfs | None = Field(default=None, description="`nfs`")
