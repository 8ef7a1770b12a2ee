"""The dispatcher starts the stories of every stored delivery, one delivery at a time and each on its own.

Installations take turns, and of each the oldest delivery comes first: whoever sends two thousand holds up nobody else.

A delivery that cannot be started is tried again and holds up no other. After MOST_TRIES it is given up with the reason,
and a redelivery starts it anew. While the database is away nothing counts as a try.

A push that seems to deploy nothing is glanced at first (`app/glances.py`), and starts no story when that is so.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import handlers
from app.delivery import Refused
from app.glances import Glances
from app.model import Delivery, HearComment, Ignore, Job
from app.redaction import redact
from app.store import GIVEN_UP, STARTED, Store, StoreError
from app.telemetry import log, metrics, trace

BATCH = 100
# A round ends early when there is news, so that a push need not wait for the whole of somebody's flood: after FEW
# deliveries, and after LOOKS times as long as reading the list took, which takes longer the more deliveries wait.
FEW, LOOKS = 10, 4
# Pauses double: ten tries are about five minutes.
MOST_TRIES = 10
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
OUTAGE_PAUSE = 1.0  # seconds; before an unreachable database is asked again
LOOK_AGAIN = 0.25  # seconds; nobody tells us what another process has stored

Start = Callable[[object, str], None]
"""Starts the story of a job under an id, once."""


class Unreadable(Exception):  # noqa: N818 - reads as what happened
    """A handler broke on a delivery: our own fault, and the same at every further try."""


@dataclass(frozen=True)
class _Try:
    """A delivery that could not be started: how often by now, and when (monotonic seconds) it is tried again."""

    number: int
    due: float


class Dispatcher:
    """`run` starts what is stored until `stop`; `tell` it that there is news.

    Where other processes store too, `look_again` is how many seconds it waits before it looks by itself. Two
    dispatchers may start the same story: it runs once, since it has an id.
    """

    def __init__(
        self,
        store: Store,
        *,
        first_pause: float = FIRST_PAUSE,
        outage_pause: float = OUTAGE_PAUSE,
        look_again: float | None = None,
    ) -> None:
        self._store, self._look_again = store, look_again
        self._first_pause, self._outage_pause = first_pause, outage_pause
        self._tries: dict[str, _Try] = {}
        self._glances: Glances | None = None
        self._news = threading.Event()
        self._stopping = threading.Event()

    def tell(self) -> None:
        """A delivery was stored."""
        self._news.set()

    def stop(self) -> None:
        """Start nothing more."""
        self._stopping.set()
        self._news.set()

    def run(self, start: Start, glances: Glances | None = None) -> None:
        """Start the stories of every delivery that has none, as they come and after a restart."""
        self._glances = glances
        while not self._stopping.is_set():
            self._news.clear()
            try:
                pause = self._round(start)
            except StoreError as error:
                log.fault("dispatch.failed", error)
                pause = self._outage_pause
            if pause != 0.0:
                self._news.wait(pause)
        if glances:
            glances.close()

    def _round(self, start: Start) -> float | None:
        """See to each delivery once. Seconds until the next round: 0 is at once, None is when there is news."""
        # Deliveries that wait for their next try take no place from those behind them.
        begun = time.monotonic()
        waiting = self._store.unstarted(BATCH + len(self._tries) + len(self._glances or ()))
        now, seen_to = time.monotonic(), 0
        # The list begins with one delivery of each installation: each of them has its turn before a round ends early.
        few = max(FEW, len({delivery.installation for delivery in waiting}))
        look_anew = now + (now - begun) * LOOKS
        for delivery in waiting:
            if self._stopping.is_set() or (seen_to >= few and self._others_may_wait(look_anew)):
                break
            if self._has_to_wait(delivery.id, now):
                continue
            self._see_to(delivery, start)
            seen_to += 1
        if seen_to:
            return 0.0
        waits = [max(0.01, each.due - now) for each in self._tries.values()]
        return min(waits if self._look_again is None else [*waits, self._look_again], default=None)

    def _has_to_wait(self, delivery_id: str, now: float) -> bool:
        """Whether its next try is not due yet, or a glance at it is still under way."""
        failed = self._tries.get(delivery_id)
        if failed is not None and failed.due > now:
            return True
        return self._glances is not None and self._glances.under_way(delivery_id)

    def _others_may_wait(self, look_anew: float) -> bool:
        """Whether deliveries may have come that the list does not have, and it is time to read it again."""
        news = self._news.is_set() or self._look_again is not None
        return news and time.monotonic() >= look_anew

    def _see_to(self, delivery: Delivery, start: Start) -> None:
        try:
            with trace.of_delivery(delivery.id):
                outcome = self._glanced(delivery)
                if outcome is None:
                    return
                outcome = outcome or start_stories(delivery, start)
        except (Refused, Unreadable) as error:
            outcome = f"{GIVEN_UP}{error}"
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up those behind it
            log.fault("delivery.not_started", error, delivery=delivery.id, github_event=delivery.event)
            self._store.ping()  # StoreError: it was the database's fault, and no try of this delivery
            if self._once_more(delivery.id):
                return
            why = redact(f"{type(error).__name__}: {error}")
            outcome = (
                f"{GIVEN_UP}it could not be started in {MOST_TRIES} tries; the last one ended with {why}"
            )
        if outcome.startswith(GIVEN_UP):
            metrics.delivered(named(delivery.event), "given up")
            log.warning("delivery.given_up", delivery=delivery.id, reason=outcome)
        self._tries.pop(delivery.id, None)
        self._store.mark(delivery.id, outcome)

    def _glanced(self, delivery: Delivery) -> str | None:
        """Why a delivery starts nothing; empty when its stories are to be started, None while it is glanced at."""
        if self._glances is None:
            return ""
        if (came_to := self._glances.came_to(delivery.id)) is not None:
            if came_to:
                _tell(delivery, came_to)
            return came_to
        return None if self._glances.take(delivery.id, jobs_of(delivery)) else ""

    def _once_more(self, delivery_id: str) -> bool:
        """Note one more failed try; False when it was the last one."""
        before = self._tries.get(delivery_id)
        number = before.number + 1 if before else 1
        pause = min(self._first_pause * 2 ** (number - 1), LONGEST_PAUSE)
        self._tries[delivery_id] = _Try(number, time.monotonic() + pause)
        return number < MOST_TRIES


def named(event: str) -> str:
    """The event's name in metrics. GitHub signs the body alone, so that whoever replays one may name any event."""
    return event if event in handlers.HANDLERS else "other"


def start_stories(delivery: Delivery, start: Start) -> str:
    """Start what a delivery asks for; what became of it, in words that the pages show."""
    outcomes = []
    for number, job in enumerate(jobs_of(delivery)):
        if isinstance(job, Ignore):
            outcomes.append(job.reason)
            continue
        workflow_id = _workflow_id(delivery, number, job)
        start(job, workflow_id)
        outcomes.append(f"{STARTED}{workflow_id}")
    outcome = "; ".join(outcomes) or "nothing to do"
    _tell(delivery, outcome)
    return outcome


def _tell(delivery: Delivery, outcome: str) -> None:
    log.fact("delivery.dispatched", delivery=delivery.id, github_event=delivery.event, outcome=outcome)


def _workflow_id(delivery: Delivery, number: int, job: Job) -> str:
    """What starts only once has one id: a delivery's job, and a comment whichever delivery brings it."""
    if isinstance(job, HearComment):
        text = hashlib.sha256(job.text.encode(errors="surrogatepass")).hexdigest()[:16]
        return f"comment:{job.repository.id}:{job.comment_id}:{text}"
    return f"delivery:{delivery.id}:{number}"


def jobs_of(delivery: Delivery) -> tuple[Job, ...]:
    """The delivery's jobs. Refused when it is not what GitHub documents, Unreadable when a handler broke."""
    try:
        return handlers.route(delivery)
    except Refused:
        raise
    except Exception as error:
        log.fault("delivery.not_read", error, delivery=delivery.id, github_event=delivery.event)
        raise Unreadable(f"ServerGem could not read it: {type(error).__name__}") from error
