"""The house: door, pages and health; everything is wired here, once.

The door opens before the rest of the house is awake: Google's, GitHub's and the engine's libraries are loaded in a
thread, while deliveries are already being stored.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from app import door, log, metrics, scrape, trace
from app.dispatcher import Dispatcher
from app.redaction import redact
from app.settings import Settings
from app.store import Store

if TYPE_CHECKING:
    from app.durable import Engine
    from app.pages.guard import Guard
    from app.sweep import Sweep
    from app.world import World

READY_SECONDS = 10.0  # how long an answer of /readyz is kept
WIRING_SECONDS = 30.0  # how long a page may wait for the rest of the house


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
        self.pages: Guard | None = None
        self.wired = threading.Event()
        self.dispatcher = Dispatcher(self.store)
        self.bodies = door.Bodies()
        self.refusals = door.Refusals()
        self.broken = ""
        self._checked_at = 0.0
        self._checked: dict[str, Answer] = {}
        self._checking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="house", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Start nothing more; whatever is under way is continued by the next process."""
        self.dispatcher.stop()
        self._thread.join()
        if self.sweep:
            self.sweep.close()
        if self.engine:
            self.engine.shutdown()
        if self.world:
            self.world.outbox.close()
            self.world.courier.close()
        self.store.close()
        trace.close()

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

    def tells(self, request: Request) -> bool:
        """Whether this request is an operator's, who may know what is wrong with us."""
        if self.settings.pages == "open":
            return True
        visitor = self.pages.visitor(request) if self.pages else None
        return visitor is not None and visitor.is_operator

    def _run(self) -> None:
        try:
            engine = self._wire()
        except Exception as error:  # noqa: BLE001 - /readyz says so; deliveries are stored all the same
            self.broken = f"{type(error).__name__}: {redact(str(error))}"
            log.fault("door.not_wired", error)
            self.wired.set()
            return
        self.wired.set()
        log.fact("door.wired")
        self.dispatcher.run(engine.begin)

    def _wire(self) -> Engine:
        """Load and connect everything that is too heavy for the door."""
        metrics.instruments()
        from app import pages
        from app.abandoned import abandoned
        from app.durable import ABANDONED, Abandoned, Engine
        from app.stories import STORIES
        from app.sweep import Sweep
        from app.world import World

        engine = Engine(self.settings, self.store)
        self.world = World.build(self.settings, self.store, engine)
        self.pages = pages.site(self.settings, self.store, self.world.github)
        for name, story in STORIES.items():
            engine.story(name, partial(story.run, self.world), story.job)
        engine.story(ABANDONED, partial(abandoned, self.world), Abandoned)
        engine.launch()
        self.engine = engine
        self.world.outbox.take_up()
        self.world.courier.open()
        self.sweep = Sweep(self.world)
        self.sweep.open()
        return engine

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
        try:
            trace.set_up(settings)
        except trace.CannotTrace as missing:
            log.warning("traces.off", why=str(missing))
        house = House(settings)
        app.state.house, app.state.store = house, house.store
        house.open()
        log.fact("door.open")
        yield
        await run_in_threadpool(house.close)

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/webhook", door.webhook, methods=["POST"]),
            Route("/health", _health, methods=["GET"]),
            Route("/metrics", scrape.scrape, methods=["GET"]),
            Route("/readyz", _readyz, methods=["GET"]),
            Mount("/", app=_pages),
        ],
    )


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _readyz(request: Request) -> Response:
    """Whether a push would be deployed: 200 or 503; what is missing and why only operators are told."""
    house: House = request.app.state.house
    answers = await run_in_threadpool(house.ready)
    ready = all(answer.ok for answer in answers.values())
    told = answers if house.tells(request) else {}
    parts = {name: {"ok": answer.ok, "why": answer.why} for name, answer in told.items()}
    return JSONResponse({"ready": ready, **parts}, status_code=200 if ready else 503)


async def _pages(scope: Scope, receive: Receive, send: Send) -> None:
    """The web pages, which wake up after the door; whoever comes earlier waits a moment."""
    house: House = scope["app"].state.house
    if not house.wired.is_set():
        await asyncio.to_thread(house.wired.wait, WIRING_SECONDS)
    if house.pages is None:
        words = "ServerGem did not start; its log says why.\n" if house.broken else "ServerGem is starting.\n"
        await PlainTextResponse(words, 503)(scope, receive, send)
        return
    await house.pages(scope, receive, send)


def _answer(question: Callable[[], object]) -> Answer:
    """Ask; an exception is the answer no."""
    try:
        question()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is the reason shown
        return Answer(False, redact(f"{type(error).__name__}: {error}"))
    return Answer(True)
