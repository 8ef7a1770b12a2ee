"""The intake: every verified delivery on disk before it is answered, once, however many come at the same time.

While one commit runs the next batch forms by itself, so there is no waiting window.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from app.model import Delivery
from app.store.deliveries_file import Arrived, DeliveriesFile
from app.store.rows import Received, StoreError
from app.text.legible import legible

LARGEST_BATCH = 256
MOST_WAITING = 4_000  # deliveries; behind so many a 503 now is better than an answer after GitHub's 10 s


@dataclass(frozen=True)
class _Accept:
    arrived: Arrived
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[bool]


@dataclass(frozen=True)
class _Mark:
    delivery_id: str
    outcome: str
    answer: Future[None]


_Wish = _Accept | _Mark


class Intake:
    """The table of deliveries, written by one thread."""

    def __init__(self, path: Path) -> None:
        self._file = DeliveriesFile(path)
        self._wishes: queue.SimpleQueue[_Wish | None] = queue.SimpleQueue()
        self._waiting = 0
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="intake", daemon=True)
        self._writer.start()

    async def accept(self, delivery: Delivery, received_at: float) -> bool:
        """Keep `delivery`; it is on disk when this returns.

        False when its id was there before and not given up, or its signature under another id.
        """
        if self._closed:
            raise StoreError("the intake is closed")
        if self._waiting >= MOST_WAITING:
            raise StoreError(f"{self._waiting} deliveries are waiting to be stored")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        self._waiting += 1
        try:
            self._wishes.put(_Accept(Arrived(delivery, received_at), loop, answer))
            return await answer
        finally:
            self._waiting -= 1

    def mark(self, delivery_id: str, outcome: str) -> None:
        """Say what became of a delivery: the jobs started, or why it was ignored. Its body is dropped."""
        if self._closed:
            raise StoreError("the intake is closed")
        answer: Future[None] = Future()
        self._wishes.put(_Mark(delivery_id, legible(outcome), answer))
        answer.result()

    def unstarted(self, limit: int) -> list[Delivery]:
        """Deliveries without an outcome, in turns."""
        return self._file.unstarted(limit)

    def deliveries(self, limit: int) -> list[Received]:
        """The newest deliveries first."""
        return self._file.newest(limit)

    def forget(self, before: float, limit: int) -> int:
        """Forget deliveries from before (epoch seconds) that have their outcome, at most so many; how many."""
        return self._file.forget(before, limit)

    def close(self) -> None:
        """Write what is waiting, then stop."""
        if self._closed:
            return
        self._closed = True
        self._wishes.put(None)
        self._writer.join()
        self._file.close()

    def _write(self) -> None:
        while True:
            first = self._wishes.get()
            if first is None:
                return
            batch, last = self._gather(first)
            try:
                new = self._commit(batch)
            except StoreError as error:
                _answer(batch, [error] * len(batch))
            except Exception as error:  # noqa: BLE001 - without this thread nothing would be stored any more
                _answer(batch, [StoreError(f"deliveries.db: {error}")] * len(batch))
            else:
                _answer(batch, [_take(new, wish) for wish in batch])
            if last:
                return

    def _gather(self, first: _Wish) -> tuple[list[_Wish], bool]:
        """What has queued up by now, without waiting for more; True when the intake is to stop after it."""
        batch = [first]
        while len(batch) < LARGEST_BATCH:
            try:
                wish = self._wishes.get_nowait()
            except queue.Empty:
                break
            if wish is None:
                return batch, True
            batch.append(wish)
        return batch, False

    def _commit(self, batch: Sequence[_Wish]) -> set[str]:
        """One transaction for the whole batch; the ids that were new."""
        arrived = [wish.arrived for wish in batch if isinstance(wish, _Accept)]
        return self._file.write(
            arrived, [(wish.outcome, wish.delivery_id) for wish in batch if isinstance(wish, _Mark)]
        )


def _take(new: set[str], wish: _Wish) -> bool:
    """Whether this wish brought a new delivery: of several with one id only the first did."""
    if isinstance(wish, _Accept) and wish.arrived.delivery.id in new:
        new.discard(wish.arrived.delivery.id)
        return True
    return False


def _answer(batch: Sequence[_Wish], verdicts: Sequence[bool | StoreError]) -> None:
    """Tell everybody who waits; the event loop is woken once for the whole batch."""
    told: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[bool], bool | StoreError]]] = {}
    for wish, answer in zip(batch, verdicts, strict=True):
        if isinstance(wish, _Accept):
            told.setdefault(wish.loop, []).append((wish.answer, answer))
        elif isinstance(answer, StoreError):
            wish.answer.set_exception(answer)
        else:
            wish.answer.set_result(None)
    for loop, answers in told.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: Sequence[tuple[asyncio.Future[bool], bool | StoreError]]) -> None:
    for future, answer in answers:
        if future.done():
            continue  # whoever asked has gone; the delivery is stored all the same
        if isinstance(answer, StoreError):
            future.set_exception(answer)
        else:
            future.set_result(answer)
