"""The house: door, pages, health and the work behind them; everything is wired here, once.

The door opens before the rest of the house is awake: Google's, GitHub's and the engine's libraries are loaded in a
thread, while deliveries are already being stored.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from app import door, log, metrics, scrape, trace
from app.dispatcher import LOOK_AGAIN, Dispatcher
from app.readiness import NotYet, Question, Readiness
from app.redaction import redact
from app.role import Role
from app.settings import Settings
from app.store import Store

if TYPE_CHECKING:
    from app.durable import Engine
    from app.github import GitHub
    from app.open_checks import OpenChecks
    from app.pages.guard import Guard
    from app.sweep import Sweep
    from app.world import World

WIRING_SECONDS = 30.0  # how long a page may wait for the rest of the house


class House:
    """What stands behind the door; `wire` brings it up beside the open door."""

    def __init__(self, settings: Settings, role: Role) -> None:
        self.settings, self.role = settings, role
        self.store = Store.open(settings.data, settings.database_url)
        self.github: GitHub | None = None
        self.world: World | None = None
        self.engine: Engine | None = None
        self.sweep: Sweep | None = None
        self.open_checks: OpenChecks | None = None
        self.pages: Guard | None = None
        self.wired = threading.Event()
        self.dispatcher = Dispatcher(self.store, look_again=LOOK_AGAIN if settings.database_url else None)
        self.bodies = door.Bodies()
        self.refusals = door.Refusals()
        self.broken = ""
        self.readiness = Readiness(self._questions, self.wired.is_set)
        self._thread = threading.Thread(target=self._run, name="house", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Start nothing more; whatever is under way is continued by the next process."""
        self.dispatcher.stop()
        self._thread.join()
        if self.sweep:
            self.sweep.close()
        if self.open_checks:
            self.open_checks.close()
        if self.engine:
            self.engine.shutdown()
        if self.world:
            self.world.outbox.close()
            self.world.courier.close()
        elif self.github:
            self.github.close()
        self.store.close()
        trace.close()

    def tells(self, request: Request) -> bool:
        """Whether this request is an operator's, who may know what is wrong with us."""
        if self.settings.pages == "open":
            return True
        visitor = self.pages.visitor(request) if self.pages else None
        return visitor is not None and visitor.is_operator

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
        if self.engine:
            self.dispatcher.run(self.engine.begin)

    def _wire(self) -> None:
        """Load and connect everything that is too heavy for the door."""
        from app.world import github_of

        metrics.instruments()
        if self.role.works:
            self.world = self._begin_work()
            self.github = self.world.github
        else:
            self.github = github_of(self.settings)
        if self.role.receives:
            from app import pages
            from app.api import endpoints

            answers = endpoints.routes(self.settings, self.world)
            self.pages = pages.site(self.settings, self.store, self.github, self.world, answers)

    def _begin_work(self) -> World:
        """Go on with what was interrupted, and look around from now on."""
        from app.abandoned import abandoned
        from app.durable import ABANDONED, Abandoned, Engine
        from app.open_checks import OpenChecks
        from app.stories import STORIES
        from app.sweep import Sweep
        from app.world import World

        engine = Engine(self.settings, self.store)
        world = World.build(self.settings, self.store, engine)
        for name, story in STORIES.items():
            engine.story(name, partial(story.run, world), story.job)
        engine.story(ABANDONED, partial(abandoned, world), Abandoned)
        engine.launch()
        self.engine = engine
        world.outbox.take_up()
        world.courier.open()
        self.open_checks, self.sweep = OpenChecks(world), Sweep(world)
        self.open_checks.open()
        self.sweep.open()
        return world

    def _questions(self) -> dict[str, Question]:
        questions: dict[str, Question] = {"store": self.store.ping, "github": self._ask_github}
        return questions | ({"google": self._ask_google} if self.role.works else {"worker": self._ask_worker})

    def _ask_github(self) -> None:
        if self.github is None:
            raise self._asleep()
        self.github.app()

    def _ask_google(self) -> None:
        if self.world is None:
            raise self._asleep()
        from gcp import resource_manager

        resource_manager.get_project(self.world.google, self.settings.google_project)

    def _ask_worker(self) -> None:
        """A door alone deploys nothing."""
        from app.alive import leader

        if not leader(self.store.heartbeats.all(), self.settings.heartbeat, time.time()):
            raise NotYet("No worker is alive. Start one: servergem worker")

    def _asleep(self) -> NotYet:
        return NotYet(self.broken or "ServerGem is starting")


def create_app(settings: Settings, role: Role = Role.SERVE) -> Starlette:
    """The ASGI application; its store opens with its lifespan. A worker has health pages and no other."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log.set_up(settings.log_format, settings.secrets())
        try:
            trace.set_up(settings)
        except trace.CannotTrace as missing:
            log.warning("traces.off", why=str(missing))
        house = House(settings, role)
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
    return Starlette(lifespan=lifespan, routes=door_and_pages if role.receives else health)


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _readyz(request: Request) -> Response:
    """Whether a push would be deployed: 200 or 503; what is missing and why only operators are told."""
    house: House = request.app.state.house
    answers = await run_in_threadpool(house.readiness.answers)
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
