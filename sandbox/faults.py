"""Faults on demand: "the next N calls of METHOD answer STATUS, are dropped, or take S seconds", and counted."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal, cast, get_args

from google.protobuf.message import Message

Kind = Literal["status", "drop", "drop_after", "delay", "late"]


@dataclass(frozen=True)
class PlannedFault:
    """One call that shall go wrong.

    `drop` loses the connection before the work, `drop_after` when the work is done but not yet answered.
    `delay` lets `seconds` pass before the work, `late` between the work and its answer; of a refusal, `seconds` are
    what it asks to wait. `status` is a gRPC code name ("UNAVAILABLE") or an HTTP status ("502").
    """

    kind: Kind
    status: str = "UNAVAILABLE"
    seconds: float = 0.0
    message: str = ""
    details: tuple[Message, ...] = ()


# The ways in which a call is lost without anybody's fault, in the order in which each method meets them.
LOSSES = (PlannedFault("status"), PlannedFault("drop"), PlannedFault("drop_after"))


class Faults:
    """The plan of faults, by method name; a fault is used up by the call that met it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[str, deque[PlannedFault]] = {}
        self._used: Counter[str] = Counter()
        self._held: Counter[str] = Counter()
        self._losing = False
        self._lost: Counter[str] = Counter()
        self._heard: list[str] | None = None

    def add(
        self,
        method: str,
        times: int = 1,
        kind: str = "status",
        status: str | int = "UNAVAILABLE",
        seconds: float = 0.0,
        message: str = "",
        details: tuple[Message, ...] = (),
    ) -> None:
        """The next `times` calls of `method` meet this fault, after those that are planned already.

        `details`: what a status of Google's carries beside its message, of google/rpc/error_details.proto.
        """
        if kind not in get_args(Kind):
            raise ValueError(f"{kind!r} is no kind of fault; there are {', '.join(get_args(Kind))}")
        if times < 1:
            raise ValueError(f"a fault is met at least once, not {times} times")
        fault = PlannedFault(cast(Kind, kind), str(status), seconds, message, details)
        with self._lock:
            self._planned.setdefault(method, deque()).extend([fault] * times)

    def lose_each(self) -> None:
        """From now on the first calls of every method are lost: one in each way, and then no more."""
        with self._lock:
            self._losing = True

    def listen(self) -> None:
        """Remember from now on which methods are called, in their order."""
        with self._lock:
            self._heard = []

    def heard(self) -> tuple[str, ...]:
        """Each method that was called since `listen`, in the order of their first calls; it ends the listening."""
        with self._lock:
            heard, self._heard = self._heard or [], None
        return tuple(dict.fromkeys(heard))

    def take(self, method: str) -> PlannedFault | None:
        """The fault that this call of `method` meets, and it counts as used."""
        with self._lock:
            if self._heard is not None:
                self._heard.append(method)
            waiting = self._planned.get(method)
            if waiting:
                self._used[method] += 1
                return waiting.popleft()
            if not self._losing or self._lost[method] == len(LOSSES):
                return None
            self._lost[method] += 1
            return LOSSES[self._lost[method] - 1]

    def hold(self, method: str) -> None:
        """A call of `method` now waits as long as its fault says."""
        with self._lock:
            self._held[method] += 1

    def held(self, method: str) -> int:
        """How many calls of `method` were made to wait: by then a `late` one has done its work."""
        with self._lock:
            return self._held[method]

    def lost(self) -> set[str]:
        """The methods of which a call was lost in every way, since `lose_each`."""
        with self._lock:
            return {method for method, times in self._lost.items() if times == len(LOSSES)}

    def used(self, method: str) -> int:
        """How many calls of `method` met a fault."""
        with self._lock:
            return self._used[method]

    def unused(self) -> dict[str, int]:
        """Methods whose planned faults nobody met yet, with how many are left."""
        with self._lock:
            return {method: len(waiting) for method, waiting in self._planned.items() if waiting}

    def clear(self) -> None:
        """Forget what is planned; what was met stays counted."""
        with self._lock:
            self._planned.clear()
            self._losing = False
