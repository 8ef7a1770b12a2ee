"""Long-running operations of all APIs: each has its own shape of name, one service answers for them all."""

from __future__ import annotations

import base64
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from sandbox.google.errors import Refusal, not_found


def pb(message: Any) -> Any:
    """The plain protobuf message inside a proto-plus one."""
    return type(message).pb(message) if hasattr(type(message), "pb") else message


class Operation:
    """One operation under way; it ends once, with an answer or with a refusal."""

    def __init__(self, name: str, metadata: Any) -> None:
        self.name = name
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

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: dict[str, Operation] = {}
        self.on_cancel: dict[str, Callable[[], None]] = {}

    def start(self, name: str, metadata: Any = None) -> Operation:
        operation = Operation(name, metadata)
        with self._lock:
            self._operations[name] = operation
        return operation

    def regional(self, project: str, location: str, metadata: Any = None) -> Operation:
        """The shape of Cloud Run, Artifact Registry and Cloud Build in a region."""
        return self.start(f"projects/{project}/locations/{location}/operations/{uuid.uuid4()}", metadata)

    def of_build(self, project: str, location: str, build_id: str, metadata: Any) -> Operation:
        if location in ("", "global"):
            key = base64.b64encode(build_id.encode()).decode()
            return self.start(f"operations/build/{project}/{key}", metadata)
        return self.start(f"projects/{project}/locations/{location}/operations/{build_id}", metadata)

    def of_service_usage(self, number: int, metadata: Any = None) -> Operation:
        return self.start(f"operations/acf.p2-{number}-{uuid.uuid4()}", metadata)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do it now, or after so many seconds."""
        if seconds <= 0:
            act()
            return
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        timer.start()

    def find(self, name: str) -> Operation:
        with self._lock:
            operation = self._operations.get(name)
        if operation is None:
            raise not_found(f"Operation not found: {name}")
        return operation

    def get(self, request: operations_pb2.GetOperationRequest) -> operations_pb2.Operation:
        return self.find(request.name).message()

    def cancel(self, request: operations_pb2.CancelOperationRequest) -> empty_pb2.Empty:
        self.find(request.name)
        stop = self.on_cancel.get(request.name)
        if stop is not None:
            stop()
        return empty_pb2.Empty()

    def delete(self, request: operations_pb2.DeleteOperationRequest) -> empty_pb2.Empty:
        self.find(request.name)
        with self._lock:
            del self._operations[request.name]
        return empty_pb2.Empty()


def patience(request: operations_pb2.WaitOperationRequest) -> float:
    """How long `WaitOperation` holds the call open: what the caller asks for, at most 30 s."""
    asked = float(request.timeout.ToTimedelta().total_seconds())
    return min(asked, 30.0) if asked > 0 else 30.0


def deadline(seconds: float) -> float:
    return time.monotonic() + seconds
