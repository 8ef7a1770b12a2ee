"""What Cloud Run's first version says, as far as it is carried: closed shapes, in which an unknown field is refused.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services and the pages beside it
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.google.errors import invalid

SERVING, RUN = "serving.knative.dev/v1", "run.googleapis.com/v1"


class Shape(BaseModel):
    """One object of v1's JSON; what is empty is left out where it is written."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True)

    def json_form(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True)


class Metadata(Shape):
    """`resource_version` is the etag of v2, `namespace` the project."""

    name: str | None = None
    namespace: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    resource_version: str | None = None
    generation: int | None = None
    uid: str | None = None
    self_link: str | None = None
    creation_timestamp: str | None = None


class Condition(Shape):
    """`status` is True, False or Unknown."""

    type: str
    status: str
    reason: str | None = None
    message: str | None = None
    severity: str | None = None
    last_transition_time: str | None = None


class SecretKey(Shape):
    """A version (`key`) of a secret."""

    name: str
    key: str


class ValueFrom(Shape):
    """Where a variable's value is found."""

    secret_key_ref: SecretKey


class Variable(Shape):
    """One variable of a container's environment."""

    name: str
    value: str | None = None
    value_from: ValueFrom | None = None


class Resources(Shape):
    """What a container may use. Nothing stands in `requests`, which Cloud Run does not have."""

    limits: dict[str, str] = {}
    requests: dict[str, str] = Field(default={}, max_length=0, exclude=True)


class Container(Shape):
    """Ports, mounts and probes are spelt alike in both versions."""

    name: str | None = None
    image: str
    command: list[str] | None = None
    args: list[str] | None = None
    working_dir: str | None = None
    env: list[Variable] | None = None
    resources: Resources | None = None
    ports: list[dict[str, Any]] | None = None
    volume_mounts: list[dict[str, Any]] | None = None
    startup_probe: dict[str, Any] | None = None
    liveness_probe: dict[str, Any] | None = None
    readiness_probe: dict[str, Any] | None = None


class SecretItem(Shape):
    """A version (`key`) of a secret, as a file."""

    key: str
    path: str
    mode: int | None = None


class SecretVolume(Shape):
    """A secret as files."""

    secret_name: str
    items: list[SecretItem] | None = None
    default_mode: int | None = None


class EmptyDir(Shape):
    """Memory as a folder."""

    medium: str | None = None
    size_limit: str | None = None


class Driver(Shape):
    """A bucket as a folder."""

    driver: str
    read_only: bool | None = None
    volume_attributes: dict[str, str] = {}


class Volume(Shape):
    """One of its kinds; Cloud SQL's sockets are an annotation in v1."""

    name: str
    secret: SecretVolume | None = None
    empty_dir: EmptyDir | None = None
    csi: Driver | None = None
    nfs: dict[str, Any] | None = None


class RevisionSpec(Shape):
    """What a revision runs."""

    containers: list[Container]
    volumes: list[Volume] | None = None
    container_concurrency: int | None = None
    timeout_seconds: int | None = None
    service_account_name: str | None = None
    node_selector: dict[str, str] | None = None
    runtime_class_name: str | None = None


class RevisionTemplate(Shape):
    """Of which a revision is made."""

    metadata: Metadata = Metadata()
    spec: RevisionSpec


class Target(Shape):
    """A part of the traffic; `url` is told, and not taken."""

    revision_name: str | None = None
    latest_revision: bool | None = None
    percent: int | None = None
    tag: str | None = None
    url: str | None = None


class ServiceSpec(Shape):
    """What a service is to be."""

    template: RevisionTemplate
    traffic: list[Target] | None = None


class Named(Shape):
    """Anything that v1 keeps: its kind, its name, what it is to be and what it is; the last is told, and not taken."""

    api_version: str = SERVING
    kind: str
    metadata: Metadata
    spec: Any = None
    status: dict[str, Any] | None = None


class Service(Named):
    """A service, as it is written."""

    kind: str = "Service"
    spec: ServiceSpec


class RunJob(Shape):
    """What is asked when a job is to run; nothing of it can be otherwise for one execution."""

    overrides: None = None


_Shape = TypeVar("_Shape", bound=Shape)


def read(shape: type[_Shape], body: Any) -> _Shape:
    """JSON as the shape; a field that is not carried is refused by its name."""
    try:
        return shape.model_validate(body or {})
    except ValidationError as error:
        first = error.errors()[0]
        *path, name = map(str, first["loc"] or ("body",))
        place = ".".join([shape.__name__.lower(), *path])
        if first["type"] == "extra_forbidden":
            raise invalid(
                f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field."
            ) from error
        raise invalid(f"Invalid value at '{place}.{name}': {first['msg']}") from error
