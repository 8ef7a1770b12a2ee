"""A call over HTTP that no method of gRPC stands behind: counted, faulted and written down as the others are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import grpc

from sandbox.faults import Faults, PlannedFault
from sandbox.google.calls import Calls
from sandbox.google.errors import Refusal, invalid
from sandbox.google.storage_words import Answer, Asked
from sandbox.google.transcoding import refused


class HttpCalls:
    """Carries calls out, with the faults that are planned for them."""

    def __init__(self, faults: Faults, calls: Calls) -> None:
        self._faults, self._calls = faults, calls

    def carried_out(self, name: str, asked: Asked, work: Callable[[bytes], Any]) -> Answer | None:
        """What `work` makes of the body, or its refusal; None for a connection that is to be lost."""
        begun = time.perf_counter()
        self._calls.arrived(name)
        fault = self._faults.take(name)
        if fault is not None and fault.kind == "drop":
            return None
        body = b"".join(asked.body())
        try:
            _meet(fault)
            answer = Answer(200, work(body))
        except Refusal as refusal:
            answer = Answer(*refused(refusal))
        self._calls.answered(name, {"path": asked.path}, str(answer.status), time.perf_counter() - begun)
        return None if fault is not None and fault.kind == "drop_after" else answer


def _meet(fault: PlannedFault | None) -> None:
    """A planned refusal, or a planned delay."""
    if fault is not None and fault.kind == "status":
        raise Refusal(grpc.StatusCode[fault.status], fault.message or "a planned fault")
    if fault is not None:
        time.sleep(fault.seconds)


def read_json(body: bytes) -> Any:
    """Raises Refusal for what is no JSON."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
