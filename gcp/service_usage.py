"""Service Usage: which APIs of a project are on, and switching them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gcp.cloud import Google
from gcp.errors import GoogleError
from gcp.later import later
from gcp.operations import finished

if TYPE_CHECKING:
    from google.cloud import service_usage_v1
else:
    service_usage_v1 = later("google.cloud.service_usage_v1")

# https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchEnable
MOST_AT_ONCE = 20
LOOK = "serviceusage.operations.get"


def states(google: Google, project: str, apis: tuple[str, ...]) -> dict[str, bool]:
    """Whether each of `apis` (at most 30) is enabled, in one call."""
    parent = f"projects/{project}"
    request = service_usage_v1.BatchGetServicesRequest(
        parent=parent, names=[f"{parent}/services/{api}" for api in apis]
    )
    answer = google.call(
        "ServiceUsage.BatchGetServices", lambda: google.usage.batch_get_services, request=request
    )
    enabled = service_usage_v1.State.ENABLED
    return {service.name.rpartition("/")[2]: service.state == enabled for service in answer.services}


def project_number(google: Google, project: str) -> int:
    """The project's number, which is in the name of each of its services."""
    name = f"projects/{project}/services/serviceusage.googleapis.com"
    request = service_usage_v1.GetServiceRequest(name=name)
    found = google.call("ServiceUsage.GetService", lambda: google.usage.get_service, request=request)
    return int(found.name.split("/")[1])


def enable(google: Google, project: str, apis: tuple[str, ...]) -> None:
    """Switch `apis` on, in one batch, and wait for the operation; its effect may lag by minutes."""
    request = service_usage_v1.BatchEnableServicesRequest(
        parent=f"projects/{project}", service_ids=list(apis[:MOST_AT_ONCE])
    )
    operation: Any = google.call(
        "ServiceUsage.BatchEnableServices", lambda: google.usage.batch_enable_services, request=request
    )
    try:
        finished(google, "ServiceUsage.BatchEnableServices", operation)
    except GoogleError as denied:
        # Who may switch on and may not look, as by our repair role of before, has switched on all the same.
        if denied.permission != LOOK:
            raise
