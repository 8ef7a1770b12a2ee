"""The door: webhooks in, pages and health out; everything is wired here, once.

The door opens before the rest of the house is awake: Google's, GitHub's and the engine's libraries are loaded in a
thread, while deliveries are already being stored.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

import handlers
from app import log
from app.delivery import MAX_BODY_BYTES, Refused, verify
from app.model import (
    Delivery,
    Deploy,
    Ending,
    Farewell,
    Group,
    Ignore,
    Job,
    Press,
    Review,
    Said,
    Welcome,
)
from app.redaction import redact
from app.settings import BadSettings, Settings, load
from app.store import Store, StoreError

if TYPE_CHECKING:
    from app.deployment import World
    from app.durable import Engine
    from app.sweep import Sweep

READY_SECONDS = 10.0  # how long an answer of /readyz is kept
WIRING_SECONDS = 30.0  # how long a page may wait for the rest of the house
PAUSE_SECONDS = 1.0  # before deliveries are tried again whose stories could not be started
# Which story a job starts.
STORIES: dict[type, str] = {
    Deploy: "push",
    Review: "review",
    Press: "press",
    Said: "said",
    Group: "group",
    Welcome: "welcome",
    Farewell: "farewell",
}
ABANDONED = "ServerGem was updated while this ran; re-run this check"


@dataclass(frozen=True)
class Answer:
    """One part of /readyz."""

    ok: bool
    why: str = ""


class House:
    """What stands behind the door; `wire` brings it up beside the open door."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store.open(settings.data, settings.database_url)
        self.world: World | None = None
        self.engine: Engine | None = None
        self.sweep: Sweep | None = None
        self.pages = Router()
        self.wired = threading.Event()
        self.news = threading.Event()
        self.broken = ""
        self._stopping = threading.Event()
        self._checked_at = 0.0
        self._checked: dict[str, Answer] = {}
        self._checking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Start nothing more; whatever is under way is continued by the next process."""
        self._stopping.set()
        self.news.set()
        self._thread.join()
        if self.sweep:
            self.sweep.close()
        if self.engine:
            self.engine.shutdown()
        if self.world:
            self.world.outbox.close()
        self.store.close()

    def ready(self) -> dict[str, Answer]:
        """Whether each thing that we need answers; asked of GitHub and Google once in ten seconds at most."""
        with self._checking:
            if not self._checked or time.monotonic() - self._checked_at > READY_SECONDS:
                self._checked = {
                    "store": self._check_store(),
                    "github": self._check_github(),
                    "google": self._check_google(),
                }
                self._checked_at = time.monotonic() if self.wired.is_set() else 0.0
            return self._checked

    def _run(self) -> None:
        try:
            self._wire()
        except Exception as error:  # noqa: BLE001 - /readyz says so; deliveries are stored all the same
            self.broken = f"{type(error).__name__}: {redact(str(error))}"
            log.fault("door.not_wired", error)
            self.wired.set()
            return
        self.wired.set()
        log.fact("door.wired")
        self._dispatch()

    def _wire(self) -> None:
        """Load and connect everything that is too heavy for the door."""
        from app import pages
        from app.conversation import stories
        from app.deployment import World
        from app.durable import Engine
        from app.sweep import Sweep

        self.pages.routes.extend(pages.routes())
        self.world = World.build(self.settings, self.store)
        engine = Engine(self.settings, self.store, self._abandoned)
        for name, (function, argument_type) in stories(self.world).items():
            engine.story(name, function, argument_type)
        engine.launch()
        self.engine = engine
        self.world.outbox.take_up()
        self.sweep = Sweep(self.world, engine.start)
        self.sweep.open()

    def _abandoned(self, run_id: str) -> None:
        """Close the check run of a deployment that an older version began and this one cannot continue."""
        from app.report import ended

        log.warning("run.abandoned", run=run_id, reason=ABANDONED)
        report = self.store.report(run_id)
        if report is None or report.ending is not None:
            return
        self.store.deployment_abandoned(run_id, ended(report, Ending.INTERRUPTED, ABANDONED))
        if self.world is not None:
            self.world.outbox.take_up()

    def _dispatch(self) -> None:
        """Start the stories of every delivery that has none, as they come and after a restart."""
        while not self._stopping.is_set():
            self.news.clear()
            started = self._start_all()
            if not started:
                self.news.wait(PAUSE_SECONDS if started is None else None)

    def _start_all(self) -> int | None:
        """How many deliveries were seen to; None when some have to be tried again in a while."""
        try:
            waiting = self.store.unstarted()
            for delivery in waiting:
                if self._stopping.is_set():
                    break
                self.store.mark(delivery.id, self._start(delivery))
        except Exception as error:  # noqa: BLE001 - the database may be away; the deliveries stay unstarted
            log.fault("dispatch.failed", error)
            return None
        return len(waiting)

    def _start(self, delivery: Delivery) -> str:
        """The delivery's outcome, in words for `/explain`."""
        outcomes = []
        for number, job in enumerate(_route(delivery)):
            if isinstance(job, Ignore):
                outcomes.append(job.reason)
                continue
            assert self.engine is not None
            workflow_id = f"delivery:{delivery.id}:{number}"
            self.engine.start(STORIES[type(job)], workflow_id, job)
            outcomes.append(f"started {workflow_id}")
        outcome = "; ".join(outcomes) or "nothing to do"
        log.fact("delivery.dispatched", delivery=delivery.id, github_event=delivery.event, outcome=outcome)
        return outcome

    def _check_store(self) -> Answer:
        return _answer(self.store.ping)

    def _check_github(self) -> Answer:
        world = self.world
        return _answer(world.github.app) if world else self._asleep()

    def _check_google(self) -> Answer:
        if (world := self.world) is None:
            return self._asleep()
        from gcp import resource_manager

        return _answer(lambda: resource_manager.get_project(world.google, self.settings.google_project))

    def _asleep(self) -> Answer:
        return Answer(False, self.broken or "ServerGem is starting")


def create_app(settings: Settings) -> Starlette:
    """The ASGI application; its store opens with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log.set_up(settings.log_format, settings.secrets())
        house = House(settings)
        app.state.house, app.state.store = house, house.store
        house.open()
        log.fact("door.open")
        yield
        await run_in_threadpool(house.close)

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/webhook", _webhook, methods=["POST"]),
            Route("/healthz", _healthz, methods=["GET"]),
            Route("/readyz", _readyz, methods=["GET"]),
            Mount("/", app=_pages),
        ],
    )


async def _webhook(request: Request) -> Response:
    """Store first, answer 202, then work. GitHub waits ten seconds and does not come again by itself."""
    house: House = request.app.state.house
    try:
        body = await _body(request)
        delivery = verify(request.headers, body, house.settings.github_webhook_secret)
        ignored = _reason_to_ignore(delivery)
        new = await house.store.accept(delivery, time.time())
    except Refused as refused:
        log.warning("delivery.refused", status=refused.status, reason=refused.reason)
        return JSONResponse({"reason": refused.reason}, status_code=refused.status)
    except StoreError as error:
        log.fault("delivery.not_stored", error)
        return JSONResponse({"reason": "The delivery could not be stored; redeliver it."}, status_code=503)
    except ClientDisconnect:
        return Response(status_code=400)
    if new:
        house.news.set()
    outcome = (ignored or "accepted") if new else "duplicate"
    return JSONResponse({"delivery": delivery.id, "outcome": outcome}, status_code=202)


async def _body(request: Request) -> bytes:
    """The body, given up as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large() -> Refused:
    return Refused(413, f"The body has more than {MAX_BODY_BYTES} bytes, which GitHub never sends.")


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _readyz(request: Request) -> Response:
    """Whether a push would be deployed: 200, or 503 with what is missing and why."""
    house: House = request.app.state.house
    answers = await run_in_threadpool(house.ready)
    ready = all(answer.ok for answer in answers.values())
    parts = {name: {"ok": answer.ok, "why": answer.why} for name, answer in answers.items()}
    return JSONResponse({"ready": ready, **parts}, status_code=200 if ready else 503)


async def _pages(scope: Scope, receive: Receive, send: Send) -> None:
    """The web pages, which wake up after the door; whoever comes earlier waits a moment."""
    house: House = scope["app"].state.house
    if not house.wired.is_set():
        await asyncio.to_thread(house.wired.wait, WIRING_SECONDS)
    if house.broken:
        await PlainTextResponse(f"ServerGem did not start: {house.broken}\n", 503)(scope, receive, send)
        return
    await house.pages(scope, receive, send)


def _reason_to_ignore(delivery: Delivery) -> str:
    """Why a delivery starts nothing, for its sender; Refused when it is not what GitHub documents."""
    jobs = _route(delivery)
    reasons = [job.reason for job in jobs if isinstance(job, Ignore)]
    return "; ".join(reasons) if len(reasons) == len(jobs) else ""


def _route(delivery: Delivery) -> tuple[Job, ...]:
    """The delivery's jobs; one that breaks a handler is stored and must not hold up those behind it."""
    try:
        return handlers.route(delivery)
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - logged whole, and said in the list of deliveries
        log.fault("delivery.not_read", error, delivery=delivery.id, github_event=delivery.event)
        return (Ignore(f"ServerGem could not read it: {type(error).__name__}"),)


def _answer(question: Callable[[], object]) -> Answer:
    """Ask; an exception is the answer no."""
    try:
        question()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is the reason shown
        return Answer(False, redact(f"{type(error).__name__}: {error}"))
    return Answer(True)


class _FromEnvironment:
    """`uvicorn app.main:app`: the settings are read when the server starts, not when this is imported."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            try:
                self._app = create_app(load(os.environ))
            except BadSettings as error:
                # Raised, it would count as "no lifespan", and uvicorn would serve errors for ever.
                await receive()
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
        await self._app(scope, receive, send)


app = _FromEnvironment()
