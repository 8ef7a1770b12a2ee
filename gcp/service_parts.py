"""Parts of a service in Cloud Run's own words, and read back out of them: network, volumes, probes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.config.agreement import CLOUD_SQL
from app.model import Probe, Probes, SecretRef, ServiceConfig, Volume, Vpc
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")

# Where every instance of Cloud SQL is found, each by its connection name: https://cloud.google.com/sql/docs/mysql/connect-run
SOCKETS = "/cloudsql"
DEFAULT_POLICY = "default"
# Cloud Run asks whether the port is open, once in this time, where nothing is said:
# https://cloud.google.com/run/docs/configuring/healthchecks#tcp-startup-probe
DEFAULT_STARTUP = 240


def variables(
    env: tuple[tuple[str, str], ...], secrets: tuple[tuple[str, SecretRef], ...]
) -> list[run_v2.EnvVar]:
    """A container's variables, by value and out of Secret Manager."""
    plain = [run_v2.EnvVar(name=name, value=value) for name, value in env]
    secret = [
        run_v2.EnvVar(
            name=name,
            value_source=run_v2.EnvVarSource(
                secret_key_ref=run_v2.SecretKeySelector(secret=reference.name, version=reference.version)
            ),
        )
        for name, reference in secrets
    ]
    return [*plain, *secret]


def vpc_access(vpc: Vpc) -> run_v2.VpcAccess | None:
    """None where the service has no network of its own."""
    if not vpc:
        return None
    access = run_v2.VpcAccess(
        connector=vpc.connector, egress=_egresses()[vpc.egress.replace("-", "_").upper()]
    )
    if not vpc.connector:
        access.network_interfaces = [
            run_v2.VpcAccess.NetworkInterface(network=vpc.network, subnetwork=vpc.subnet, tags=list(vpc.tags))
        ]
    return access


def vpc_of(access: run_v2.VpcAccess) -> Vpc:
    """What `vpc_access` made; only private addresses where nothing is said."""
    direct = next(iter(access.network_interfaces), run_v2.VpcAccess.NetworkInterface())
    egress = access.egress or _egresses().PRIVATE_RANGES_ONLY
    return Vpc(
        direct.network,
        direct.subnetwork,
        tuple(direct.tags),
        _egresses()(egress).name.lower().replace("_", "-"),
        access.connector,
    )


def _egresses() -> Any:
    """An enum that has no types that mypy can read."""
    return run_v2.VpcAccess.VpcEgress


def volumes(config: ServiceConfig) -> list[run_v2.Volume]:
    """The volumes of a revision; those of Cloud SQL are one."""
    sockets = run_v2.CloudSqlInstance(instances=list(config.cloudsql))
    sql = [run_v2.Volume(name=CLOUD_SQL, cloud_sql_instance=sockets)] if config.cloudsql else []
    return [*map(_volume, config.volumes), *sql]


def mounts(config: ServiceConfig) -> list[run_v2.VolumeMount]:
    """Where its container finds them."""
    sql = [run_v2.VolumeMount(name=CLOUD_SQL, mount_path=SOCKETS)] if config.cloudsql else []
    return [*(run_v2.VolumeMount(name=each.name, mount_path=each.path) for each in config.volumes), *sql]


def _volume(volume: Volume) -> run_v2.Volume:
    made = run_v2.Volume(name=volume.name)
    if volume.secret:
        item = run_v2.VersionToPath(path=volume.file, version=volume.secret.version)
        made.secret = run_v2.SecretVolumeSource(secret=volume.secret.name, items=[item])
    elif volume.bucket:
        made.gcs = run_v2.GCSVolumeSource(
            bucket=volume.bucket, read_only=volume.read_only, mount_options=list(volume.options)
        )
    elif volume.memory:
        medium: Any = run_v2.EmptyDirVolumeSource.Medium
        made.empty_dir = run_v2.EmptyDirVolumeSource(medium=medium.MEMORY, size_limit=volume.memory)
    else:
        server, _, path = volume.nfs.partition(":")
        made.nfs = run_v2.NFSVolumeSource(server=server, path=path, read_only=volume.read_only)
    return made


def sockets_of(made: run_v2.RevisionTemplate | run_v2.Revision) -> tuple[str, ...]:
    """The instances of Cloud SQL that a revision reaches."""
    return tuple(name for each in made.volumes for name in each.cloud_sql_instance.instances)


def volumes_of(
    made: run_v2.RevisionTemplate | run_v2.Revision, container: run_v2.Container
) -> tuple[Volume, ...]:
    """The other volumes, each where this container has it."""
    paths = {each.name: each.mount_path for each in container.volume_mounts}
    return tuple(
        _volume_of(each, paths.get(each.name, ""))
        for each in made.volumes
        if not each.cloud_sql_instance.instances
    )


def _volume_of(volume: run_v2.Volume, path: str) -> Volume:
    item = next(iter(volume.secret.items), run_v2.VersionToPath())
    secret = volume.secret.secret.rpartition("/")[2]
    return Volume(
        volume.name,
        path,
        SecretRef(secret, item.version or "latest") if secret else None,
        item.path or secret,
        volume.gcs.bucket,
        volume.empty_dir.size_limit,
        f"{volume.nfs.server}:{volume.nfs.path}" if volume.nfs.server else "",
        volume.gcs.read_only or volume.nfs.read_only,
        tuple(volume.gcs.mount_options),
    )


def policy(named: str) -> run_v2.BinaryAuthorization | None:
    """The project's own policy, or the one of this name; None where images need no attestation."""
    if not named:
        return None
    if named == DEFAULT_POLICY:
        return run_v2.BinaryAuthorization(use_default=True)
    return run_v2.BinaryAuthorization(policy=named)


def scaling(config: ServiceConfig) -> run_v2.ServiceScaling:
    """By load, or so many as are named: https://cloud.google.com/run/docs/configuring/services/manual-scaling"""
    if not config.manual_instances:
        return run_v2.ServiceScaling(min_instance_count=config.instances.min)
    return run_v2.ServiceScaling(
        min_instance_count=config.instances.min,
        scaling_mode=run_v2.ServiceScaling.ScalingMode.MANUAL,
        manual_instance_count=config.manual_instances,
    )


def probes(asked: Probes) -> dict[str, run_v2.Probe]:
    """A container's probes, by Cloud Run's names."""
    return {f"{name}_probe": _probe(each) for name, each in _named(asked)}


def _named(asked: Probes) -> Iterator[tuple[str, Probe]]:
    named = (("startup", asked.startup), ("liveness", asked.liveness), ("readiness", asked.readiness))
    return ((name, probe) for name, probe in named if probe)


def _probe(probe: Probe) -> run_v2.Probe:
    made = run_v2.Probe(
        initial_delay_seconds=probe.initial_delay,
        timeout_seconds=probe.timeout,
        period_seconds=probe.period,
        failure_threshold=probe.failure_threshold,
    )
    if probe.http:
        made.http_get = run_v2.HTTPGetAction(path=probe.http, port=probe.port)
    elif probe.grpc:
        made.grpc = run_v2.GRPCAction(port=probe.port, service=probe.grpc_service)
    else:
        made.tcp_socket = run_v2.TCPSocketAction(port=probe.port)
    return made


def probes_of(container: run_v2.Container) -> Probes:
    """A container's probes; the startup probe that Cloud Run itself adds is none."""
    startup = container.startup_probe
    added = "tcp_socket" in startup and startup.period_seconds == DEFAULT_STARTUP
    own = container.ports[0].container_port if container.ports else 0
    return Probes(
        None if added else probe_of(startup, own),
        probe_of(container.liveness_probe, own),
        probe_of(container.readiness_probe, own),
    )


def probe_of(made: run_v2.Probe, own: int = 0) -> Probe | None:
    """A container's `own` port is what is asked where nothing is said, and Cloud Run fills it in."""
    kind = next((name for name in ("http_get", "grpc", "tcp_socket") if name in made), "")
    if not kind:
        return None
    port = getattr(made, kind).port
    return Probe(
        (made.http_get.path or "/") if kind == "http_get" else "",
        kind == "grpc",
        kind == "tcp_socket",
        made.grpc.service if kind == "grpc" else "",
        0 if port == own else port,
        made.initial_delay_seconds,
        made.period_seconds or 10,
        made.timeout_seconds or 1,
        made.failure_threshold or 3,
    )
