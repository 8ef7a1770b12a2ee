"""GitHub on one loopback port: git, REST, archives and pages, with faults and latency as they are planned."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.faults import Faults, PlannedFault
from sandbox.github import pages, rest_sources
from sandbox.github.git_door import GitDoor
from sandbox.github.methods import find
from sandbox.github.people import People
from sandbox.github.records import AppFacts
from sandbox.github.rest import Asked, Rest
from sandbox.github.shapes import Shapes
from sandbox.github.sign_in import Authorizations
from sandbox.github.site import Site
from sandbox.github.smart_http import base_of
from sandbox.github.state import Hub
from sandbox.github.tokens import Tokens
from sandbox.github.webhooks import Deliveries
from sandbox.github.words import Json
from sandbox.record import Recorder
from sandbox.spans import Spans

VERBS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
# As a GitHub Enterprise Server has it, too: https://docs.github.com/enterprise-server/rest/quickstart
SERVER_API = "/api/v3"
API = ("/app", "/app-manifests", "/installation", "/repos", "/repositories", "/rate_limit", SERVER_API)
ARCHIVE = "GET /{owner}/{repo}/legacy.tar.gz/{ref}"


class GitHubSandbox(People):
    """`start()`, then `url` is GitHub's address for everything.

    `webhook_url`, `latency` (seconds added to each REST call) and `hub.granted` (the installation's
    permissions) may change while it runs; `calls` counts by method, `deliveries` holds and shuffles webhooks.
    What people do there by hand is in `People`.
    """

    def __init__(
        self,
        root: Path,
        *,
        app_manifest: Path | None,
        webhook_url: str | None,
        webhook_secret: str,
        app_id: str,
        public_key_pem: str,
        faults: Faults | None = None,
        record: Path | None = None,
        latency: float = 0.0,
    ) -> None:
        self.latency = latency
        self.faults = faults or Faults()
        self.calls: Counter[str] = Counter()
        self.spans = Spans()
        self.url = ""
        self.recorder = Recorder(record)
        facts = AppFacts.read(app_manifest, app_id) if app_manifest else AppFacts.none()
        self.tokens = Tokens(facts.id, public_key_pem)
        self.deliveries = Deliveries(webhook_url or "", webhook_secret, facts.id, self.recorder)
        self.hub = Hub(root, facts, self.tokens, self.deliveries)
        self.rest = Rest(self.hub, self.tokens)
        self.authorizations = Authorizations(Site(self.hub))
        self._lock = threading.Lock()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.app = Starlette(routes=self._routes())

    def _routes(self) -> list[Route]:
        api = [Route(at + rest, self._rest, methods=VERBS) for at in API for rest in ("", "/{rest:path}")]
        user = [Route(at + "/user", self.authorizations.user, methods=["GET"]) for at in ("", SERVER_API)]
        archive = Route("/_codeload/{owner}/{name}/legacy.tar.gz/{ref:path}", self._archive)
        git_routes = GitDoor(self.hub, self.tokens).routes()
        return [*user, *api, archive, *self.authorizations.routes(), *git_routes, *pages.routes(self.hub)]

    @property
    def webhook_url(self) -> str:
        return self.deliveries.address

    @webhook_url.setter
    def webhook_url(self, address: str | None) -> None:
        self.deliveries.address = address or ""

    def start(self, port: int = 0) -> str:
        """Listen; port 0 is any free one."""
        config = uvicorn.Config(
            self.app,
            "127.0.0.1",
            port,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, name="sandbox-github", daemon=True)
        self._thread.start()
        while not server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox's GitHub did not start")
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        self.deliveries.start()
        return self.url

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(5)
            self.deliveries.stop()
        self.recorder.close()

    def clone_url(self, full_name: str) -> str:
        return f"{self.url}/{full_name}.git"

    def check_runs(self, full_name: str, sha: str | None = None) -> list[Json]:
        """Newest first, as the REST API shows them."""
        shapes = Shapes(self.url, self.hub)
        return [shapes.check_run(run) for run in self.hub.runs_of(self.hub.of(full_name), sha)]

    def annotations(self, check_run_id: int) -> list[Json]:
        return list(self.hub.runs[check_run_id].annotations)

    def github_deployments(self, full_name: str) -> list[Json]:
        """Newest first, each with the states it went through, oldest first."""
        shapes = Shapes(self.url, self.hub)
        found = self.hub.deployments_of(self.hub.of(full_name))
        return [{**shapes.deployment(d), "states": [status.state for status in d.statuses]} for d in found]

    async def _rest(self, request: Request) -> Response:
        target = request.scope["raw_path"].decode("latin-1").removeprefix(SERVER_API)
        query = request.scope["query_string"].decode("latin-1")
        asked = Asked(
            request.method,
            f"{target}?{query}" if query else target,
            dict(request.headers),
            await request.body(),
        )
        found = find(asked.verb, asked.path)
        name = found.method.name if found else f"{asked.verb} {asked.path}"
        with self.spans.of(name):
            return await self._answered(request, asked, name)

    async def _answered(self, request: Request, asked: Asked, name: str) -> Response:
        fault = await self._arrived(name)
        if fault and fault.kind == "drop":
            return self._lost(request, asked)
        if fault and fault.kind == "status":
            status = int(fault.status) if fault.status.isdecimal() else 503
            answer = self.rest.refuse(asked, status, fault.message, fault.seconds)
        else:
            answer = await run_in_threadpool(self.rest.answer, asked, base_of(request))
        if fault and fault.kind == "late":
            await self._hold(name, fault)
        if fault and fault.kind == "drop_after":
            return self._lost(request, asked)
        body = answer.encoded()
        headers = {**answer.headers, "content-type": answer.content_type}
        self.recorder.exchange(
            asked.verb,
            asked.target,
            request_headers=asked.headers,
            request_body=asked.body,
            status=answer.status,
            response_headers=headers,
            response_body=body,
        )
        if answer.body is None and answer.status != 302:
            headers.pop("content-type")
        return Response(body, answer.status, headers)

    async def _arrived(self, name: str) -> PlannedFault | None:
        """Count the call, take its fault, and let the wire's time pass."""
        with self._lock:
            self.calls[name] += 1
        fault = self.faults.take(name)
        if self.latency:
            await asyncio.sleep(self.latency)
        if fault and fault.kind == "delay":
            await self._hold(name, fault)
        return fault

    async def _hold(self, name: str, fault: PlannedFault) -> None:
        self.faults.hold(name)
        await asyncio.sleep(fault.seconds)

    def _lost(self, request: Request, asked: Asked) -> Response:
        self.recorder.exchange(
            asked.verb, asked.target, request_headers=asked.headers, request_body=asked.body
        )
        return _Lost(request)

    async def _archive(self, request: Request) -> Response:
        with self.spans.of(ARCHIVE):
            return await self._archived(request)

    async def _archived(self, request: Request) -> Response:
        fault = await self._arrived(ARCHIVE)
        if fault and fault.kind.startswith("drop"):
            return _Lost(request)
        if fault and fault.kind == "status":
            return PlainTextResponse(
                "codeload: outage", int(fault.status) if fault.status.isdecimal() else 503
            )
        repo = self.hub.find(request.path_params["owner"], request.path_params["name"])
        key = request.query_params.get("token", "")
        if repo is None or (repo.private and not self.hub.archive_keys.opens(key, repo)):
            return PlainTextResponse("404: Not Found", 404)
        answer = await run_in_threadpool(rest_sources.archive, repo, request.path_params["ref"])
        if answer is None or answer.stream is None:
            return PlainTextResponse("404: Not Found", 404)
        return StreamingResponse(
            answer.stream, answer.status, dict(answer.headers), media_type=answer.content_type
        )


class _Lost(Response):
    """No answer: the connection is reset, as a broken one is."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # ASGI has no word for it; uvicorn's own cycle, whose method `receive` is, knows the socket.
        cast("Any", self._request.receive).__self__.transport.abort()
