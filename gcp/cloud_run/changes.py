"""What is done to a service as a whole: its traffic, its labels, its end, our rights on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.model import Traffic
from gcp.cloud import Google
from gcp.cloud_run.state import ServiceState, by_name, full_name, state_of
from gcp.cloud_run.waiting import service_of, waited
from gcp.errors import from_status
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import run_v2
    from google.iam.v1 import iam_policy_pb2
    from google.protobuf import field_mask_pb2
else:
    run_v2 = later("google.cloud.run_v2")
    iam_policy_pb2 = later("google.iam.v1.iam_policy_pb2")
    field_mask_pb2 = later("google.protobuf.field_mask_pb2")


def test_permissions(
    google: Google, project: str, region: str, name: str, permissions: tuple[str, ...]
) -> frozenset[str]:
    """Those of `permissions` that we hold on the service; what it has from the project is in them."""
    request = iam_policy_pb2.TestIamPermissionsRequest(
        resource=full_name(project, region, name), permissions=list(permissions)
    )
    held: Any = google.call(
        "Services.TestIamPermissions", lambda: google.services.test_iam_permissions, request=request
    )
    return frozenset(held.permissions)


def set_traffic(
    google: Google, project: str, region: str, name: str, traffic: tuple[Traffic, ...], etag: str
) -> ServiceState:
    """Give a service this traffic and nothing else; GoogleError ABORTED when it has changed since `etag`."""
    full = full_name(project, region, name)
    request = run_v2.UpdateServiceRequest(
        service=run_v2.Service(name=full, traffic=targets_of(traffic), etag=etag),
        update_mask=field_mask_pb2.FieldMask(paths=["traffic"]),
    )
    operation: Any = google.call(
        "Services.UpdateService", lambda: google.services.update_service, request=request
    )
    done = waited(google, operation.operation)
    if done.HasField("error"):
        raise from_status(done.error, "Services.UpdateService")
    return state_of(service_of(done))


def set_labels(
    google: Google, project: str, region: str, name: str, labels: Mapping[str, str], etag: str
) -> None:
    """Give a service these labels and nothing else; GoogleError ABORTED when it has changed since `etag`."""
    wish = run_v2.Service(name=full_name(project, region, name), labels=dict(labels), etag=etag)
    request = run_v2.UpdateServiceRequest(
        service=wish, update_mask=field_mask_pb2.FieldMask(paths=["labels"])
    )
    operation: Any = google.call(
        "Services.UpdateService", lambda: google.services.update_service, request=request
    )
    done = waited(google, operation.operation)
    if done.HasField("error"):
        raise from_status(done.error, "Services.UpdateService")


def delete_service(google: Google, project: str, region: str, name: str, *, etag: str) -> None:
    """Remove a service as it was seen; one that is gone already is as good. GoogleError ABORTED when it has changed."""
    request = run_v2.DeleteServiceRequest(name=full_name(project, region, name), etag=etag)
    operation: Any = google.unless_missing(
        "Services.DeleteService", lambda: google.services.delete_service, request=request
    )
    if operation is not None:
        done = waited(google, operation.operation)
        if done.HasField("error"):
            raise from_status(done.error, "Services.DeleteService")


def targets_of(traffic: tuple[Traffic, ...]) -> list[run_v2.TrafficTarget]:
    return [
        run_v2.TrafficTarget(type_=by_name(), revision=entry.revision, percent=entry.percent, tag=entry.tag)
        for entry in traffic
    ]
