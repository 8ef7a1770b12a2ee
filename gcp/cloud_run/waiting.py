"""Cloud Run's operations: held open by the server until they are done, or looked at where there is none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gcp.cloud import TIMEOUT, Google
from gcp.cloud_run.state import read
from gcp.errors import Denial, GoogleError
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import run_v2
    from google.longrunning import operations_pb2
    from google.protobuf import duration_pb2
else:
    run_v2 = later("google.cloud.run_v2")
    operations_pb2 = later("google.longrunning.operations_pb2")
    duration_pb2 = later("google.protobuf.duration_pb2")

# The server holds a wait open for this long: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.operations/wait
LONG_POLL = 30
PATIENCE = 600.0
OVERDUE = f"Cloud Run did not finish within {PATIENCE / 60:.0f} minutes"
LOOK_SECONDS = 0.5


def settled(google: Google, name: str) -> run_v2.Service:
    """The service when Cloud Run no longer works on it, where there is no operation to wait for."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = read(google, name)
        if found is None:
            raise GoogleError(Denial("NOT_FOUND", f"{name} is gone", "Services.GetService"))
        if not found.reconciling:
            return found
        time.sleep(LOOK_SECONDS)
    raise GoogleError(Denial("DEADLINE_EXCEEDED", f"{name} does not settle", "Services.GetService"))


def waited(google: Google, operation: Any) -> operations_pb2.Operation:
    """The operation, done: held open by the server instead of asked again and again.

    The server may answer early, so the time that passed counts and not the answers:
    https://github.com/googleapis/googleapis/blob/master/google/longrunning/operations.proto (WaitOperation)
    """
    until, current = time.monotonic() + PATIENCE, operation
    while not current.done:
        asked = time.monotonic()
        if asked > until:
            raise GoogleError(Denial("DEADLINE_EXCEEDED", OVERDUE, "Operations.WaitOperation"))
        current = _held_open(google, current.name)
        if not current.done:
            time.sleep(max(0.0, LOOK_SECONDS - (time.monotonic() - asked)))
    return current


def _held_open(google: Google, name: str) -> operations_pb2.Operation:
    request = operations_pb2.WaitOperationRequest(name=name, timeout=duration_pb2.Duration(seconds=LONG_POLL))
    raw: Any = google.call(
        "Operations.WaitOperation",
        lambda: google.services.wait_operation,
        request=request,
        timeout=LONG_POLL + TIMEOUT,
    )
    # The library gives bytes where it has no deserializer for this method.
    return operations_pb2.Operation.FromString(raw) if isinstance(raw, bytes) else raw


def service_of(operation: operations_pb2.Operation) -> run_v2.Service:
    made: run_v2.Service = run_v2.Service.deserialize(operation.response.value)
    return made
