"""The ASGI application: the door, the pages, health; and for the other half of a `servergem serve` the hatch.

The door opens before the rest of the house is awake: Google's, GitHub's and the engine's libraries are loaded in a
thread, while deliveries are already being stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from app import door
from app.process import hatch
from app.process.hatch import Between
from app.process.house import House
from app.process.role import Role
from app.settings import Settings
from app.telemetry import log, metrics, scrape, trace

WIRING_SECONDS = 30.0  # how long a page may wait for the rest of the house


def create_app(settings: Settings, role: Role = Role.SERVE, between: Between | None = None) -> Starlette:
    """The ASGI application; its store opens with its lifespan. A worker has health pages and no other.

    `between` is what it shares with its other half; a worker that has one answers the door and nobody else.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log.set_up(settings.log_format, settings.secrets())
        try:
            trace.set_up(settings)
        except trace.CannotTrace as missing:
            log.warning("traces.off", why=str(missing))
        house = House(settings, role, between)
        app.state.house, app.state.store = house, house.store
        house.open()
        log.fact("door.open", role=role.value)
        yield
        await run_in_threadpool(house.close)

    health = [
        Route("/health", _health, methods=["GET"]),
        Route("/readyz", _readyz, methods=["GET"]),
        Route("/metrics", scrape.scrape, methods=["GET"]),
    ]
    door_and_pages = [Route("/webhook", door.webhook, methods=["POST"]), *health, Mount("/", app=_pages)]
    behind = hatch.routes(_answers, _counted) if between else health
    app = Starlette(lifespan=lifespan, routes=door_and_pages if role.receives else behind)
    app.router.redirect_slashes = False  # it would be sent to under whatever name it came
    return app


def _answers(request: Request) -> dict[str, Any]:
    house: House = request.app.state.house
    return {name: asdict(answer) for name, answer in house.readiness.answers().items()}


def _counted(request: Request) -> str:
    return metrics.instruments().text(scrape.standing(request.app.state.house)).decode()


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _readyz(request: Request) -> Response:
    """Whether a push would be deployed: 200 or 503; what is missing and why only operators are told."""
    house: House = request.app.state.house
    answers = await run_in_threadpool(house.readiness.answers)
    ready = all(answer.ok for answer in answers.values())
    told = answers if await run_in_threadpool(house.tells, request) else {}
    parts = {name: {"ok": answer.ok, "why": answer.why} for name, answer in told.items()}
    return JSONResponse({"ready": ready, **parts}, status_code=200 if ready else 503)


async def _pages(scope: Scope, receive: Receive, send: Send) -> None:
    """The web pages, which wake up after the door; whoever comes earlier waits a moment."""
    house: House = scope["app"].state.house
    if not house.wired.is_set():
        await asyncio.to_thread(house.wired.wait, WIRING_SECONDS)
    if (site := await run_in_threadpool(house.site)) is None:
        words = "ServerGem did not start; its log says why.\n" if house.broken else "ServerGem is starting.\n"
        await PlainTextResponse(words, 503)(scope, receive, send)
        return
    await site(scope, receive, send)
