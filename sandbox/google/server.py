"""Google Cloud on two loopback ports: one gRPC server for all APIs, one HTTP server for Cloud Storage."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format

from sandbox.faults import Faults, PlannedFault
from sandbox.google import table
from sandbox.google.artifact_registry import ArtifactRegistry
from sandbox.google.calls import Calls
from sandbox.google.cloud_build import CloudBuild
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.cloud_run import CloudRun
from sandbox.google.errors import Code, Refusal
from sandbox.google.iam import Iam, SecretManager
from sandbox.google.jobs import Jobs
from sandbox.google.operations import Operations, patience, pb
from sandbox.google.ports import Builder, Runner
from sandbox.google.projects import ResourceManager
from sandbox.google.revisions import Revisions
from sandbox.google.service_usage import ServiceUsage
from sandbox.google.state import DEPLOY_APIS, Behaviour, Member, Project, Projects
from sandbox.google.storage import Storage
from sandbox.google.storage_http import StorageServer

_RESET = "recvmsg:Connection reset by peer"
_CODES = {code.name: code for code in Code}
_LARGEST_MESSAGE = 64 << 20


class GoogleSandbox:
    """Google Cloud for the real clients: `start()`, then `grpc_address` and `storage_url` are where it answers.

    `behaviour` and `latency` may change while it runs; `faults` plans what goes wrong, `calls` counts.
    """

    def __init__(
        self,
        root: Path,
        runner: Runner,
        builder: Builder,
        *,
        faults: Faults | None = None,
        propagation: float = 0.0,
        log_lag: float = 0.0,
        startup_timeout: float = 10.0,
        latency: float = 0.0,
        record: Path | None = None,
        parallel_builds: int = 8,
    ) -> None:
        self.behaviour = Behaviour(propagation, log_lag, startup_timeout)
        self.faults = faults or Faults()
        self.calls = Calls(record)
        self.latency = latency
        self.grpc_address = ""
        self.storage_url = ""
        self.projects = Projects(root, self.behaviour)
        self.operations = Operations()
        self.logging = CloudLogging(self.projects)
        self.storage = Storage(root / "storage", self.projects)
        self.registry = ArtifactRegistry(self.projects, self.operations)
        self.secrets = SecretManager(self.projects)
        self.builds = CloudBuild(
            self.projects,
            self.operations,
            self.logging,
            self.storage,
            self.registry,
            builder,
            parallel_builds,
        )
        revisions = Revisions(self.projects, self.logging, self.registry, self.secrets, runner)
        self.run = CloudRun(self.projects, self.operations, revisions, runner)
        self.jobs = Jobs(self.projects, self.operations, self.logging, revisions, runner)
        self._storage_server = StorageServer(self.storage, self.faults, self.calls, lambda: self.latency)
        self._door = _Door(self)

    def start(self, grpc_port: int = 0, storage_port: int = 0) -> None:
        """Listen; port 0 is any free one."""
        self.grpc_address = self._door.start(grpc_port)
        self.storage_url = self._storage_server.start(storage_port)

    def stop(self) -> None:
        """Cancel what still builds, close both ports."""
        self.builds.stop()
        self.run.stop()
        self.jobs.stop()
        self._door.stop()
        self._storage_server.stop()
        self.calls.close()

    def handlers(self) -> dict[str, Callable[[Any], Any]]:
        """Every emulated method by its short name."""
        handlers: dict[str, Callable[[Any], Any]] = {
            "Operations.GetOperation": self.operations.get,
            "Operations.CancelOperation": self.operations.cancel,
            "Operations.DeleteOperation": self.operations.delete,
        }
        products = (
            ResourceManager(self.projects),
            ServiceUsage(self.projects, self.operations),
            Iam(self.projects),
            self.secrets,
            self.registry,
            self.logging,
            self.builds,
            self.run,
            self.jobs,
        )
        for product in products:
            handlers |= product.methods()
        return handlers

    # -- projects

    def project(self, project_id: str) -> Project:
        """A fresh project: its APIs of deploying off, no repository, no bucket."""
        return self.projects.add(project_id)

    def provisioned_project(
        self, project_id: str, region: str = "europe-west1", repository: str = "servergem"
    ) -> Project:
        """A project in which somebody deployed before: APIs on, the repository there."""
        project = self.projects.add(project_id)
        for api in DEPLOY_APIS:
            project.apis.setdefault(api, 0.0)
        self.registry.put_repository(f"projects/{project_id}/locations/{region}/repositories/{repository}")
        return project

    def revoke(self, project: str, permission: str, member: Member = "deployer") -> None:
        """The member does not hold the permission in the project any more."""
        self.projects.known(project).revoked.setdefault(member, set()).add(permission)

    def grant(self, project: str, permission: str, member: Member = "deployer") -> None:
        """The member holds the permission again."""
        self.projects.known(project).revoked.get(member, set()).discard(permission)

    def disable(self, project: str, api: str) -> None:
        """Switch an API off."""
        self.projects.known(project).apis.pop(api, None)

    def set_billing(self, project: str, enabled: bool) -> None:
        self.projects.known(project).billing = enabled

    def service_account(self, project: str, account_id: str) -> str:
        """Make a service account; its e-mail address."""
        account = f"{account_id}@{project}.iam.gserviceaccount.com"
        self.projects.known(project).service_accounts.add(account)
        return account


class _Door(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic only in the stubs
    """The gRPC server, on an event loop in a thread of its own: waiting calls cost no thread."""

    def __init__(self, sandbox: GoogleSandbox) -> None:
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
            started = time.perf_counter()
            self._sandbox.calls.arrived(method.name)
            request = method.read(raw) if method.request is not None else None
            try:
                with self._sandbox.calls.spans.of(method.name):
                    answer = table.write(await self._answer(method, request))
            except Refusal as refusal:
                self._note(method, request, refusal.code.name, started)
                trailer = (("grpc-status-details-bin", refusal.status().SerializeToString()),)
                await context.abort(refusal.code, refusal.message, trailer if refusal.details else ())
                raise
            self._note(method, request, "OK", started)
            return answer

        return call

    def _note(self, method: table.Method, request: Any, status: str, started: float) -> None:
        """Write the call down before it is answered, so that who has the answer finds the line."""
        calls = self._sandbox.calls
        if calls.recording:
            written = json_format.MessageToDict(pb(request)) if request is not None else None
            calls.answered(method.name, written, status, time.perf_counter() - started)

    async def _answer(self, method: table.Method, request: Any) -> Any:
        fault = self._sandbox.faults.take(method.name)
        wait = self._sandbox.latency + (fault.seconds if fault else 0.0)
        if wait:
            await asyncio.sleep(wait)
        if fault is not None and fault.kind in {"status", "drop"}:
            raise _refusal(fault)
        answer = await self._handle(method, request)
        if fault is not None and fault.kind == "drop_after":
            raise _refusal(fault)
        return answer

    async def _handle(self, method: table.Method, request: Any) -> Any:
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
        operation = self._sandbox.operations.find(request.name)
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
    return Refusal(_CODES[fault.status], fault.message or f"{fault.status}: a planned fault")
