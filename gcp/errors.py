"""What Google says when it says no, in our words: code, reason, permission, and whether to try again.

Order of trust: ErrorInfo's reason, then the gRPC code, then the message.
https://cloud.google.com/apis/design/errors
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from app.retry import Policy, retrying
from app.telemetry import trace
from gcp.kinds import Kind, kind_of, named
from gcp.later import later

if TYPE_CHECKING:
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth
    from google.rpc import code_pb2, error_details_pb2
else:
    api = later("google.api_core.exceptions")
    auth = later("google.auth.exceptions")
    code_pb2 = later("google.rpc.code_pb2")
    error_details_pb2 = later("google.rpc.error_details_pb2")

T = TypeVar("T")
# What an API answers to a wish that it does not take; anything else is no judgement of the wish.
REFUSALS = frozenset({"INVALID_ARGUMENT", "UNIMPLEMENTED", "FAILED_PRECONDITION"})

# HTTP's words for gRPC's, where Storage speaks HTTP: https://cloud.google.com/apis/design/errors#handling_errors
CODES_OF_HTTP = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass(frozen=True)
class Denial:
    """Everything Google said. `code` is gRPC's name; `retry_after` seconds, 0 when Google did not say.

    `quota`: the limit that was reached, as `ReadRequestsPerMinutePerProject`, and how much it allows.
    """

    code: str
    message: str
    method: str = ""
    reason: str = ""
    service: str = ""
    permission: str = ""
    resource: str = ""
    retry_after: float = 0.0
    links: tuple[str, ...] = ()
    violations: tuple[tuple[str, str], ...] = ()
    quota: str = ""


class GoogleError(Exception):
    """A call to Google that failed for good, or for longer than it was tried."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial)
        self.denial = denial
        self.code, self.message, self.method = denial.code, denial.message, denial.method
        self.reason, self.permission, self.service = denial.reason, denial.permission, denial.service

    def __str__(self) -> str:
        return f"{self.method}: {self.code}: {self.message}"

    @property
    def kind(self) -> Kind:
        return kind_of(self.code, self.reason, self.message, self.denial.quota)

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed in a while, with nothing changed."""
        return self.kind in (Kind.PASSING, Kind.RATE)


def ask(policy: Policy, method: str, call: Callable[[], T]) -> T:
    """Make one call, again while its fault is transient; GoogleError when that does not help."""

    def attempt() -> T:
        try:
            with trace.span(f"Google {method}", outside=True):
                return call()
        except (api.GoogleAPICallError, auth.GoogleAuthError, requests.RequestException, OSError) as error:
            raise from_exception(error, method) from error

    def wait(error: Exception) -> float | None:
        return _wait_for(error, policy)

    return retrying(attempt, transient=wait, service=method.partition(".")[0], policy=policy)


def from_exception(error: Exception, method: str) -> GoogleError:
    """A library's exception as a GoogleError."""
    if isinstance(error, api.GoogleAPICallError):
        return GoogleError(_from_api(error, method))
    if isinstance(error, auth.DefaultCredentialsError | auth.RefreshError):
        return GoogleError(Denial("UNAUTHENTICATED", str(error), method, reason="CREDENTIALS_MISSING"))
    return GoogleError(Denial("UNAVAILABLE", f"{type(error).__name__}: {error}", method))


def from_status(status: Any, method: str) -> GoogleError:
    """The `google.rpc.Status` of a failed operation as a GoogleError."""
    info = error_details_pb2.ErrorInfo()
    for part in status.details:
        if part.Is(info.DESCRIPTOR):
            part.Unpack(info)
    told = dict(info.metadata)
    return GoogleError(
        Denial(
            code=str(code_pb2.Code.Name(status.code)),
            message=str(status.message),
            method=method,
            reason=info.reason,
            service=told.get("service", ""),
            permission=told.get("permission", ""),
            resource=told.get("resource", ""),
            quota=named(told.get("quota_limit", ""), told.get("quota_limit_value", "")),
        )
    )


def evidence(error: GoogleError) -> str:
    """The error as one line that diagnosis reads."""
    said = error.denial
    parts = [f"google: {said.code}"]
    parts += [
        f"{name}={value}"
        for name, value in (
            ("reason", said.reason),
            ("permission", said.permission),
            ("service", said.service),
            ("resource", said.resource),
            ("method", said.method),
            ("quota", said.quota),
        )
        if value
    ]
    return " ".join([*parts, " ".join(said.message.split())])


def _from_api(error: api.GoogleAPICallError, method: str) -> Denial:
    grpc_code = getattr(error, "grpc_status_code", None)
    code = grpc_code.name if grpc_code is not None else CODES_OF_HTTP.get(int(error.code or 0), "UNKNOWN")
    metadata = dict(error.metadata or {})
    details = list(error.details or [])
    return Denial(
        code=code,
        message=str(error.message),
        method=method,
        reason=str(error.reason or ""),
        service=metadata.get("service", ""),
        permission=metadata.get("permission", ""),
        resource=metadata.get("resource", ""),
        retry_after=_retry_after(error, details),
        quota=named(metadata.get("quota_limit", ""), metadata.get("quota_limit_value", "")),
        links=tuple(
            link.url for part in details if isinstance(part, error_details_pb2.Help) for link in part.links
        ),
        violations=tuple(
            (violation.field, violation.description)
            for part in details
            if isinstance(part, error_details_pb2.BadRequest)
            for violation in part.field_violations
        ),
    )


def _retry_after(error: api.GoogleAPICallError, details: list[Any]) -> float:
    for part in details:
        if isinstance(part, error_details_pb2.RetryInfo):
            return float(part.retry_delay.ToTimedelta().total_seconds())
    response = getattr(error, "response", None)
    header = getattr(response, "headers", {}).get("Retry-After", "") if response is not None else ""
    return float(header) if str(header).isdecimal() else 0.0


def _wait_for(error: Exception, policy: Policy) -> float | None:
    if not isinstance(error, GoogleError) or not error.transient:
        return None
    # Asked again at once a quota of a minute would be asked in vain, and the deployment be over within seconds.
    wait = error.denial.retry_after or (policy.minute if error.kind is Kind.RATE else 0.0)
    # Who asks for more patience than there is would only be asked again too early.
    return wait if wait <= policy.total else None
