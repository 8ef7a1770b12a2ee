"""Requests to services by host name, as Cloud Run's front end brings them: [TAG---]SERVICE[.REGION].localhost."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Belong to one connection and are not handed on: RFC 9110, 7.6.1.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-authorization"}
PAGES = {
    403: "<h1>Error: Forbidden</h1><h2>Your client does not have permission to get URL <code>{path}</code> from this"
    " server.</h2>",
    404: "<h1>Error: Page not found</h1><h2>The requested URL was not found on this server.</h2>",
}
# Never reach a container: https://cloud.google.com/run/docs/known-issues#reserved-url-paths; that /healthz is one
# of the "paths ending with z" was measured: https://github.com/kkdai/linebot-file/issues/5
RESERVED = ("/healthz", "/eventlog")
UNAVAILABLE = "The request failed because either the HTTP response was malformed or connection to the instance had an error."  # noqa: E501 - one line, as Cloud Run says it


class Router:
    """One loopback address; `find` says which port a host name and an authorization lead to.

    `left` hears of each port at which a request is over.
    """

    def __init__(self, find: Callable[[str, bool], int], left: Callable[[int], None]) -> None:
        self._find, self._left = find, left
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._client = httpx.AsyncClient(
            timeout=300,
            follow_redirects=False,
            trust_env=False,
            verify=False,  # noqa: S501 - containers on loopback speak plain HTTP
        )

    def start(self, port: int = 0) -> None:
        app = Starlette(routes=[Route("/{path:path}", self._pass, methods=METHODS)])
        self._server = uvicorn.Server(
            uvicorn.Config(app, "127.0.0.1", port, log_level="warning", server_header=False)
        )
        thread = threading.Thread(target=self._server.run, name="sandbox-router", daemon=True)
        thread.start()
        while not self._server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox's services have no address")
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server:
            self._server.should_exit = True

    async def _pass(self, request: Request) -> Response:
        if request.url.path in RESERVED or request.url.path.startswith("/_ah/"):
            return HTMLResponse(PAGES[404], 404)
        authorized = request.headers.get("authorization", "").lower().startswith("bearer ")
        port = await run_in_threadpool(self._find, request.headers.get("host", ""), authorized)
        if port == -503:
            return PlainTextResponse(UNAVAILABLE, 503)
        if port < 0:
            return HTMLResponse(PAGES[-port].format(path=request.url.path), -port)
        headers = [(k, v) for k, v in request.headers.raw if k.decode().lower() not in HOP_BY_HOP]
        wish = self._client.build_request(
            request.method,
            f"http://127.0.0.1:{port}{request.url.path}"
            + (f"?{request.url.query}" if request.url.query else ""),
            headers=headers,
            content=request.stream(),
        )
        try:
            answer = await self._client.send(wish, stream=True)
        except (httpx.HTTPError, ClientDisconnect):  # who was held may have gone by now
            self._left(port)
            return PlainTextResponse(UNAVAILABLE, 503)
        response = StreamingResponse(self._told(answer, port), answer.status_code)
        response.raw_headers = [(k, v) for k, v in answer.headers.raw if k.decode().lower() not in HOP_BY_HOP]
        return response

    async def _told(self, answer: httpx.Response, port: int) -> AsyncIterator[bytes]:
        """The body as it comes; however that ends, the request is over."""
        try:
            async for chunk in answer.aiter_raw():
                yield chunk
        finally:
            self._left(port)
            await answer.aclose()
