"""How often Cloud Run is written to: so many writes a minute, project and region, and repositories take turns."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.places import behalf
from app.turn import Pace, Party, whose_turn

# How many a minute, where nobody has asked Google for more.
ALLOWED = 60
# "Write requests per minute per region": https://cloud.google.com/run/quotas#api
WRITES = frozenset(
    f"{kind}.{verb}{kind[:-1]}"
    for kind in ("Services", "Jobs", "WorkerPools")
    for verb in ("Create", "Update", "Delete")
) | {"Jobs.RunJob", "Executions.CancelExecution"}
# So many seconds a write counts against its party when the next one is chosen.
LATELY = 60.0
PLACE = re.compile(r"projects/[^/]+/locations/[^/]+")


@dataclass(eq=False)
class _Line:
    """Who waits to write to one region of one project, in the order of coming."""

    pace: Pace
    waiting: list[tuple[Party, object]] = field(default_factory=list)
    lately: deque[tuple[float, Party]] = field(default_factory=deque)
    following: object = None


class RunWrites:
    """The writes that are left for each project and region. Safe for any thread; `clock` is in seconds."""

    def __init__(self, a_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_minute, self._clock = a_minute, clock
        self._changed = threading.Condition()
        self._lines: dict[str, _Line] = {}

    def wait(self, place: str, party: Party | None = None) -> None:
        """Return when it is this party's turn to write there; the party of this thread where none is given."""
        ours, me = party or behalf.get(), object()
        with self._changed:
            line = self._lines.setdefault(place, _Line(Pace.full(self._a_minute, self._clock())))
            line.waiting.append((ours, me))
            self._choose(line)
            while not self._may(line, me):
                self._changed.wait(line.pace.missing if line.following is me else None)
            line.waiting.remove((ours, me))
            line.lately.append((self._clock(), ours))
            line.pace = line.pace.used()
            self._choose(line)
            self._changed.notify_all()

    def _may(self, line: _Line, me: object) -> bool:
        line.pace = line.pace.after(self._clock())
        return line.following is me and not line.pace.missing

    def _choose(self, line: _Line) -> None:
        """Once for each change, and not by each of the hundreds that wait."""
        while line.lately and line.lately[0][0] < self._clock() - LATELY:
            line.lately.popleft()
        waiting = [party for party, _ in line.waiting]
        lately = [party for _, party in line.lately]
        place = whose_turn(waiting, lately)
        line.following = None if place is None else line.waiting[place][1]


def place_of(words: Mapping[str, Any]) -> str:
    """The project and region that a call writes to: by the name of what it is about, or of what it brings."""
    request = words.get("request")
    brought = next(
        filter(None, (getattr(request, each, None) for each in ("service", "job", "worker_pool"))), None
    )
    names = (words.get("name"), *(getattr(each, "name", None) for each in (request, brought)))
    found = (PLACE.match(each) for each in (*names, getattr(request, "parent", None)) if each)
    return next((each[0] for each in found if each), "")
