"""The house behind the door: store, engine, pages and what looks around; everything is wired here, once."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request

from app import door
from app.dispatcher import LOOK_AGAIN, Dispatcher
from app.glances import Glances
from app.process import hatch
from app.process.hatch import Away, Between, Hatch
from app.process.readiness import NotYet, Question, Readiness, Starting
from app.process.role import Role
from app.redaction import redact
from app.settings import Settings
from app.store import Store
from app.telemetry import log, metrics, trace

if TYPE_CHECKING:
    from app.durable import Engine
    from app.github import GitHub
    from app.pages.guard import Guard
    from app.rounds.open_checks import OpenChecks
    from app.rounds.sweep import Sweep
    from app.world import World


class House:
    """What stands behind the door; `wire` brings it up beside the open door."""

    def __init__(self, settings: Settings, role: Role, between: Between | None = None) -> None:
        self.settings, self.role, self.between = settings, role, between
        self.store = Store.open(settings.data, settings.database_url)
        self.world: World | None = None
        self.engine: Engine | None = None
        self.hatch: Hatch | None = None
        self.sweep: Sweep | None = None
        self.open_checks: OpenChecks | None = None
        self._github: GitHub | None = None
        self._site: Guard | None = None
        self._making = threading.RLock()
        self.wired = threading.Event()
        self.dispatcher = Dispatcher(self.store, look_again=LOOK_AGAIN if settings.database_url else None)
        self.bodies = door.Bodies()
        self.refusals = door.Refusals()
        self.broken = ""
        self.readiness = Readiness(self._questions)
        self._thread = threading.Thread(target=self._run, name="house", daemon=True)

    def open(self) -> None:
        if self.between and self.role.works:
            hatch.listen(self.between, self.dispatcher.tell)
        self._thread.start()

    def heard(self) -> None:
        """A delivery was stored: tell whoever starts its stories."""
        if self.between and not self.role.works:
            hatch.tell(self.between)
        else:
            self.dispatcher.tell()

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
        elif self._github:
            self._github.close()
        self.store.close()
        trace.close()

    def tells(self, request: Request) -> bool:
        """Whether this request is an operator's, who may know what is wrong with us."""
        if self.settings.pages == "open":
            return True
        site = self.site() if request.cookies else None  # who shows nothing is nobody, and wakes nothing
        visitor = site.visitor(request) if site else None
        return visitor is not None and visitor.is_operator

    def github(self) -> GitHub:
        """GitHub for who shows pages, made when it is first asked."""
        with self._making:
            if self._github is None:
                from app.github import GitHub

                self._github = self.world.github if self.world else GitHub.of(self.settings)
            return self._github

    def site(self) -> Guard | None:
        """The pages, loaded when somebody looks at one first; None while there is nothing behind them."""
        if self.broken or not (self.wired.is_set() and self.role.receives):
            return None
        with self._making:
            if self._site is None:
                from app import pages
                from app.api import endpoints

                begins = self.world or self.hatch
                answers = endpoints.routes(self.settings, begins)
                self._site = pages.site(self.settings, self.store, self.github(), begins, answers)
            return self._site

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
            self.dispatcher.run(self.engine.begin, self._glances())

    def _glances(self) -> Glances | None:
        """None where others dispatch too: what two start is one story, and what two look at is asked twice."""
        if self.world is None or self.settings.database_url:
            return None
        from app.stories.glance import glance, is_worth_a_glance

        worth, look = partial(is_worth_a_glance, self.world), partial(glance, self.world)
        return Glances(worth, look, self.dispatcher.tell)

    def _wire(self) -> None:
        """Load and connect everything that is too heavy for the door."""
        metrics.instruments()
        if self.role.works:
            self.world = self._begin_work()
        elif self.between:
            self.hatch = Hatch(self.between.hatch, self.store, self.github)

    def _begin_work(self) -> World:
        """Go on with what was interrupted, and look around from now on."""
        from app.durable import ABANDONED, Abandoned, Engine
        from app.rounds.abandoned import abandoned
        from app.rounds.open_checks import OpenChecks
        from app.rounds.sweep import Sweep
        from app.stories import STORIES
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
        if self.between and not self.role.works:
            # What the worker has asked is not asked twice, and needs no client of GitHub's here.
            return {
                "store": self.store.receives,
                "github": partial(self._ask_the_other_half, "github"),
                "google": partial(self._ask_the_other_half, "store", "google"),
            }
        questions: dict[str, Question] = {"store": self.store.ping, "github": self._ask_github}
        return questions | ({"google": self._ask_google} if self.role.works else {"worker": self._ask_worker})

    def _ask_the_other_half(self, *parts: str) -> None:
        if self.hatch is None:
            raise self._asleep()
        try:
            answers = self.hatch.readiness()
        except Away as away:
            raise Starting from away
        if any(answer["starting"] for answer in answers.values()):
            raise Starting
        if whys := [answers[part]["why"] for part in parts if not answers[part]["ok"]]:
            raise NotYet(whys[0])

    def _ask_github(self) -> None:
        if not self.wired.is_set() or self.broken:
            raise self._asleep()
        self.github().app()

    def _ask_google(self) -> None:
        """Whoever says that an API is off has answered; what a new project lacks is switched on by preflight."""
        if self.world is None:
            raise self._asleep()
        from gcp import resource_manager
        from gcp.errors import GoogleError

        try:
            resource_manager.get_project(self.world.google, self.settings.google_project)
        except GoogleError as error:
            if error.reason != "SERVICE_DISABLED" or not self.settings.enable_apis:
                raise

    def _ask_worker(self) -> None:
        """A door alone deploys nothing."""
        from app.process.alive import leader

        if not leader(self.store.heartbeats.all(), self.settings.heartbeat, time.time()):
            raise NotYet("No worker is alive. Start one: servergem worker")

    def _asleep(self) -> NotYet:
        return NotYet(self.broken) if self.broken else Starting()
