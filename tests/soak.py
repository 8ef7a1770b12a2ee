"""`make soak [MINUTES=30]`: people, lost webhooks, faults and kills at random, for as long as somebody wants to watch.

After each round what runs has to be what GitHub's state implies, or the soak ends with 1 and says what was done. In its
second half nothing is killed, so that the memory of one process can be looked at.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.start import resident_megabytes
from tests.conftest import sandbox_in
from tests.people import People, live_through
from tests.test_races import live_together, settle

STEPS, FAULTS = 4, 3
# As a busy or restarting server answers, and as a connection is cut; what is permanent is no trouble of a soak.
TROUBLES = (
    ("status", "UNAVAILABLE", "503"),
    ("drop", "UNAVAILABLE", "503"),
    ("drop_after", "UNAVAILABLE", "503"),
)


@dataclass(frozen=True)
class Seen:
    """The house at one moment."""

    minute: float
    rounds: int
    deliveries: int
    calls: int
    kills: int
    megabytes: float

    def __str__(self) -> str:
        return (
            f"{self.minute:5.1f} min  {self.rounds:4} rounds  {self.deliveries:5} deliveries  {self.calls:7} calls  "
            f"{self.kills:3} kills  {self.megabytes:5.0f} MB"
        )


def plan_faults(people: People, fate: random.Random) -> None:
    """Some calls that were made before will be refused or cut, once each."""
    world = people.house.world
    for calls, code in ((world.google.calls, 1), (world.github.calls, 2)):
        waiting = (
            world.faults.unused()
        )  # three of one method after each other would be too many for any retry
        known = sorted(method for method in dict(calls) if method not in waiting)
        for method in fate.sample(known, k=min(FAULTS, len(known))):
            trouble = fate.choice(TROUBLES)
            world.faults.add(method, kind=trouble[0], status=trouble[code])


def forget_closed(people: People) -> None:
    """What is closed is looked at no longer, but for the newest ones, which may be opened again."""
    closed = [number for number in people.numbers if people.pull(number)["state"] == "closed"]
    for number in closed[:-2]:
        del people.numbers[number]


def soak(people: People, minutes: float, seed: int) -> list[Seen]:
    """Round after round; what was seen about once a minute."""
    fate, begun, told = random.Random(seed), time.monotonic(), 0.0
    seen: list[Seen] = []
    rounds = 0
    while (passed := (time.monotonic() - begun) / 60) < minutes:
        people.kills = passed < minutes / 2
        plan_faults(people, fate)
        done = live_through(people, fate, STEPS)
        settle(people, done)
        forget_closed(people)
        rounds += 1
        if passed >= told:
            told += 1
            seen.append(_look(people, passed, rounds))
            print(seen[-1], flush=True)
    return [*seen, _look(people, minutes, rounds)]


def _look(people: People, minute: float, rounds: int) -> Seen:
    house = people.house
    assert house.running is not None
    calls = sum(house.world.google.calls.values()) + house.world.github.calls.total()
    delivered = len(house.world.github.deliveries.attempts())
    megabytes = resident_megabytes(house.running.pid)
    return Seen(minute, rounds, delivered, calls, people.done["kill"], megabytes)


def main(words: list[str]) -> int:
    minutes = float(words[0]) if words else 30.0
    seed = int(words[1]) if words[1:] else random.SystemRandom().randrange(1_000_000)
    print(f"Soaking for {minutes:g} minutes with seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as kept, ExitStack() as stack:
        people = live_together(stack.enter_context(sandbox_in(Path(kept))), Path(kept), stack)
        people.chance = random.Random(seed)
        people.open(0)
        people.open_fork()
        settle(people, [])
        seen = soak(people, minutes, seed)
        quiet = [each for each in seen if each.minute >= minutes / 2] or seen
        print(
            f"Nothing was lost. Memory without kills: {quiet[0].megabytes:.0f} to {seen[-1].megabytes:.0f} MB"
        )
        print("Done: " + ", ".join(f"{what} {times}" for what, times in sorted(people.done.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
