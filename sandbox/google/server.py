"""Google Cloud on three loopback ports: gRPC for all APIs, HTTP for Cloud Storage, and HTTP for all, as gcloud asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from sandbox.faults import Faults
from sandbox.google.artifact_registry import ArtifactRegistry
from sandbox.google.behaviour import Behaviour
from sandbox.google.calls import Calls
from sandbox.google.cloud_build import CloudBuild
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.cloud_run import CloudRun
from sandbox.google.cloud_scheduler import CloudScheduler
from sandbox.google.custom_roles import CustomRoles
from sandbox.google.domain_mappings import VERBS, DomainMappings
from sandbox.google.door import Door
from sandbox.google.http_calls import HttpCalls
from sandbox.google.iam import Iam
from sandbox.google.jobs import Jobs
from sandbox.google.operations import Operations
from sandbox.google.ports import Builder, Runner
from sandbox.google.projects import ResourceManager
from sandbox.google.rest import RestDoor
from sandbox.google.revisions import Revisions
from sandbox.google.secret_manager import SecretManager
from sandbox.google.service_usage import ServiceUsage
from sandbox.google.source_code import SourceCode
from sandbox.google.state import DEPLOY_APIS, Project, Projects
from sandbox.google.storage import Storage
from sandbox.google.storage_http import StorageServer
from sandbox.google.vertex_ai import GENERATE, VertexAi
from sandbox.google.worker_pools import WorkerPools

# Whom a deny policy names: who asks here, or every account but that one.
Member = Literal["caller", "others"]


class GoogleSandbox:
    """Google Cloud for the real clients: `start()`, then `grpc_address`, `storage_url` and `rest_url` say where.

    `behaviour` and `latency` may change while it runs; `faults` plans what goes wrong, `calls` counts.
    """

    def __init__(
        self,
        root: Path,
        runner: Runner,
        builder: Builder,
        *,
        faults: Faults | None = None,
        propagation: float = 0.0,
        log_lag: float = 0.0,
        startup_timeout: float = 10.0,
        latency: float = 0.0,
        record: Path | None = None,
        parallel_builds: int = 8,
    ) -> None:
        self.behaviour = Behaviour(propagation, log_lag, startup_timeout)
        self.faults, self.calls, self.latency = faults or Faults(), Calls(record), latency
        self.grpc_address = self.storage_url = self.rest_url = ""
        self.projects = Projects(root, self.behaviour)
        self.operations = Operations(self.projects)
        self.logging = CloudLogging(self.projects)
        self.storage = Storage(root / "storage", self.projects)
        self.registry = ArtifactRegistry(self.projects, self.operations)
        self.secrets = SecretManager(self.projects)
        self.builds = self._cloud_build(builder, parallel_builds)
        source_code = SourceCode(self.projects, self.storage, builder)
        revisions = Revisions(self.projects, self.logging, self.registry, self.secrets, source_code, runner)
        self.run = CloudRun(self.projects, self.operations, revisions, runner)
        self.jobs = Jobs(self.projects, self.operations, self.logging, revisions, runner)
        self.workers = WorkerPools(self.projects, self.operations, self.logging, revisions, runner)
        self.schedules = CloudScheduler(self.projects, self.jobs)
        self._storage_server = StorageServer(self.storage, self.faults, self.calls, lambda: self.latency)
        self._door = Door(self)
        http = HttpCalls(self.faults, self.calls)
        self.vertex = VertexAi(self.projects, http)
        self.domains = DomainMappings(self.projects, self.run, http)
        self._rest = self._rest_door()

    def _cloud_build(self, builder: Builder, at_once: int) -> CloudBuild:
        projects, operations = self.projects, self.operations
        return CloudBuild(projects, operations, self.logging, self.storage, self.registry, builder, at_once)

    def _rest_door(self) -> RestDoor:
        storage = self._storage_server.answer
        return RestDoor(self._door.carry_out, storage, self.run, self.vertex, self.domains)

    def start(self, grpc_port: int = 0, storage_port: int = 0) -> None:
        """Listen; port 0 is any free one."""
        self.grpc_address = self._door.start(grpc_port)
        self.storage_url = self._storage_server.start(storage_port)
        self.rest_url = self._rest.start()

    def stop(self) -> None:
        """Cancel what still builds, close all ports."""
        self.builds.stop()
        self.run.stop()
        self.jobs.stop()
        self.workers.stop()
        self._rest.stop()
        self._door.stop()
        self._storage_server.stop()
        self.calls.close()

    def handlers(self) -> dict[str, Callable[[Any], Any]]:
        """Every emulated method by its short name."""
        handlers: dict[str, Callable[[Any], Any]] = {}
        products = (
            self.operations,
            ResourceManager(self.projects),
            ServiceUsage(self.projects, self.operations),
            Iam(self.projects),
            CustomRoles(self.projects),
            self.secrets,
            self.registry,
            self.logging,
            self.builds,
            self.run,
            self.jobs,
            self.workers,
            self.schedules,
        )
        for product in products:
            handlers |= product.methods()
        return handlers

    def served(self) -> frozenset[str]:
        """Every call that is answered, at whichever door; Cloud Run's first version makes calls of its second."""
        domains = {f"DomainMappings.{verb}" for verb in VERBS.values()}
        return frozenset(
            {*self.handlers(), "Operations.WaitOperation", *self.storage.methods(), GENERATE, *domains}
        )

    # -- projects

    def project(self, project_id: str) -> Project:
        """A fresh project: its APIs of deploying off, no repository, no bucket."""
        return self.projects.add(project_id)

    def provisioned_project(
        self, project_id: str, region: str = "europe-west1", repository: str = "servergem"
    ) -> Project:
        """A project in which somebody deployed before: APIs on, the repository there."""
        project = self.projects.add(project_id)
        for api in DEPLOY_APIS:
            project.apis.setdefault(api, 0.0)
        self.registry.put_repository(f"projects/{project_id}/locations/{region}/repositories/{repository}")
        return project

    def revoke(self, project: str, permission: str, member: Member = "caller") -> None:
        """A deny policy on the project: the caller, or everybody else, may not do this, whatever roles they have."""
        self.projects.access.deny(self.projects.known(project).name, permission, **self._denied(member))

    def grant(self, project: str, permission: str, member: Member = "caller") -> None:
        """That policy is taken away again."""
        self.projects.access.allow(self.projects.known(project).name, permission, **self._denied(member))

    def _denied(self, member: Member) -> dict[str, str]:
        return {"member" if member == "caller" else "spared": self.projects.caller}

    def disable(self, project: str, api: str) -> None:
        """Switch an API off."""
        self.projects.known(project).apis.pop(api, None)

    def set_billing(self, project: str, enabled: bool) -> None:
        self.projects.known(project).billing = enabled

    def service_account(self, project: str, account_id: str, *roles: str) -> str:
        """Make a service account with these roles on the project; its e-mail address."""
        account = f"{account_id}@{project}.iam.gserviceaccount.com"
        self.projects.known(project).service_accounts.add(account)
        for role in roles:
            self.projects.access.bind(f"projects/{project}", role, f"serviceAccount:{account}")
        return account
