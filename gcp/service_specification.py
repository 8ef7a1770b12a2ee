"""What a Cloud Run service is to be: servergem.yml in Cloud Run's own words, and read back out of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from app.model import STARTER, ServiceConfig, told
from app.trust.ownership import COMMIT, LABELS
from gcp import base_images, service_parts, sidecars
from gcp.later import later
from gcp.wanted_service import WantedService

if TYPE_CHECKING:
    from google.cloud import run_v2
    from google.protobuf import duration_pb2
else:
    run_v2 = later("google.cloud.run_v2")
    duration_pb2 = later("google.protobuf.duration_pb2")

# What a service has and its revisions do not is written on each revision of ours, so that the next deployment knows
# what we had set. Annotations of one's own: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#RevisionTemplate
WRITTEN = "servergem.dev/"
# HTTP/2 to the container, without TLS: https://cloud.google.com/run/docs/configuring/http2
HTTP2 = "h2c"
GPU = "nvidia.com/gpu"
# What stands for the image of a container that is source on a base image: `gcloud run deploy --no-build`.
SCRATCH = "scratch"
# By the key of servergem.yml, where a service has it. Older tools wrote the fewest instances on the revision.
OF_SERVICE = {
    "public": ("invoker_iam_disabled",),
    "ingress": ("ingress",),
    "iap": ("iap_enabled",),
    "binary_authorization": ("binary_authorization",),
    "instances.min": ("scaling.min_instance_count", "template.scaling.min_instance_count"),
    "instances.max": ("template.scaling.max_instance_count",),
    "manual_instances": ("scaling.scaling_mode", "scaling.manual_instance_count"),
    "concurrency": ("template.max_instance_request_concurrency",),
    "timeout": ("template.timeout",),
    "service_account": ("template.service_account",),
    "vpc": ("template.vpc_access",),
    "execution": ("template.execution_environment",),
    "session_affinity": ("template.session_affinity",),
    "encryption_key": ("template.encryption_key",),
    "gpu": ("template.node_selector", "template.gpu_zonal_redundancy_disabled"),
}
# And where its own container has it.
OF_CONTAINER = {
    "port": ("ports",),
    "http2": ("ports",),
    "command": ("command",),
    "args": ("args",),
    "after": ("depends_on",),
    "cpu_always": ("resources.cpu_idle",),
    "startup_boost": ("resources.startup_cpu_boost",),
    "probes": ("startup_probe", "liveness_probe", "readiness_probe"),
}
LIMITS = {"cpu": "cpu", "memory": "memory", "gpu": GPU}


def specification(wanted: WantedService) -> run_v2.Service:
    """The service without its traffic."""
    config = wanted.config
    labels = dict(config.labels) | dict(wanted.labels)
    spec = run_v2.Service(
        labels={name: value for name, value in labels.items() if name != COMMIT},
        ingress=_ingresses()[config.ingress],
        # Also works where an organisation forbids to bind allUsers: https://cloud.google.com/run/docs/authenticating/public
        invoker_iam_disabled=config.public,
        iap_enabled=config.iap,
        binary_authorization=service_parts.policy(config.binary_authorization),
        scaling=service_parts.scaling(config),
        template=_template(wanted, labels),
    )
    written = {f"{WRITTEN}{key}": value for key, value in alone(spec).items()}
    spec.template.annotations = written | sidecars.tagged(config, dict(wanted.pinned))
    return spec


def _template(wanted: WantedService, labels: dict[str, str]) -> run_v2.RevisionTemplate:
    config = wanted.config
    return run_v2.RevisionTemplate(
        revision=wanted.revision_name,
        labels=labels,
        service_account=wanted.service_account,
        timeout=duration_pb2.Duration(seconds=config.timeout),
        max_instance_request_concurrency=config.concurrency,
        scaling=run_v2.RevisionScaling(max_instance_count=config.instances.max),
        containers=[container(wanted), *sidecars.sidecars(config, dict(wanted.pinned))],
        volumes=service_parts.volumes(config),
        vpc_access=service_parts.vpc_access(config.vpc),
        execution_environment=_executions()[config.execution],
        session_affinity=config.session_affinity,
        encryption_key=config.encryption_key,
        node_selector=run_v2.NodeSelector(accelerator=config.gpu) if config.gpu else None,
        # A second zone has to be asked for as quota first: https://cloud.google.com/run/docs/configuring/services/gpu-zonal-redundancy
        gpu_zonal_redundancy_disabled=bool(config.gpu),
    )


def shape(found: run_v2.Service) -> tuple[tuple[str, str], ...]:
    """What a service is given and who may call it, by the key of servergem.yml: `specification` read backwards.

    What stands here is what a merge plan compares.
    """
    return tuple((shape_of_template(found.template) | alone(found)).items())


def shape_of_template(made: run_v2.RevisionTemplate | run_v2.Revision) -> dict[str, str]:
    """The part of `shape` that a template and a revision both hold; Cloud Run's defaults where nothing is said."""
    container = sidecars.main_of(made)
    limits = dict(container.resources.limits)
    values: dict[str, object] = {
        "port": container.ports[0].container_port if container.ports else 8080,
        "cpu": limits.get("cpu", "1"),
        "memory": limits.get("memory", "512Mi"),
        "concurrency": made.max_instance_request_concurrency or 80,
        "timeout": f"{int(made.timeout.total_seconds()) if made.timeout else 300}s",
        "instances.max": made.scaling.max_instance_count or 100,
        "service_account": made.service_account,
        "command": tuple(container.command)[len(STARTER) :]
        if container.source_code
        else tuple(container.command),
        "args": tuple(container.args),
        "containers": sidecars.sidecars_of(made),
        "after": tuple(container.depends_on),
        "cloudsql": service_parts.sockets_of(made),
        "vpc": service_parts.vpc_of(made.vpc_access),
        "volumes": service_parts.volumes_of(made, container),
        "probes": service_parts.probes_of(container),
        "execution": {value: key for key, value in _executions().items()}.get(made.execution_environment, ""),
        "cpu_always": not container.resources.cpu_idle,
        "startup_boost": container.resources.startup_cpu_boost,
        "gpu": made.node_selector.accelerator,
        "http2": bool(container.ports) and container.ports[0].name == HTTP2,
        "session_affinity": made.session_affinity,
        "labels": tuple(sorted((name, text) for name, text in made.labels.items() if _of_others(name))),
        "encryption_key": made.encryption_key,
    }
    return {key: told(value) for key, value in values.items()}


@cache
def _ingresses() -> dict[str, Any]:
    """By gcloud's words; the members have no types that mypy can read."""
    members: Any = run_v2.IngressTraffic
    return {
        "all": members.INGRESS_TRAFFIC_ALL,
        "internal": members.INGRESS_TRAFFIC_INTERNAL_ONLY,
        "internal-and-cloud-load-balancing": members.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER,
    }


@cache
def _executions() -> dict[str, Any]:
    """By gcloud's words, as above."""
    members: Any = run_v2.ExecutionEnvironment
    return {
        "": members.EXECUTION_ENVIRONMENT_UNSPECIFIED,
        "gen1": members.EXECUTION_ENVIRONMENT_GEN1,
        "gen2": members.EXECUTION_ENVIRONMENT_GEN2,
    }


def _of_others(label: str) -> bool:
    """Whether a label may stand in servergem.yml: it is neither ServerGem's nor Google's own."""
    return label not in LABELS and "." not in label


def alone(service: run_v2.Service) -> dict[str, str]:
    """What a service is given beside its template."""
    policy = service.binary_authorization
    words = {value: key for key, value in _ingresses().items()}
    values: dict[str, object] = {
        "instances.min": service.scaling.min_instance_count,
        "public": service.invoker_iam_disabled,
        "ingress": words.get(service.ingress, service.ingress.name.lower()),
        "manual_instances": service.scaling.manual_instance_count or 0,
        "iap": service.iap_enabled,
        "binary_authorization": service_parts.DEFAULT_POLICY if policy.use_default else policy.policy,
    }
    return {key: told(value) for key, value in values.items()}


def container(wanted: WantedService) -> run_v2.Container:
    """The service's container as a server."""
    command, bundle = wanted.config.command, wanted.bundle
    if bundle is None:
        own = running(wanted, command, wanted.config.args)
        own.base_image_uri = base_images.address(wanted.region, wanted.base) if wanted.base else ""
        return _serving(own, wanted.config)
    made = running(wanted, (*STARTER, *command), wanted.config.args)
    made.image, made.base_image_uri = SCRATCH, bundle.base
    made.source_code = run_v2.SourceCode(
        cloud_storage_source=run_v2.SourceCode.CloudStorageSource(
            bucket=bundle.bucket, object_=bundle.object, generation=bundle.generation
        )
    )
    return _serving(made, wanted.config)


def running(wanted: WantedService, command: tuple[str, ...], args: tuple[str, ...]) -> run_v2.Container:
    """The service's container as a job or worker: without a port, and with its CPU all the time."""
    config = wanted.config
    return run_v2.Container(
        image=wanted.image,
        command=list(command),
        args=list(args),
        env=service_parts.variables((*config.env, *wanted.env), config.secrets),
        volume_mounts=service_parts.mounts(config),
        resources=run_v2.ResourceRequirements(limits={"cpu": config.cpu, "memory": config.memory}),
    )


def _serving(made: run_v2.Container, config: ServiceConfig) -> run_v2.Container:
    made.name, made.depends_on = sidecars.name_of_main(config), list(config.after)
    made.ports = [run_v2.ContainerPort(name=HTTP2 if config.http2 else "", container_port=config.port)]
    # Left out, the API bills by instance and starts slowly; gcloud sets both for every new service.
    made.resources.cpu_idle = not config.cpu_always
    made.resources.startup_cpu_boost = config.startup_boost
    if config.gpu:
        made.resources.limits[GPU] = "1"
    for name, probe in service_parts.probes(config.probes).items():
        setattr(made, name, probe)
    return made
