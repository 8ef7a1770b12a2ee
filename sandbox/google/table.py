"""The table of methods, read off the installed client libraries, so that it cannot drift from the real schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.artifactregistry_v1.services.artifact_registry.transports import (
    ArtifactRegistryGrpcTransport,
)
from google.cloud.billing_v1.services.cloud_billing.transports import CloudBillingGrpcTransport
from google.cloud.devtools.cloudbuild_v1.services.cloud_build.transports import CloudBuildGrpcTransport
from google.cloud.iam_admin_v1.services.iam.transports import IAMGrpcTransport
from google.cloud.location import locations_pb2  # type: ignore[import-untyped]  # it ships no types
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport
from google.cloud.resourcemanager_v3.services.projects.transports import ProjectsGrpcTransport
from google.cloud.run_v2.services.builds.transports import BuildsGrpcTransport
from google.cloud.run_v2.services.executions.transports import ExecutionsGrpcTransport
from google.cloud.run_v2.services.jobs.transports import JobsGrpcTransport
from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcTransport
from google.cloud.run_v2.services.services.transports import ServicesGrpcTransport
from google.cloud.run_v2.services.worker_pools.transports import WorkerPoolsGrpcTransport
from google.cloud.scheduler_v1.services.cloud_scheduler.transports import CloudSchedulerGrpcTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcTransport,
)
from google.cloud.service_usage_v1.services.service_usage.transports import ServiceUsageGrpcTransport
from google.iam.v1 import iam_policy_pb2
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

TRANSPORTS = (
    ServicesGrpcTransport,
    RevisionsGrpcTransport,
    BuildsGrpcTransport,
    JobsGrpcTransport,
    ExecutionsGrpcTransport,
    WorkerPoolsGrpcTransport,
    CloudBuildGrpcTransport,
    ArtifactRegistryGrpcTransport,
    ServiceUsageGrpcTransport,
    ProjectsGrpcTransport,
    LoggingServiceV2GrpcTransport,
    IAMGrpcTransport,
    SecretManagerServiceGrpcTransport,
    CloudBillingGrpcTransport,
    CloudSchedulerGrpcTransport,
)
# Requests that are plain protobuf; a transport does not tell their class.
_BARE = {
    "GetIamPolicy": iam_policy_pb2.GetIamPolicyRequest,
    "SetIamPolicy": iam_policy_pb2.SetIamPolicyRequest,
    "TestIamPermissions": iam_policy_pb2.TestIamPermissionsRequest,
    "GetLocation": locations_pb2.GetLocationRequest,
    "ListLocations": locations_pb2.ListLocationsRequest,
}
_NO_METHODS = ("kind", "host", "operations_client", "grpc_channel")


@dataclass(frozen=True)
class Method:
    """One RPC: where it is called, by which short name it is counted, and what it takes."""

    path: str
    name: str
    request: Any

    def read(self, raw: bytes) -> Any:
        if hasattr(self.request, "deserialize"):
            return self.request.deserialize(raw)
        return self.request.FromString(raw)


def write(message: Any) -> bytes:
    """A message of either kind, on the wire."""
    kind = type(message)
    raw = kind.serialize(message) if hasattr(kind, "serialize") else message.SerializeToString()
    return bytes(raw)


def short_name(path: str) -> str:
    """`/google.cloud.run.v2.Services/CreateService` as `Services.CreateService`."""
    service, _, method = path.lstrip("/").partition("/")
    return f"{service.rpartition('.')[2]}.{method}"


@cache
def methods() -> Mapping[str, Method]:
    """Every RPC of the libraries, by path; read once, since a process may have many a sandbox."""
    table: dict[str, Method] = {}
    for transport in TRANSPORTS:
        for path, request in _registered(transport).items():
            table[path] = Method(path, short_name(path), request)
    for name, request in (
        ("GetOperation", operations_pb2.GetOperationRequest),
        ("ListOperations", operations_pb2.ListOperationsRequest),
        ("WaitOperation", operations_pb2.WaitOperationRequest),
        ("CancelOperation", operations_pb2.CancelOperationRequest),
        ("DeleteOperation", operations_pb2.DeleteOperationRequest),
    ):
        path = f"/google.longrunning.Operations/{name}"
        table[path] = Method(path, short_name(path), request)
    return MappingProxyType(table)


def paths(transport: Any) -> list[str]:
    """The RPCs of one library, and those that it has of others beside them."""
    return list(_registered(transport))


class _Listener:
    """A channel that only notes what a transport registers."""

    def __init__(self) -> None:
        self.requests: dict[str, Any] = {}
        self._unary_unary_interceptors: list[Any] = []

    def unary_unary(
        self, path: str, request_serializer: Any = None, *_args: Any, **_kwargs: Any
    ) -> Callable[..., None]:
        owner = getattr(request_serializer, "__self__", None)
        self.requests[path] = owner or _BARE.get(path.rpartition("/")[2], empty_pb2.Empty)
        return lambda *_args, **_kwargs: None

    unary_stream = unary_unary
    stream_stream = unary_unary


def _registered(transport: Any) -> dict[str, Any]:
    listener = _Listener()
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # it has no annotations
    built = transport(channel=lambda *_args, **_kwargs: listener, credentials=nobody)
    # The libraries wrap the channel to log calls; the wrapper does not let a channel like ours through.
    built._logged_channel = listener
    built._stubs.clear()
    for name, _ in inspect.getmembers(type(built), lambda member: isinstance(member, property)):
        if name not in _NO_METHODS:
            getattr(built, name)
    return {path: request for path, request in listener.requests.items() if "longrunning" not in path}
