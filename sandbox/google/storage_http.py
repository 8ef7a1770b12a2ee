"""The loopback port on which Cloud Storage answers, with faults and latency as they are planned."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import grpc

from sandbox.faults import Faults, PlannedFault
from sandbox.google.calls import Calls
from sandbox.google.errors import HTTP_STATUS
from sandbox.google.listener import Listener
from sandbox.google.storage import Storage
from sandbox.google.storage_words import Answer, Asked, error_answer


class StorageServer:
    """Started and stopped with the sandbox."""

    def __init__(self, storage: Storage, faults: Faults, calls: Calls, latency: Callable[[], float]) -> None:
        self._storage = storage
        self._faults = faults
        self._calls = calls
        self._latency = latency
        self._listener = Listener("storage", self.answer)
        self.url = ""

    def start(self, port: int = 0) -> str:
        self._listener.start(port)
        self.url = self._storage.url = self._listener.url
        return self.url

    def stop(self) -> None:
        self._listener.stop()

    def answer(self, asked: Asked) -> Answer | None:
        """The answer; None if the connection is to be lost."""
        method = self._storage.method(asked)
        with self._calls.spans.of(method):
            return self._answered(method, asked)

    def _answered(self, method: str, asked: Asked) -> Answer | None:
        started = time.perf_counter()
        self._calls.arrived(method)
        fault = self._faults.take(method)
        time.sleep(self._latency())
        answer = self._under(method, fault, asked)
        self._calls.answered(
            method,
            {"path": asked.path, "query": asked.query, "verb": asked.method},
            str(answer.status) if answer else "connection reset",
            time.perf_counter() - started,
        )
        return answer

    def _under(self, method: str, fault: PlannedFault | None, asked: Asked) -> Answer | None:
        if fault is None:
            return self._storage.answer(asked)
        if fault.kind == "drop":
            return None
        if fault.kind == "status":
            return _refused(fault, asked)
        if fault.kind == "delay":
            self._hold(method, fault)
        answer = self._storage.answer(asked)
        if fault.kind == "drop_after":
            return None
        if fault.kind == "late":
            self._hold(method, fault)
        return answer

    def _hold(self, method: str, fault: PlannedFault) -> None:
        self._faults.hold(method)
        time.sleep(fault.seconds)


def _refused(fault: PlannedFault, asked: Asked) -> Answer:
    for _ in asked.body():  # the connection is used again, so the body has to be read
        pass
    status = int(fault.status) if fault.status.isdigit() else HTTP_STATUS[grpc.StatusCode[fault.status]]
    answer = error_answer(status, "backendError", fault.message or "Backend Error")
    if not fault.seconds:
        return answer
    return replace(answer, headers={**answer.headers, "Retry-After": str(math.ceil(fault.seconds))})
