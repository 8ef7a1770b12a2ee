"""Google: the real clients, each built once, when it is first needed; plain gRPC to a stand-in when told so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from app.retry import Policy
from gcp import identity
from gcp.errors import GoogleError, ask
from gcp.log_reads import LogReads
from gcp.run_writes import ALLOWED, WRITES, RunWrites, place_of

if TYPE_CHECKING:
    import grpc
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
    from google.cloud.billing_v1 import CloudBillingClient
    from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient
    from google.cloud.iam_admin_v1 import IAMClient
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.resourcemanager_v3 import ProjectsClient
    from google.cloud.run_v2 import (
        ExecutionsClient,
        JobsClient,
        RevisionsClient,
        ServicesClient,
        WorkerPoolsClient,
    )
    from google.cloud.scheduler_v1 import CloudSchedulerClient
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient
    from google.cloud.service_usage_v1 import ServiceUsageClient

T = TypeVar("T")

# The libraries have no time limit of their own for some calls; ours is generous for any of these.
TIMEOUT = 30.0
# The account of whoever asks a stand-in, which knows no credentials.
STAND_IN = "serviceAccount:servergem-deployer@sandbox.iam.gserviceaccount.com"
# Networks between us and Google cut idle connections: a ping shows that they are alive.
CHANNEL = (("grpc.keepalive_time_ms", 60_000), ("grpc.max_receive_message_length", 32 * 1024 * 1024))


class Google:
    """Every client ServerGem uses. Safe for any thread."""

    def __init__(
        self,
        endpoint: str = "",
        storage_endpoint: str = "",
        policy: Policy | None = None,
        run_writes: int = ALLOWED,
    ) -> None:
        self.endpoint, self.storage_endpoint = endpoint, storage_endpoint
        self.policy = policy or Policy()
        self.log_reads = LogReads()
        self.run_writes = RunWrites(run_writes)
        self._building = RLock()

    def ask(self, method: str, call: Callable[[], T]) -> T:
        """One call under its name, through the retry layer. Raises GoogleError."""
        return ask(self.policy, method, call)

    def call(
        self,
        method: str,
        find: Callable[[], Callable[..., T]],
        *given: Any,
        timeout: float = TIMEOUT,
        **words: Any,
    ) -> T:
        """One call of a library's method under Google's name for it, within `timeout` seconds, retried by us alone.

        `find` gives the method: its client is built when it is first needed, which may fail like a call.
        Raises GoogleError.
        """
        if method in WRITES:
            # Before the first try, so that the wait for a turn does not count against the retries.
            self.run_writes.wait(place_of(words))
        return self.ask(method, lambda: find()(*given, retry=None, timeout=timeout, **words))

    def unless_missing(
        self, method: str, find: Callable[[], Callable[..., T]], *given: Any, **words: Any
    ) -> T | None:
        """As `call`, but None where Google says that there is no such thing."""
        try:
            return self.call(method, find, *given, **words)
        except GoogleError as error:
            if error.code != "NOT_FOUND":
                raise
        return None

    def every(
        self, method: str, find: Callable[[], Callable[..., Iterable[T]]], *given: Any, **words: Any
    ) -> list[T]:
        """As `call`, for a method that lists: all of its pages."""
        return self.ask(method, lambda: list(find()(*given, retry=None, timeout=TIMEOUT, **words)))

    def identity_token(self, audience: str) -> str:
        """Who we are, for a private service; its audience is the service's own URL, also at a tag's.

        Raises NoIdentity where the credentials cannot tell.
        """
        if self.endpoint:
            return "stand-in"
        from google.auth.transport.requests import Request

        return identity.token(audience, Request())

    @cached_property
    def member(self) -> str:
        """Who we are as a member of a policy; empty where the credentials do not tell, as those of a user do not."""
        return STAND_IN if self.endpoint else identity.member()

    @cached_property
    def projects(self) -> ProjectsClient:
        from google.cloud import resourcemanager_v3
        from google.cloud.resourcemanager_v3.services.projects.transports import ProjectsGrpcTransport

        return self._client(resourcemanager_v3.ProjectsClient, ProjectsGrpcTransport)

    @cached_property
    def usage(self) -> ServiceUsageClient:
        from google.cloud import service_usage_v1
        from google.cloud.service_usage_v1.services.service_usage.transports import (
            ServiceUsageGrpcTransport,
        )

        return self._client(service_usage_v1.ServiceUsageClient, ServiceUsageGrpcTransport)

    @cached_property
    def registry(self) -> ArtifactRegistryClient:
        from google.cloud import artifactregistry_v1
        from google.cloud.artifactregistry_v1.services.artifact_registry.transports import (
            ArtifactRegistryGrpcTransport,
        )

        return self._client(artifactregistry_v1.ArtifactRegistryClient, ArtifactRegistryGrpcTransport)

    @cached_property
    def billing(self) -> CloudBillingClient:
        from google.cloud import billing_v1
        from google.cloud.billing_v1.services.cloud_billing.transports import CloudBillingGrpcTransport

        return self._client(billing_v1.CloudBillingClient, CloudBillingGrpcTransport)

    @cached_property
    def accounts(self) -> IAMClient:
        from google.cloud import iam_admin_v1
        from google.cloud.iam_admin_v1.services.iam.transports import IAMGrpcTransport

        return self._client(iam_admin_v1.IAMClient, IAMGrpcTransport)

    @cached_property
    def secrets(self) -> SecretManagerServiceClient:
        from google.cloud import secretmanager_v1
        from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
            SecretManagerServiceGrpcTransport,
        )

        return self._client(secretmanager_v1.SecretManagerServiceClient, SecretManagerServiceGrpcTransport)

    @cached_property
    def builds(self) -> CloudBuildClient:
        from google.cloud.devtools import cloudbuild_v1
        from google.cloud.devtools.cloudbuild_v1.services.cloud_build.transports import (
            CloudBuildGrpcTransport,
        )

        return self._client(cloudbuild_v1.CloudBuildClient, CloudBuildGrpcTransport)

    @cached_property
    def services(self) -> ServicesClient:
        from google.cloud import run_v2
        from google.cloud.run_v2.services.services.transports import ServicesGrpcTransport

        return self._client(run_v2.ServicesClient, ServicesGrpcTransport)

    @cached_property
    def revisions(self) -> RevisionsClient:
        from google.cloud import run_v2
        from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcTransport

        return self._client(run_v2.RevisionsClient, RevisionsGrpcTransport)

    @cached_property
    def jobs(self) -> JobsClient:
        from google.cloud import run_v2
        from google.cloud.run_v2.services.jobs.transports import JobsGrpcTransport

        return self._client(run_v2.JobsClient, JobsGrpcTransport)

    @cached_property
    def worker_pools(self) -> WorkerPoolsClient:
        from google.cloud import run_v2
        from google.cloud.run_v2.services.worker_pools.transports import WorkerPoolsGrpcTransport

        return self._client(run_v2.WorkerPoolsClient, WorkerPoolsGrpcTransport)

    @cached_property
    def executions(self) -> ExecutionsClient:
        from google.cloud import run_v2
        from google.cloud.run_v2.services.executions.transports import ExecutionsGrpcTransport

        return self._client(run_v2.ExecutionsClient, ExecutionsGrpcTransport)

    @cached_property
    def schedules(self) -> CloudSchedulerClient:
        from google.cloud import scheduler_v1
        from google.cloud.scheduler_v1.services.cloud_scheduler.transports import CloudSchedulerGrpcTransport

        return self._client(scheduler_v1.CloudSchedulerClient, CloudSchedulerGrpcTransport)

    @cached_property
    def logging(self) -> LoggingServiceV2Client:
        from google.cloud.logging_v2.services import logging_service_v2
        from google.cloud.logging_v2.services.logging_service_v2.transports import (
            LoggingServiceV2GrpcTransport,
        )

        return self._client(logging_service_v2.LoggingServiceV2Client, LoggingServiceV2GrpcTransport)

    @cached_property
    def storage(self) -> Any:
        """google.cloud.storage.Client; the library has no types."""
        from gcp.storage_client import storage_client

        return storage_client(self.storage_endpoint)

    @cached_property
    def _channel(self) -> grpc.Channel:
        import grpc

        with self._building:
            return self.__dict__.get("_channel") or grpc.insecure_channel(self.endpoint, options=CHANNEL)

    def _client(self, client: type[T], transport: Any) -> T:
        """With a channel of ours the library asks for no credentials, and operations go over it too."""
        build: Any = client
        made: T = build(transport=transport(channel=self._channel)) if self.endpoint else build()
        return made
