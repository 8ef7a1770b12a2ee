"""One revision coming to life: its image, its secrets, its process, and the conditions that tell how it went."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from google.cloud import run_v2

from sandbox.google.address import Address
from sandbox.google.artifact_registry import ArtifactRegistry
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.conditions import Failure, Reason, RevisionReason, good, pending
from sandbox.google.container_variables import Variables
from sandbox.google.errors import Code, permission_denied
from sandbox.google.ports import Beside, Runner
from sandbox.google.run_containers import asked_at, beside_main, main_of, starts_after_main
from sandbox.google.secret_manager import SecretManager
from sandbox.google.source_code import SourceCode
from sandbox.google.state import Project, Projects, now

Unserved = run_v2.TaskTemplate | run_v2.WorkerPoolRevisionTemplate
_LOGS = {"stdout": "run.googleapis.com%2Fstdout", "stderr": "run.googleapis.com%2Fstderr"}
# What a revision has of its template.
_TAKEN_OVER = (
    "scaling", "max_instance_request_concurrency", "timeout", "service_account", "vpc_access", "encryption_key",
    "execution_environment", "session_affinity", "node_selector", "gpu_zonal_redundancy_disabled",
)  # fmt: skip
_SYSTEM_LOG = "run.googleapis.com%2Fvarlog%2Fsystem"
_GUIDE = "https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start"


class Revisions:
    """Makes revisions and starts them."""

    def __init__(
        self,
        projects: Projects,
        logging: CloudLogging,
        registry: ArtifactRegistry,
        secrets: SecretManager,
        source_code: SourceCode,
        runner: Runner,
    ) -> None:
        self._projects = projects
        self._logging = logging
        self._registry = registry
        self._variables = Variables(projects, secrets)
        self._source_code = source_code
        self._runner = runner

    def admit_container(self, project: Project, template: run_v2.RevisionTemplate | Unserved) -> None:
        """Who deploys may act as the account that the container runs as, or the default one, and read what it runs.

        https://cloud.google.com/run/docs/deploying#permissions_required_to_deploy
        """
        account = template.service_account
        self._projects.admit_act_as(project, account or project.compute_account, "run.googleapis.com")
        permission = "artifactregistry.repositories.downloadArtifacts"
        for container in template.containers:
            if container.source_code:
                self._source_code.admit(project, container)
            elif not self._projects.holds(project, self._registry.repository_of(container.image), permission):
                raise permission_denied("artifactregistry.googleapis.com", permission, container.image)

    def make(self, address: Address, service: run_v2.Service, name: str) -> run_v2.Revision:
        """The revision as it is the moment it was asked for."""
        template = service.template
        return run_v2.Revision(
            name=f"{address.name}/revisions/{name}",
            uid=str(uuid.uuid4()),
            generation=1,
            labels=dict(template.labels),
            annotations=dict(template.annotations),
            create_time=now(),
            update_time=now(),
            service=address.service,
            creator=service.last_modifier,
            **{name: getattr(template, name) for name in _TAKEN_OVER},
            containers=list(template.containers),
            volumes=list(template.volumes),
            reconciling=True,
            conditions=[pending("Ready")],
            log_uri="https://console.cloud.google.com/logs/viewer?"
            f"project={address.project.id}&resource=cloud_run_revision/service_name/{address.service}"
            f"/revision_name/{name}",
            etag=f'"{uuid.uuid4().hex}"',
        )

    def start(self, address: Address, revision: run_v2.Revision) -> Failure | None:
        """Start it and wait until it listens; the reason if it does not."""
        failure = self._start(address, revision)
        with self._projects.lock:
            if failure is None:
                revision.conditions = [
                    good(kind) for kind in ("Ready", "ContainerHealthy", "ResourcesAvailable")
                ]
            else:
                revision.conditions = [failure.condition("Ready"), failure.condition("ContainerHealthy")]
            revision.reconciling, revision.observed_generation, revision.update_time = False, 1, now()
        return failure

    def _start(self, address: Address, revision: run_v2.Revision) -> Failure | None:
        short, container = revision.name.rpartition("/")[2], main_of(revision.containers)
        not_ready = f"Revision '{short}' is not ready and cannot serve traffic."
        digest = self._files(address, container, not_ready)
        if isinstance(digest, Failure):
            return digest
        env, failure = self._environment(address, revision)
        if failure is not None:
            return failure
        beside = self._beside(address, revision, not_ready)
        if isinstance(beside, Failure):
            return beside
        outcome = self._runner.start_revision(
            project=address.project.id,
            region=address.region,
            service=address.service,
            revision=short,
            image_digest=digest,
            command=(*container.command, *container.args) if container.command else (),
            env=env,
            port=container.ports[0].container_port,
            startup_timeout=self._patience(container),
            log=self._log(address, short),
            beside=beside,
        )
        if outcome.ok:
            return None
        text = (
            outcome.message if outcome.message.startswith("Revision '") else f"{not_ready} {outcome.message}"
        )
        if "Logs URL" not in text:
            text += f"\nLogs URL: {revision.log_uri}\nFor more troubleshooting guidance, see {_GUIDE}"
        if outcome.reason in Reason.__members__:
            return Failure(text, reason=Reason[outcome.reason])
        kind = (
            outcome.reason if outcome.reason in RevisionReason.__members__ else "HEALTH_CHECK_CONTAINER_ERROR"
        )
        return Failure(text, revision_reason=RevisionReason[kind])

    def _beside(
        self, address: Address, revision: run_v2.Revision, not_ready: str
    ) -> tuple[Beside, ...] | Failure:
        """The other containers, in the order in which they start; the first that cannot be is the reason."""
        found: list[Beside] = []
        for container in beside_main(revision.containers):
            digest = self._files(address, container, not_ready)
            if isinstance(digest, Failure):
                return self._unknown_here(container, digest, not_ready)
            env, failure = self._variables.of(address, revision, container, {})
            if failure is not None:
                return failure
            found.append(
                Beside(
                    container.name,
                    digest,
                    (*container.command, *container.args) if container.command else (),
                    env,
                    asked_at(container),
                    self._patience(container),
                    starts_after_main(revision.containers, container.name),
                )
            )
        return tuple(found)

    def _unknown_here(self, container: run_v2.Container, why: Failure, not_ready: str) -> Failure:
        """Cloud Run pulls from any registry; the sandbox has only what was pushed to its own."""
        if self._registry.repository_of(container.image):
            return why
        said = (
            f"the sandbox has no image {container.image}, of another registry; Cloud Run pulls it from there"
        )
        return Failure(f"{not_ready} SANDBOX: {said}", reason=Reason.CONTAINER_MISSING)

    def _files(self, address: Address, container: run_v2.Container, not_ready: str) -> str | Failure:
        """The digest of what runs: the image, or an archive on its base image."""
        if container.source_code:
            return self._source_code.laid(address.project, container)
        digest = self._registry.digest(container.image)
        if digest is None:
            return Failure(
                f"{not_ready} Image '{container.image}' not found.", reason=Reason.CONTAINER_MISSING
            )
        if why := self._source_code.unfounded(container, digest):
            return Failure(f"{not_ready} Container failed to start: {why}", reason=Reason.CONTAINER_MISSING)
        return self._unpulled(address, container.image) or digest

    def _unpulled(self, address: Address, image: str) -> Failure | None:
        """Cloud Run pulls with an agent of its own: https://cloud.google.com/iam/docs/service-agents"""
        agent = address.project.run_agent
        if self._registry.open_to(image, "artifactregistry.repositories.downloadArtifacts", agent):
            return None
        return Failure(
            f"Google Cloud Run Service Agent {agent} must have permission to read the image, {image}. Ensure that the "
            "provided container image URL is correct and that the above account has permission to access the image.",
            Code.PERMISSION_DENIED,
            Reason.CONTAINER_PERMISSION_DENIED,
        )

    def _patience(self, container: run_v2.Container) -> float:
        probe = container.startup_probe
        allowed = probe.initial_delay_seconds + (probe.period_seconds or 10) * (probe.failure_threshold or 3)
        return min(self._projects.behaviour.startup_timeout, float(allowed))

    def environment_of(
        self, address: Address, name: str, template: Unserved
    ) -> tuple[dict[str, str] | str, str | None]:
        """What the container of a job or worker is started with, or in words why not; and the digest of its image."""
        container = template.containers[0]
        account = template.service_account or address.project.compute_account
        task = run_v2.Revision(name=name, containers=[container], service_account=account)
        env, failure = self._variables.of(address, task, container, {})
        digest = self._registry.digest(container.image)
        why = failure.message if failure else self._source_code.unfounded(container, digest or "")
        return why or env, digest

    def _environment(
        self, address: Address, revision: run_v2.Revision
    ) -> tuple[dict[str, str], Failure | None]:
        short = revision.name.rpartition("/")[2]
        own = {"K_SERVICE": address.service, "K_REVISION": short, "K_CONFIGURATION": address.service}
        return self._variables.of(address, revision, main_of(revision.containers), own)

    def _log(self, address: Address, revision: str) -> Callable[[str, str], None]:
        labels = {
            "project_id": address.project.id,
            "location": address.region,
            "service_name": address.service,
            "configuration_name": address.service,
            "revision_name": revision,
        }

        def write(stream: str, text: str) -> None:
            self._logging.write(
                address.project.id,
                _LOGS.get(stream, _SYSTEM_LOG),
                "cloud_run_revision",
                labels,
                text,
                severity="DEFAULT" if stream in _LOGS else "ERROR",
            )

        return write
