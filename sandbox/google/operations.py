"""Long-running operations of all APIs: each has its own shape of name, one service answers for them all."""

from __future__ import annotations

import base64
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from sandbox.google.errors import Code, Refusal, not_found, permission_denied
from sandbox.google.state import Project, Projects


def pb(message: Any) -> Any:
    """The plain protobuf message inside a proto-plus one."""
    return type(message).pb(message) if hasattr(type(message), "pb") else message


# What each API lets one do with its operations, and which permission that takes; Artifact Registry knows none:
# https://cloud.google.com/run/docs/reference/iam/permissions,
# https://cloud.google.com/iam/docs/roles-permissions/cloudbuild (cancelling one is cancelling its build),
# https://cloud.google.com/iam/docs/roles-permissions/serviceusage,
# https://cloud.google.com/iam/docs/roles-permissions/artifactregistry
RUN = {"get": "run.operations.get", "delete": "run.operations.delete"}
BUILD = {"get": "cloudbuild.operations.get", "cancel": "cloudbuild.builds.update"}
USAGE = {
    "get": "serviceusage.operations.get",
    "cancel": "serviceusage.operations.cancel",
    "delete": "serviceusage.operations.delete",
}
REGISTRY = {"get": ""}


class Operation:
    """One operation under way; it ends once, with an answer or with a refusal.

    `project`: where it is. `takes`: the permission of each thing that may be done with it.
    """

    def __init__(self, name: str, metadata: Any, project: Project, takes: Mapping[str, str]) -> None:
        self.name, self.project, self.takes = name, project, takes
        self._metadata = metadata
        self._answer: Any = None
        self._refusal: Refusal | None = None
        self._done = False
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    @property
    def done(self) -> bool:
        return self._done

    def describe(self, metadata: Any) -> None:
        """What the operation says of itself from now on."""
        with self._lock:
            self._metadata = metadata

    def succeed(self, answer: Any, metadata: Any = None) -> None:
        self._end(answer, None, metadata)

    def fail(self, refusal: Refusal, metadata: Any = None) -> None:
        self._end(None, refusal, metadata)

    def _end(self, answer: Any, refusal: Refusal | None, metadata: Any) -> None:
        with self._lock:
            if self._done:
                return
            self._answer, self._refusal, self._done = answer, refusal, True
            if metadata is not None:
                self._metadata = metadata
            watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher()

    def when_done(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` once the operation has ended; at once if it has."""
        with self._lock:
            if not self._done:
                self._watchers.append(watcher)
                return
        watcher()

    def message(self) -> operations_pb2.Operation:
        with self._lock:
            message = operations_pb2.Operation(name=self.name, done=self._done)
            if self._metadata is not None:
                message.metadata.Pack(pb(self._metadata))
            if self._refusal is not None:
                message.error.CopyFrom(self._refusal.status())
            elif self._done:
                message.response.Pack(pb(self._answer))
            return message


class Operations:
    """Every operation ever started, by name."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._lock = threading.Lock()
        self._operations: dict[str, Operation] = {}
        self.on_cancel: dict[str, Callable[[], None]] = {}

    def methods(self) -> dict[str, Any]:
        return {
            "Operations.GetOperation": self.get,
            "Operations.CancelOperation": self.cancel,
            "Operations.DeleteOperation": self.delete,
        }

    def _start(self, name: str, metadata: Any, project: Project, takes: Mapping[str, str]) -> Operation:
        operation = Operation(name, metadata, project, takes)
        with self._lock:
            self._operations[name] = operation
        return operation

    def of_run(self, project: Project, location: str, metadata: Any) -> Operation:
        return self._start(_regional(project, location, str(uuid.uuid4())), metadata, project, RUN)

    def of_registry(self, project: Project, location: str, metadata: Any) -> Operation:
        return self._start(_regional(project, location, str(uuid.uuid4())), metadata, project, REGISTRY)

    def of_build(self, project: Project, location: str, build_id: str, metadata: Any) -> Operation:
        name = _regional(project, location, build_id)
        if location in ("", "global"):
            name = f"operations/build/{project.id}/{base64.b64encode(build_id.encode()).decode()}"
        return self._start(name, metadata, project, BUILD)

    def of_service_usage(self, project: Project) -> Operation:
        return self._start(f"operations/acf.p2-{project.number}-{uuid.uuid4()}", None, project, USAGE)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do it now, or after so many seconds."""
        if seconds <= 0:
            act()
            return
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        timer.start()

    def admitted(self, name: str, verb: str = "get") -> Operation:
        """The operation, for a caller who may do this with it; waiting for one is getting it."""
        with self._lock:
            operation = self._operations.get(name)
        if operation is None:
            raise not_found(f"Operation not found: {name}")
        permission = operation.takes.get(verb)
        if permission is None:
            raise Refusal(Code.UNIMPLEMENTED, f"This API does not {verb} operations.")
        if permission and not self._projects.holds(operation.project, name, permission):
            raise permission_denied(f"{permission.partition('.')[0]}.googleapis.com", permission, name)
        return operation

    def get(self, request: operations_pb2.GetOperationRequest) -> operations_pb2.Operation:
        return self.admitted(request.name).message()

    def cancel(self, request: operations_pb2.CancelOperationRequest) -> empty_pb2.Empty:
        self.admitted(request.name, "cancel")
        stop = self.on_cancel.get(request.name)
        if stop is not None:
            stop()
        return empty_pb2.Empty()

    def delete(self, request: operations_pb2.DeleteOperationRequest) -> empty_pb2.Empty:
        self.admitted(request.name, "delete")
        with self._lock:
            del self._operations[request.name]
        return empty_pb2.Empty()


def _regional(project: Project, location: str, name: str) -> str:
    """The shape of Cloud Run, Artifact Registry and Cloud Build in a region."""
    return f"projects/{project.id}/locations/{location}/operations/{name}"


def patience(request: operations_pb2.WaitOperationRequest) -> float:
    """How long `WaitOperation` holds the call open: what the caller asks for, at most 30 s."""
    asked = float(request.timeout.ToTimedelta().total_seconds())
    return min(asked, 30.0) if asked > 0 else 30.0


def deadline(seconds: float) -> float:
    return time.monotonic() + seconds
