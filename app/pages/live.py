"""Live pages: server-sent events that bring the parts of a page as they change, and a log line by line.

https://html.spec.whatwg.org/multipage/server-sent-events.html. Each look asks anew whether the visitor is still signed
in and may read; a stream ends after MOST_SECONDS, and the browser comes again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.github.errors import GitHubError
from app.pages.asked import number, store_of
from app.pages.deployment import deployment_parts, shown
from app.pages.held_open import HeldOpen, signed_out
from app.pages.home import home_parts
from app.pages.log_lines import SHOWN_LINES, html, lines
from app.pages.printed_line import Printed
from app.pages.service import service_parts
from app.store import StoreError
from app.telemetry import log

MOST_SECONDS = 300.0
LOOK_SECONDS = 1.0
HEADERS = {"x-accel-buffering": "no"}  # nginx hands each event on at once: ngx_http_proxy_module
AGAIN = "retry: 2000\n\n"

Parts = dict[str, str]


@dataclass(frozen=True)
class News:
    """What one look has found; `over` when there will be no more."""

    parts: Parts = field(default_factory=dict)
    lines: tuple[Printed, ...] = ()
    last: int = 0
    over: bool = False


Look = Callable[[Request, int], Awaitable[News]]


@dataclass
class Streams:
    """The live pages of this process."""

    open: HeldOpen = field(default_factory=HeldOpen)

    def routes(self) -> list[Route]:
        return [
            Route("/live/", self._of(_home)),
            Route("/live/services/{lane:path}", self._of(_service)),
            Route("/live/deployments/{id}", self._of(_deployment)),
        ]

    def _of(self, look: Look) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if not self.open.has_room(request):
                return PlainTextResponse(
                    "Too many pages are live at the moment; reload to see what is new.\n", 503
                )
            request.scope["state"]["stream"] = True
            return StreamingResponse(
                self._told(request, look), media_type="text/event-stream", headers=HEADERS
            )

        return endpoint

    async def _told(self, request: Request, look: Look) -> AsyncIterator[str]:
        with self.open.held(request):
            try:
                yield AGAIN
                async for event in _events(request, look):
                    yield event
            except (GitHubError, StoreError) as error:
                log.fault("live.ended", error)  # the browser comes again


async def _events(request: Request, look: Look) -> AsyncIterator[str]:
    known: Parts = {}
    last, until = _last_seen(request), time.monotonic() + MOST_SECONDS
    while time.monotonic() < until and not await request.is_disconnected():
        if await run_in_threadpool(signed_out, request):
            return
        news = await look(request, last)
        for name, inside in news.parts.items():
            if known.get(name) != inside:
                yield _event("part", {"id": name, "html": inside})
        known |= news.parts
        if news.lines:
            last = news.last
            yield _event("log", {"last": last, "html": html(news.lines)}, last)
        if news.over:
            yield _event("over", {})
            return
        if len(news.lines) < SHOWN_LINES:
            yield ": here\n\n"
            await asyncio.sleep(LOOK_SECONDS)


def _event(name: str, words: dict[str, object], id_: int | None = None) -> str:
    told = f"id: {id_}\n" if id_ is not None else ""
    return f"event: {name}\n{told}data: {json.dumps(words)}\n\n"


def _last_seen(request: Request) -> int:
    """The last line that the browser has: as it says itself when it comes again, else as its page says."""
    again = request.headers.get("last-event-id", "")
    return (
        int(again) if again.isascii() and again.isdigit() and len(again) < 10 else number(request, "after", 0)
    )


async def _home(request: Request, _last: int) -> News:
    return News(await home_parts(request))


async def _service(request: Request, _last: int) -> News:
    parts = await service_parts(request)
    return News(parts or {}, over=parts is None)


async def _deployment(request: Request, last: int) -> News:
    found = await shown(request)
    if found is None:
        return News(over=True)
    history, id_ = store_of(request).history, found.listed.id
    new = await run_in_threadpool(lines, history, id_, last + 1, SHOWN_LINES)
    over = not found.goes_on and len(new) < SHOWN_LINES
    return News(await deployment_parts(request, found), new, last + len(new), over)
