"""The door for webhooks: little is read of a stranger, what GitHub signed is stored, and then it is answered.

A stranger costs at most a share of MOST_UNVERIFIED_BYTES, for BODY_SECONDS. When no room is left, whoever has been
sending for longest is cut off: a real delivery arrives within a second.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.delivery import MAX_BODY_BYTES, Refused, heading, too_large, verify
from app.dispatcher import Unreadable, jobs_of, named
from app.model import Delivery, Ignore
from app.settings import Settings
from app.store import Store, StoreError
from app.telemetry import log, metrics, trace

# Over all connections; GitHub's bodies are kilobytes, and the largest of all is MAX_BODY_BYTES.
MOST_UNVERIFIED_BYTES = 64 * 1024 * 1024
# After so long GitHub gives a delivery up:
# https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks
BODY_SECONDS = 10.0
# Refusals share one line of the log in so many seconds, with their number: a flood of them is no flood there.
QUIET_SECONDS = 1.0
# What a refused delivery's event is called in metrics: nobody vouches for the name that it brings.
UNVERIFIED = "unverified"


class Behind(Protocol):
    """What the door reaches of the house."""

    settings: Settings
    store: Store
    bodies: Bodies
    refusals: Refusals

    def heard(self) -> None:
        """A delivery was stored."""


async def webhook(request: Request) -> Response:
    """Store first, answer 202, then work. GitHub waits ten seconds and does not come again by itself."""
    house: Behind = request.app.state.house
    began = time.time_ns()
    try:
        told = heading(
            dict(request.headers.items())
        )  # a dictionary: Starlette's headers search the list for each name
        body = await house.bodies.read(request)
        delivery = verify(told, body, house.settings.github_webhook_secret)
        ignored = _reason_to_ignore(delivery)
        new = await house.store.accept(delivery, time.time())
    except Refused as refused:
        metrics.delivered(UNVERIFIED, "refused")
        house.refusals.tell(refused)
        return JSONResponse({"reason": refused.reason}, status_code=refused.status)
    except StoreError as error:
        metrics.delivered(named(delivery.event), "not stored")
        log.fault("delivery.not_stored", error)
        return JSONResponse({"reason": "The delivery could not be stored; redeliver it."}, status_code=503)
    except ClientDisconnect:
        return Response(status_code=400)
    if new:
        trace.received(delivery.id, delivery.event, began)
        house.heard()
    outcome = (ignored or "accepted") if new else "duplicate"
    metrics.delivered(named(delivery.event), "ignored" if new and ignored else outcome)
    return JSONResponse({"delivery": delivery.id, "outcome": outcome}, status_code=202)


@dataclass(eq=False)
class _Reading:
    """A body under way. `cut`: it had to make room for others."""

    deadline: asyncio.Timeout
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    cut: bool = False


class Bodies:
    """Bodies that nobody has verified yet: their bytes together, and the seconds of each, are bounded."""

    def __init__(self, most: int = MOST_UNVERIFIED_BYTES, seconds: float = BODY_SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._readings: dict[_Reading, None] = {}  # the oldest first
        self.held = 0

    async def read(self, request: Request) -> bytes:
        """The whole body. Refused when it is too large, too slow, or gave way to newer ones."""
        reading = _Reading(asyncio.timeout(self._seconds))
        self._readings[reading] = None
        try:
            async with reading.deadline:
                async for chunk in request.stream():
                    self._take(reading, chunk)
            return b"".join(reading.chunks)
        except TimeoutError as error:
            if reading.cut:
                raise _gave_way() from error
            raise Refused(408, f"The body did not come within {self._seconds:.0f} s.") from error
        finally:
            self._let_go(reading)

    def _take(self, reading: _Reading, chunk: bytes) -> None:
        if reading.cut:
            raise _gave_way()
        reading.chunks.append(chunk)
        reading.size += len(chunk)
        self.held += len(chunk)
        if reading.size > MAX_BODY_BYTES:
            raise too_large()
        while self.held > self._most:
            oldest = next(each for each in self._readings if each.size)
            if oldest is reading:
                raise _gave_way()
            self._cut(oldest)

    def _cut(self, reading: _Reading) -> None:
        reading.cut = True
        self._let_go(reading)
        if not reading.deadline.expired():
            reading.deadline.reschedule(asyncio.get_running_loop().time())

    def _let_go(self, reading: _Reading) -> None:
        """Free the bytes at once, before the coroutine that read them notices."""
        self._readings.pop(reading, None)
        self.held -= reading.size
        reading.size = 0
        reading.chunks.clear()


class Refusals:
    """Refused deliveries in the log, many of them in one line."""

    def __init__(self) -> None:
        self._said_at = float("-inf")
        self._unsaid = 0

    def tell(self, refused: Refused) -> None:
        """Log this reason, and how many were refused since the last line; nothing within QUIET_SECONDS of that."""
        now = time.monotonic()
        if now - self._said_at < QUIET_SECONDS:
            self._unsaid += 1
            return
        log.warning("delivery.refused", status=refused.status, reason=refused.reason, others=self._unsaid)
        self._said_at, self._unsaid = now, 0


def _gave_way() -> Refused:
    return Refused(503, "More bodies arrive than there is room for; redeliver it.")


def _reason_to_ignore(delivery: Delivery) -> str:
    """Why a delivery starts nothing, for its sender; Refused when it is not what GitHub documents."""
    try:
        jobs = jobs_of(delivery)
    except Unreadable as error:
        return str(error)  # it is stored all the same, and a redelivery tries again
    reasons = [job.reason for job in jobs if isinstance(job, Ignore)]
    return "; ".join(reasons) if len(reasons) == len(jobs) else ""
