"""Google's refusals, in Google's own words and details."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2 as details_pb2
from google.rpc import status_pb2

Code = grpc.StatusCode

TITLES = {
    "run.googleapis.com": "Cloud Run Admin API",
    "cloudbuild.googleapis.com": "Cloud Build API",
    "artifactregistry.googleapis.com": "Artifact Registry API",
    "serviceusage.googleapis.com": "Service Usage API",
    "cloudresourcemanager.googleapis.com": "Cloud Resource Manager API",
    "logging.googleapis.com": "Cloud Logging API",
    "iam.googleapis.com": "Identity and Access Management (IAM) API",
    "secretmanager.googleapis.com": "Secret Manager API",
    "cloudbilling.googleapis.com": "Cloud Billing API",
    "storage.googleapis.com": "Cloud Storage API",
    "cloudscheduler.googleapis.com": "Cloud Scheduler API",
    "aiplatform.googleapis.com": "Vertex AI API",
}

HTTP_STATUS = {
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.INTERNAL: 500,
    Code.UNKNOWN: 500,
    Code.DATA_LOSS: 500,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}


class Refusal(Exception):  # noqa: N818 - Google refuses; nothing here is broken
    """A call's answer that is not OK: code, message and typed details."""

    def __init__(self, code: grpc.StatusCode, message: str, *details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def status(self) -> status_pb2.Status:
        """As `google.rpc.Status`, the form in a trailer and in a failed operation."""
        status = status_pb2.Status(code=self.code.value[0], message=self.message)
        for detail in self.details:
            packed = any_pb2.Any()
            packed.Pack(detail)
            status.details.append(packed)
        return status


def error_info(reason: str, domain: str, metadata: Mapping[str, str]) -> Any:
    """The machine-readable reason that nearly every refusal carries."""
    return details_pb2.ErrorInfo(reason=reason, domain=domain, metadata=dict(metadata))


def service_disabled(api: str, project: str, number: int) -> Refusal:
    """The API is off in the project, or was enabled too recently to be known everywhere."""
    title = TITLES.get(api, api)
    url = f"https://console.developers.google.com/apis/api/{api}/overview?project={project}"
    message = (
        f"{title} has not been used in project {project} before or it is disabled. "
        f"Enable it by visiting {url} then retry. If you enabled this API recently, "
        "wait a few minutes for the action to propagate to our systems and retry."
    )
    metadata = {
        "service": api,
        "serviceTitle": title,
        "containerInfo": project,
        "consumer": f"projects/{number}",
        "activationUrl": url,
    }
    link = details_pb2.Help.Link(description="Google developers console API activation", url=url)
    return Refusal(
        Code.PERMISSION_DENIED,
        message,
        error_info("SERVICE_DISABLED", "googleapis.com", metadata),
        details_pb2.LocalizedMessage(locale="en-US", message=message),
        details_pb2.Help(links=[link]),
    )


def consumer_invalid(api: str, project: str) -> Refusal:
    """No such project, or not one that the caller may know of."""
    metadata = {"service": api, "containerInfo": project, "consumer": f"projects/{project}"}
    return Refusal(
        Code.PERMISSION_DENIED,
        f"Permission denied on resource project {project}.",
        error_info("CONSUMER_INVALID", "googleapis.com", metadata),
        details_pb2.LocalizedMessage(
            locale="en-US", message=f"Permission denied on resource project {project}."
        ),
    )


def permission_denied(api: str, permission: str, resource: str) -> Refusal:
    """The caller lacks one permission; each product words it differently."""
    wording = {
        "run.googleapis.com": f"Permission '{permission}' denied on resource '{resource}' "
        "(or resource may not exist).",
        "cloudbuild.googleapis.com": "The caller does not have permission",
        "serviceusage.googleapis.com": f"Permission denied to {_verb(permission)} service [{resource}]",
    }
    message = wording.get(
        api, f"Permission '{permission}' denied on resource '{resource}' (or it may not exist)."
    )
    info = error_info("IAM_PERMISSION_DENIED", api, {"permission": permission, "resource": resource})
    if permission == "serviceusage.services.enable":
        subject = f"?error_code=110002&service={resource}&permission={permission}&resource={resource}"
        violation = details_pb2.PreconditionFailure.Violation(type="googleapis.com", subject=subject)
        return Refusal(
            Code.PERMISSION_DENIED, message, details_pb2.PreconditionFailure(violations=[violation]), info
        )
    return Refusal(Code.PERMISSION_DENIED, message, info)


def _verb(permission: str) -> str:
    return permission.rpartition(".")[2]


def act_as_denied(account: str, api: str) -> Refusal:
    """The caller may not run something as this service account."""
    info = error_info(
        "IAM_PERMISSION_DENIED",
        "iam.googleapis.com",
        {"permission": "iam.serviceAccounts.actAs", "resource": f"projects/-/serviceAccounts/{account}"},
    )
    if api == "cloudbuild.googleapis.com":
        return Refusal(
            Code.PERMISSION_DENIED,
            f"caller does not have permission to act as service account {account}",
            info,
        )
    return Refusal(
        Code.PERMISSION_DENIED,
        f"Permission 'iam.serviceaccounts.actAs' denied on service account {account} (or it may not exist).",
        info,
    )


def no_location(location: str) -> Refusal:
    """There is no such region, or the project may not use it."""
    return Refusal(
        Code.PERMISSION_DENIED,
        f"Permission denied on 'locations/{location}' (or it may not exist).",
        error_info("LOCATION_POLICY_VIOLATED", "googleapis.com", {"location": location}),
    )


def billing_disabled(api: str, project: str, number: int) -> Refusal:
    """The project has no open billing account."""
    url = f"https://console.developers.google.com/billing/enable?project={project}"
    return Refusal(
        Code.PERMISSION_DENIED,
        f"This API method requires billing to be enabled. Please enable billing on project #{project} "
        f"by visiting {url} then retry. If you enabled billing for this project recently, wait a few "
        "minutes for the action to propagate to our systems and retry.",
        error_info(
            "BILLING_DISABLED",
            "googleapis.com",
            {"consumer": f"projects/{number}", "service": api, "containerInfo": project},
        ),
        details_pb2.Help(
            links=[details_pb2.Help.Link(description="Google developers console billing", url=url)]
        ),
    )


def billing_not_found(number: int, apis: list[str]) -> Refusal:
    """An API cannot be enabled in a project without a billing account."""
    services = ",".join(apis)
    subject = f"?error_code=390001&project={number}&services={services.replace(',', '&services=')}"
    violation = details_pb2.PreconditionFailure.Violation(
        type="googleapis.com/billing-enabled",
        subject=subject,
        description=f"Billing account for project '{number}' is not found. Billing must be enabled for "
        f"activation of service(s) '{services}' to proceed.",
    )
    return Refusal(
        Code.FAILED_PRECONDITION,
        f"Billing account for project '{number}' is not found. Billing must be enabled for activation of "
        f"service(s) '{services}' to proceed.\nHelp Token: sandbox",
        details_pb2.PreconditionFailure(violations=[violation]),
        error_info(
            "UREQ_PROJECT_BILLING_NOT_FOUND",
            "serviceusage.googleapis.com/billing-enabled",
            {"services": services},
        ),
    )


def invalid(message: str, field: str = "") -> Refusal:
    """A request that cannot be carried out as written; names the field when there is one."""
    if not field:
        return Refusal(Code.INVALID_ARGUMENT, message)
    violation = details_pb2.BadRequest.FieldViolation(field=field, description=message)
    return Refusal(
        Code.INVALID_ARGUMENT, f"{field}: {message}", details_pb2.BadRequest(field_violations=[violation])
    )


def not_found(message: str = "Requested entity was not found.") -> Refusal:
    """The thing is not there."""
    return Refusal(Code.NOT_FOUND, message)
