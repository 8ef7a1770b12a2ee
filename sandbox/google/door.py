"""Google's gRPC door: every method of the real libraries, with faults and latency as they are planned."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import grpc
from google.protobuf import duration_pb2, json_format
from google.rpc import error_details_pb2

from sandbox.faults import Faults, PlannedFault
from sandbox.google import admission, subjects, table
from sandbox.google.behaviour import Behaviour
from sandbox.google.calls import Calls
from sandbox.google.errors import Code, Refusal
from sandbox.google.operations import Operations, patience, pb

_RESET = "recvmsg:Connection reset by peer"
_CODES = {code.name: code for code in Code}
_LARGEST_MESSAGE = 64 << 20


class Behind(Protocol):
    """What stands behind the door."""

    faults: Faults
    calls: Calls
    latency: float
    behaviour: Behaviour
    operations: Operations

    def handlers(self) -> dict[str, Callable[[Any], Any]]: ...


class Door(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic only in the stubs
    """The gRPC server, on an event loop in a thread of its own: waiting calls cost no thread."""

    def __init__(self, sandbox: Behind) -> None:
        self._sandbox = sandbox
        self._methods = table.methods()
        self._handlers = sandbox.handlers()
        self._server: Any = None
        self._routes: dict[str, Any] = {}

    def start(self, port: int) -> str:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="google", daemon=True)
        self._thread.start()
        bound = asyncio.run_coroutine_threadsafe(self._serve(port), self._loop).result(30)
        return f"127.0.0.1:{bound}"

    async def _serve(self, port: int) -> int:
        options = [
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
            ("grpc.so_reuseport", 0),
        ]
        self._server = grpc.aio.server(handlers=(self,), options=options)
        bound: int = self._server.add_insecure_port(f"127.0.0.1:{port}")
        await self._server.start()
        return bound

    def stop(self) -> None:
        if self._server is None:
            return
        asyncio.run_coroutine_threadsafe(self._server.stop(0), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.close()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        path = handler_call_details.method
        if path not in self._routes:
            self._routes[path] = grpc.unary_unary_rpc_method_handler(self._route(path))
        return self._routes[path]

    def _route(self, path: str) -> Any:
        method = self._methods.get(path) or table.Method(path, table.short_name(path), None)

        async def call(raw: bytes, context: Any) -> bytes:
            request = method.read(raw) if method.request is not None else None
            try:
                return table.write(await self._carry_out(method, request))
            except Refusal as refusal:
                trailer = (("grpc-status-details-bin", refusal.status().SerializeToString()),)
                await context.abort(refusal.code, refusal.message, trailer if refusal.details else ())
                raise

        return call

    def carry_out(self, method: table.Method, request: Any) -> Any:
        """The same call for who stands at another door, in a thread of their own; raises Refusal."""
        return asyncio.run_coroutine_threadsafe(self._carry_out(method, request), self._loop).result()

    async def _carry_out(self, method: table.Method, request: Any) -> Any:
        started = time.perf_counter()
        self._sandbox.calls.arrived(method.name)
        try:
            with self._sandbox.calls.spans.of(method.name):
                answer = await self._answer(method, request)
        except Refusal as refusal:
            self._note(method, request, refusal.code.name, started)
            raise
        self._note(method, request, "OK", started)
        return answer

    def _note(self, method: table.Method, request: Any, status: str, started: float) -> None:
        """Write the call down before it is answered, so that who has the answer finds the line."""
        calls = self._sandbox.calls
        if calls.recording:
            written = json_format.MessageToDict(pb(request)) if request is not None else None
            calls.answered(method.name, written, status, time.perf_counter() - started)

    async def _answer(self, method: table.Method, request: Any) -> Any:
        fault = self._sandbox.faults.take(method.name)
        if self._sandbox.latency:
            await asyncio.sleep(self._sandbox.latency)
        if fault is None:
            return await self._handle(method, request)
        if fault.kind in {"status", "drop"}:
            raise _refusal(fault)
        if fault.kind == "delay":
            await self._hold(method, fault)
        try:
            answer = await self._handle(method, request)
        finally:
            if fault.kind == "late":
                await self._hold(method, fault)
        if fault.kind == "drop_after":
            raise _refusal(fault)
        return answer

    async def _hold(self, method: table.Method, fault: PlannedFault) -> None:
        self._sandbox.faults.hold(method.name)
        await asyncio.sleep(fault.seconds)

    async def _handle(self, method: table.Method, request: Any) -> Any:
        with admission.asked(method.name, subjects.fault_beside(request)):
            return await self._handled(method, request)

    async def _handled(self, method: table.Method, request: Any) -> Any:
        if method.name == "Operations.WaitOperation":
            return await self._wait(request)
        handler = self._handlers.get(method.name)
        if handler is None:
            known = method.request is not None
            raise Refusal(
                Code.UNIMPLEMENTED,
                ("known but not emulated: " if known else "no such method: ") + method.path,
            )
        return handler(request)

    async def _wait(self, request: Any) -> Any:
        """Hold the call until the operation has ended or the caller's patience has."""
        operation = self._sandbox.operations.admitted(request.name)
        if self._sandbox.behaviour.early_waits:
            # Waiting is by best effort: https://google.aip.dev/151 and operations.proto, WaitOperation.
            self._sandbox.behaviour.early_waits -= 1
            return operation.message()
        ended = asyncio.Event()
        operation.when_done(lambda: _tell(self._loop, ended))
        try:
            await asyncio.wait_for(ended.wait(), patience(request))
        except TimeoutError:
            return operation.message()
        return operation.message()


def _tell(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(ended.set)


def _refusal(fault: PlannedFault) -> Refusal:
    if fault.kind != "status":
        return Refusal(Code.UNAVAILABLE, fault.message or _RESET)
    if fault.status not in _CODES:
        raise ValueError(f"{fault.status!r} is no gRPC status; there are {', '.join(_CODES)}")
    message = fault.message or f"{fault.status}: a planned fault"
    if not fault.seconds:
        return Refusal(_CODES[fault.status], message, *fault.details)
    # How long to wait is a detail of the status: google/rpc/error_details.proto, RetryInfo.
    delay = duration_pb2.Duration()
    delay.FromTimedelta(timedelta(seconds=fault.seconds))
    return Refusal(
        _CODES[fault.status], message, error_details_pb2.RetryInfo(retry_delay=delay), *fault.details
    )
