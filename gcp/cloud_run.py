"""Cloud Run: services and revisions; what a service is to be, releasing without traffic, moving traffic."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2

from app.model import ServiceConfig, Traffic
from gcp.cloud import TIMEOUT, Google
from gcp.errors import Denial, GoogleError, from_status

# The server holds a wait open for this long: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.operations/wait
LONG_POLL = 30
LONGEST_WAITS = 20
LOOK_SECONDS = 0.5
# How often we read again and try again when somebody else changes the service at the same moment.
CONFLICTS = 5
MANAGED_BY = "servergem"
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST


class RevisionFailed(Exception):  # noqa: N818 - reads as what happened
    """A revision was made and did not become ready; Cloud Run's own reason and words."""

    def __init__(self, revision: str, reason: str, message: str, log_url: str = "") -> None:
        super().__init__(revision, reason, message, log_url)
        self.revision, self.reason, self.message, self.log_url = revision, reason, message, log_url


@dataclass(frozen=True)
class WantedService:
    """A service as it is to be: its configuration, the image of its new revision, and what marks it as ours."""

    project: str
    region: str
    name: str
    image: str
    revision_name: str
    tag: str
    config: ServiceConfig
    service_account: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ServiceState:
    """A service as it stands. `traffic` names revisions also where the service says LATEST.

    `env` are the names of its variables, `secrets` those that come from Secret Manager with name and version.
    `pinned_by_hand`: its newest revision gets nothing, and not by our doing. `shape` is what it is given, by key.
    """

    name: str
    etag: str
    url: str
    traffic: tuple[Traffic, ...]
    serving: str
    tag_urls: tuple[tuple[str, str], ...] = ()
    env: tuple[str, ...] = ()
    last_modifier: str = ""
    pinned_by_hand: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    shape: tuple[tuple[str, str], ...] = ()
    revision_labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MadeRevision:
    """A revision that is ready, where it can be asked before it serves, and its service as it stood then."""

    name: str
    url: str
    tag_url: str
    state: ServiceState


def service(google: Google, project: str, region: str, name: str) -> ServiceState | None:
    """The service, None when there is none."""
    found = _get(google, _name(project, region, name))
    return _state(found) if found is not None else None


def commit_of(google: Google, project: str, region: str, service_name: str, revision: str) -> str:
    """The commit that a revision of ours was made from; empty when it is not ours or gone."""
    name = f"{_name(project, region, service_name)}/revisions/{revision}"
    try:
        found = google.ask(
            "Revisions.GetRevision",
            lambda: google.revisions.get_revision(name=name, retry=None, timeout=TIMEOUT),
        )
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return ""
        raise
    return dict(found.labels).get("commit", "")


def validate(google: Google, wanted: WantedService) -> None:
    """Have Cloud Run check the specification without making anything. GoogleError when it refuses."""
    name = _name(wanted.project, wanted.region, wanted.name)
    spec = _spec(wanted)
    update = run_v2.UpdateServiceRequest(service=_named(spec, name), validate_only=True, allow_missing=True)
    google.ask(
        "Services.UpdateService",
        lambda: google.services.update_service(request=update, retry=None, timeout=TIMEOUT),
    )


def release(google: Google, wanted: WantedService, *, before: ServiceState | None) -> MadeRevision:
    """Make the revision without traffic under its tag, what serves pinned by name; adopt it when it is there.

    `before` is the service as it was last seen: it is read again only when Cloud Run says that it has changed.

    On a first deployment there is nothing to pin: the revision gets all traffic once it is ready.
    Raises RevisionFailed when it does not become ready; what served before serves on.
    """
    name = _name(wanted.project, wanted.region, wanted.name)
    for attempt in range(CONFLICTS):
        try:
            operation = _create(google, wanted) if before is None else _update(google, wanted, before)
        except GoogleError as conflict:
            if conflict.code not in ("ABORTED", "ALREADY_EXISTS") or attempt == CONFLICTS - 1:
                raise
        else:
            return _made(wanted, _ready(google, name, wanted, operation))
        if _has(google, name, wanted.revision_name):
            return _made(wanted, _ready(google, name, wanted, None))
        before = service(google, wanted.project, wanted.region, wanted.name)
    raise AssertionError("unreachable")


def set_traffic(
    google: Google, project: str, region: str, name: str, traffic: tuple[Traffic, ...], etag: str
) -> ServiceState:
    """Give a service this traffic and nothing else; GoogleError ABORTED when it has changed since `etag`."""
    full = _name(project, region, name)
    request = run_v2.UpdateServiceRequest(
        service=run_v2.Service(name=full, traffic=_targets(traffic), etag=etag),
        update_mask=field_mask_pb2.FieldMask(paths=["traffic"]),
    )
    operation: Any = google.ask(
        "Services.UpdateService",
        lambda: google.services.update_service(request=request, retry=None, timeout=TIMEOUT),
    )
    done = _waited(google, operation.operation)
    if done.HasField("error"):
        raise from_status(done.error, "Services.UpdateService")
    return _state(_of(done))


def delete_service(google: Google, project: str, region: str, name: str) -> None:
    """Remove a service; one that is gone already is as good."""
    try:
        operation: Any = google.ask(
            "Services.DeleteService",
            lambda: google.services.delete_service(
                name=_name(project, region, name), retry=None, timeout=TIMEOUT
            ),
        )
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise
        return
    _waited(google, operation.operation)


def _made(wanted: WantedService, found: run_v2.Service) -> MadeRevision:
    tag_urls = {status.tag: status.uri for status in found.traffic_statuses if status.tag}
    return MadeRevision(wanted.revision_name, found.uri, tag_urls.get(wanted.tag, found.uri), _state(found))


def _update(google: Google, wanted: WantedService, before: ServiceState) -> Any:
    wish = _named(_spec(wanted), _name(wanted.project, wanted.region, wanted.name))
    wish.etag = before.etag
    wish.traffic = _targets((*_pinned(before, wanted.tag), Traffic(wanted.revision_name, 0, wanted.tag)))
    request = run_v2.UpdateServiceRequest(service=wish)
    return google.ask(
        "Services.UpdateService",
        lambda: google.services.update_service(request=request, retry=None, timeout=TIMEOUT),
    )


def _create(google: Google, wanted: WantedService) -> Any:
    spec = _spec(wanted)
    spec.traffic = [run_v2.TrafficTarget(type_=LATEST, percent=100, tag=wanted.tag)]
    request = run_v2.CreateServiceRequest(
        parent=f"projects/{wanted.project}/locations/{wanted.region}", service_id=wanted.name, service=spec
    )
    return google.ask(
        "Services.CreateService",
        lambda: google.services.create_service(request=request, retry=None, timeout=TIMEOUT),
    )


def _ready(google: Google, name: str, wanted: WantedService, operation: Any) -> run_v2.Service:
    """The service once the revision is ready; RevisionFailed with Cloud Run's own words when it is not."""
    if operation is not None:
        done = _waited(google, operation.operation)
        if not done.HasField("error"):
            return _of(done)
        failed = run_v2.Service.deserialize(done.metadata.value)
        condition = failed.terminal_condition
        reason = condition.revision_reason.name if condition.revision_reason else condition.reason.name
        raise RevisionFailed(wanted.revision_name, reason, done.error.message)
    found = _settled(google, name)
    condition = found.terminal_condition
    if condition.state == run_v2.Condition.State.CONDITION_FAILED:
        raise RevisionFailed(wanted.revision_name, condition.revision_reason.name, condition.message)
    return found


def _settled(google: Google, name: str) -> run_v2.Service:
    """The service when Cloud Run no longer works on it, where there is no operation to wait for."""
    for _ in range(LONGEST_WAITS * LONG_POLL):
        found = _get(google, name)
        if found is None:
            raise GoogleError(Denial("NOT_FOUND", f"{name} is gone", "Services.GetService"))
        if not found.reconciling:
            return found
        time.sleep(LOOK_SECONDS)
    raise GoogleError(Denial("DEADLINE_EXCEEDED", f"{name} does not settle", "Services.GetService"))


def _waited(google: Google, operation: Any) -> operations_pb2.Operation:
    """The operation, done: held open by the server instead of asked again and again."""
    current = operation
    for _ in range(LONGEST_WAITS):
        if current.done:
            return current
        request = operations_pb2.WaitOperationRequest(
            name=current.name, timeout=duration_pb2.Duration(seconds=LONG_POLL)
        )
        raw: Any = google.ask(
            "Operations.WaitOperation",
            lambda request=request: google.services.wait_operation(  # type: ignore[misc]  # bound at once
                request=request, retry=None, timeout=LONG_POLL + TIMEOUT
            ),
        )
        # The library gives bytes where it has no deserializer for this method.
        current = operations_pb2.Operation.FromString(raw) if isinstance(raw, bytes) else raw
    raise GoogleError(
        Denial("DEADLINE_EXCEEDED", "Cloud Run did not finish within 10 minutes", "Operations.WaitOperation")
    )


def _of(operation: operations_pb2.Operation) -> run_v2.Service:
    made: run_v2.Service = run_v2.Service.deserialize(operation.response.value)
    return made


def _get(google: Google, name: str) -> run_v2.Service | None:
    try:
        return google.ask(
            "Services.GetService",
            lambda: google.services.get_service(name=name, retry=None, timeout=TIMEOUT),
        )
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return None
        raise


def _has(google: Google, name: str, revision: str) -> bool:
    """Whether an earlier attempt of this run has made its revision."""
    try:
        google.ask(
            "Revisions.GetRevision",
            lambda: google.revisions.get_revision(
                name=f"{name}/revisions/{revision}", retry=None, timeout=TIMEOUT
            ),
        )
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return False
        raise
    return True


def _state(found: run_v2.Service) -> ServiceState:
    latest = found.latest_ready_revision.rpartition("/")[2]
    traffic = tuple(
        Traffic(entry.revision if entry.type_ == REVISION else latest, entry.percent, entry.tag)
        for entry in found.traffic
    ) or (Traffic(latest, 100),)
    serving = max(traffic, key=lambda entry: entry.percent).revision
    tags = tuple((status.tag, status.uri) for status in found.traffic_statuses if status.tag)
    containers = list(found.template.containers)
    newest = found.latest_created_revision.rpartition("/")[2]
    return ServiceState(
        name=found.name.rpartition("/")[2],
        etag=found.etag,
        url=found.uri,
        traffic=traffic,
        serving=serving,
        tag_urls=tags,
        env=tuple(sorted(variable.name for variable in containers[0].env)) if containers else (),
        last_modifier=found.last_modifier,
        pinned_by_hand=serving != newest and MANAGED_BY not in dict(found.labels).values(),
        labels=tuple(sorted(found.labels.items())),
        secrets=_secrets_of(containers[0]) if containers else (),
        shape=shape(found),
        revision_labels=tuple(sorted(found.template.labels.items())),
    )


def _secrets_of(container: run_v2.Container) -> tuple[tuple[str, str], ...]:
    """`NAME` and `secret:version` for each variable that is one."""
    found = [
        (variable.name, variable.value_source.secret_key_ref)
        for variable in container.env
        if variable.value_source.secret_key_ref.secret
    ]
    return tuple(sorted((name, f"{ref.secret.rpartition('/')[2]}:{ref.version}") for name, ref in found))


def shape(found: run_v2.Service) -> tuple[tuple[str, str], ...]:
    """What a service is given and who may call it, in the words of servergem.yml."""
    template = found.template
    container = next(iter(template.containers), run_v2.Container())
    limits = dict(container.resources.limits)
    port = container.ports[0].container_port if container.ports else 8080
    return (
        ("port", str(port)),
        ("cpu", limits.get("cpu", "1")),
        ("memory", limits.get("memory", "512Mi")),
        ("concurrency", str(template.max_instance_request_concurrency or 80)),
        ("timeout", f"{int(template.timeout.total_seconds()) if template.timeout else 300}s"),
        ("instances.min", str(found.scaling.min_instance_count)),
        ("instances.max", str(template.scaling.max_instance_count or 100)),
        ("public", "true" if found.invoker_iam_disabled else "false"),
        ("service_account", template.service_account),
    )


def services(google: Google, project: str, region: str) -> tuple[ServiceState, ...]:
    """Every service of a project in a region."""
    request = run_v2.ListServicesRequest(parent=f"projects/{project}/locations/{region}", page_size=100)
    found = google.ask(
        "Services.ListServices",
        lambda: list(google.services.list_services(request=request, retry=None, timeout=TIMEOUT)),
    )
    return tuple(_state(each) for each in found)


def _pinned(before: ServiceState, tag: str) -> tuple[Traffic, ...]:
    """What serves now, by name, so that the new revision takes nothing; and every tag but the one it gets."""
    entries = (
        Traffic(entry.revision, entry.percent, "" if entry.tag == tag else entry.tag)
        for entry in before.traffic
    )
    return tuple(entry for entry in entries if entry.revision and (entry.percent or entry.tag))


def _targets(traffic: tuple[Traffic, ...]) -> list[run_v2.TrafficTarget]:
    return [
        run_v2.TrafficTarget(type_=REVISION, revision=entry.revision, percent=entry.percent, tag=entry.tag)
        for entry in traffic
    ]


def _named(spec: run_v2.Service, name: str) -> run_v2.Service:
    spec.name = name
    return spec


def _spec(wanted: WantedService) -> run_v2.Service:
    config = wanted.config
    return run_v2.Service(
        labels={name: value for name, value in wanted.labels if name != "commit"},
        ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL,
        # Also works where an organisation forbids to bind allUsers: https://cloud.google.com/run/docs/authenticating/public
        invoker_iam_disabled=config.public,
        scaling=run_v2.ServiceScaling(min_instance_count=config.instances.min),
        template=run_v2.RevisionTemplate(
            revision=wanted.revision_name,
            labels=dict(wanted.labels),
            service_account=wanted.service_account,
            timeout=duration_pb2.Duration(seconds=config.timeout),
            max_instance_request_concurrency=config.concurrency,
            scaling=run_v2.RevisionScaling(max_instance_count=config.instances.max),
            containers=[container(wanted)],
        ),
    )


def container(wanted: WantedService, *, command: tuple[str, ...] = ()) -> run_v2.Container:
    """The service's container; with a `command` of its own it is no server."""
    config = wanted.config
    plain = [run_v2.EnvVar(name=name, value=value) for name, value in (*config.env, *wanted.env)]
    secret = [
        run_v2.EnvVar(
            name=name,
            value_source=run_v2.EnvVarSource(
                secret_key_ref=run_v2.SecretKeySelector(secret=reference.name, version=reference.version)
            ),
        )
        for name, reference in config.secrets
    ]
    return run_v2.Container(
        image=wanted.image,
        command=list(command),
        ports=[] if command else [run_v2.ContainerPort(container_port=config.port)],
        env=[*plain, *secret],
        resources=run_v2.ResourceRequirements(
            limits={"cpu": config.cpu, "memory": config.memory},
            # Left out, the API bills by instance and starts slowly; gcloud sets both for every new service.
            cpu_idle=not command,
            startup_cpu_boost=not command,
        ),
    )


def _name(project: str, region: str, name: str) -> str:
    return f"projects/{project}/locations/{region}/services/{name}"
