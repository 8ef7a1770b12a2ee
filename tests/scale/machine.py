"""One machine on that day, event by event: places, a core, writes to Cloud Run, calls to GitHub, runs under way."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from app.call import AT_ONCE
from app.dispatcher import FEW
from app.turn import Most, Pace, Party, whose_turn
from gcp.run_writes import ALLOWED, LATELY
from tests.scale.day import HOUR, Arrival
from tests.scale.figures import FIGURES

MINUTE = 60.0


@dataclass
class Line:
    """Who waits, in the order of coming, with what is done at their turn; one question for each party, not for each."""

    waiting: dict[Party, deque[tuple[float, Callable[[], None]]]] = field(default_factory=dict)

    def join(self, party: Party, now: float, then: Callable[[], None]) -> None:
        self.waiting.setdefault(party, deque()).append((now, then))

    def call(self, held: list[Party], most: Most | None) -> tuple[Party, float, Callable[[], None]] | None:
        """Take out whose turn it is: of one party nobody is before who came first."""
        heads = sorted(self.waiting, key=lambda party: self.waiting[party][0][0])
        place = whose_turn(heads, held, most)
        if place is None:
            return None
        party = heads[place]
        since, then = self.waiting[party].popleft()
        if not self.waiting[party]:
            del self.waiting[party]
        return party, since, then


@dataclass
class Region:
    """One region of one project: what may be written there, and who waits to."""

    pace: Pace
    line: Line = field(default_factory=Line)
    lately: deque[tuple[float, Party]] = field(default_factory=deque)
    awake: bool = False


@dataclass
class Seen:
    """What the day has shown. Waits are seconds, by who pushed."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """From a delivery to the beginning of its deployment's preparation."""
    write_waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """What each deployment waited for its writes, together."""
    most_runs: int = 0
    runs: int = 0
    calls: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Calls to GitHub, by installation and hour."""
    cpu: Counter[int] = field(default_factory=Counter)
    """Seconds of the core, by hour."""
    commits: Counter[int] = field(default_factory=Counter)
    """Of the database, by minute."""
    writes: Counter[tuple[str, int]] = field(default_factory=Counter)
    """To Cloud Run as they were wanted, by place and hour."""
    deployments: int = 0


class Machine:
    """`run` it through a day; `place_of` says which project and region a party's services are in."""

    def __init__(self, place_of: Callable[[Party], str]) -> None:
        self.seen, self._place_of = Seen(), place_of
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._now, self._number, self._core = 0.0, 0, 0.0
        self._held: list[Party] = []
        self._line = Line()
        # What is stored and not seen to; the dispatcher sees to one after the other, in turns: by the function that
        # gives out places here, by a question to the database in ServerGem (app.store.in_turns).
        self._inbox, self._dispatched, self._dispatching = Line(), deque[Party](maxlen=FEW), False
        self._regions: dict[str, Region] = {}

    def run(self, day: list[Arrival]) -> Seen:
        for each in day:
            self._at(each.at, lambda each=each: self._arrives(each))  # type: ignore[misc]
        while self._events:
            self._now, _, happens = heapq.heappop(self._events)
            happens()
        return self.seen

    def _at(self, when: float, happens: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, happens))

    def _works(self, seconds: float) -> float:
        """When the one core is done with this."""
        self.seen.cpu[int(self._now // HOUR)] += seconds  # type: ignore[assignment]
        self._core = max(self._core, self._now) + seconds
        return self._core

    def _shares(self, seconds: float) -> float:
        """The same of the dispatcher, a thread that has its share beside those that prepare and waits behind none."""
        return min(self._works(seconds), self._now + seconds * (1 + len(self._held)))

    def _arrives(self, each: Arrival) -> None:
        self._inbox.join(each.party, self._now, lambda: self._dispatches(each))
        self._take_deliveries()

    def _take_deliveries(self) -> None:
        if not self._dispatching and (found := self._inbox.call(list(self._dispatched), None)):
            self._dispatching = True
            self._dispatched.append(found[0])
            found[2]()

    def _dispatched_one(self) -> None:
        self._dispatching = False
        self._take_deliveries()

    def _dispatches(self, each: Arrival) -> None:
        seen = self.seen
        done = self._shares(FIGURES.looked_at_cpu if each.looked_at else FIGURES.ignored_cpu)
        self._at(done, self._dispatched_one)
        seen.commits[int(self._now // MINUTE)] += FIGURES.commits_of_a_delivery
        if each.looked_at:
            seen.calls[each.party.installation, int(self._now // HOUR)] += FIGURES.calls_of_a_look
        for _ in range(each.deployments):
            self._at(done + FIGURES.look_seconds, lambda: self._begins(each))

    def _begins(self, each: Arrival) -> None:
        seen = self.seen
        seen.deployments += 1
        seen.runs += 1
        seen.most_runs = max(seen.most_runs, seen.runs)
        seen.calls[each.party.installation, int(self._now // HOUR)] += FIGURES.calls_of_a_deployment
        self._line.join(each.party, self._now, lambda: self._prepares(each))
        self._give_places()

    def _give_places(self) -> None:
        while len(self._held) < AT_ONCE and (found := self._line.call(self._held, Most.of(AT_ONCE))):
            self._held.append(found[0])
            found[2]()

    def _prepares(self, each: Arrival) -> None:
        self.seen.waits[each.kind].append(self._now - each.at)
        done = max(self._works(FIGURES.deployment_cpu), self._now + FIGURES.prepare_seconds)
        self.seen.commits[int(self._now // MINUTE)] += FIGURES.commits_of_a_deployment
        self._at(done, lambda: self._prepared(each))

    def _prepared(self, each: Arrival) -> None:
        self._held.remove(each.party)
        self._at(self._now + FIGURES.build_seconds, lambda: self._writes(each, 0, 0.0))
        self._give_places()

    def _writes(self, each: Arrival, number: int, waited: float) -> None:
        """The next write of a deployment, until it is live."""
        if number == FIGURES.writes_of_a_deployment:
            self.seen.runs -= 1
            self.seen.write_waits[each.kind].append(waited)
            return
        place, since = self._place_of(each.party), self._now
        self.seen.writes[place, int(since // HOUR)] += 1
        region = self._regions.setdefault(place, Region(Pace.full(ALLOWED, self._now)))

        def written() -> None:
            more = waited + self._now - since
            self._at(self._now + FIGURES.write_seconds, lambda: self._writes(each, number + 1, more))

        region.line.join(each.party, self._now, written)
        self._give_writes(region)

    def _give_writes(self, region: Region) -> None:
        while region.line.waiting:
            region.pace = region.pace.after(self._now)
            if region.pace.missing:
                self._wake(region)
                return
            while region.lately and region.lately[0][0] < self._now - LATELY:
                region.lately.popleft()
            found = region.line.call([party for _, party in region.lately], None)
            if found is None:
                return
            region.lately.append((self._now, found[0]))
            region.pace = region.pace.used()
            found[2]()

    def _wake(self, region: Region) -> None:
        def wakes() -> None:
            region.awake = False
            self._give_writes(region)

        if not region.awake:
            region.awake = True
            self._at(self._now + region.pace.missing, wakes)
