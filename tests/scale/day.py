"""The day that is simulated: who pushes, how much and when. The same seed makes the same day."""

from __future__ import annotations

import random
from dataclasses import dataclass

from app.turn import Party

# Of a day's deliveries so many in a hundred come in each hour (UTC) where people work from Lisbon to Athens.
CURVE = (1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 10, 9, 7, 8, 9, 8, 6, 4, 2, 1, 1, 1, 1, 0)
HOUR = 3600.0
REPOSITORIES, DELIVERIES = 5_000, 50_000
REPOSITORIES_OF_AN_INSTALLATION = 20
# What a delivery comes to; the rest is ignored by its handler.
DEPLOYS, LOOKED_AT = 0.2, 0.2
MONOREPOS, SERVICES = 5, 200
# When the first of them pushes, in hours; the others follow after a quarter of an hour each.
MONOREPO_PUSHES = (9.2, 11.2, 13.2, 15.2)
MONO = 1_000_000  # ids that nobody else has
BOT_EVERY = 60.0  # seconds, all day


@dataclass(frozen=True)
class Arrival:
    """A delivery: when it came (seconds of the day), whose it is, and how many deployments it begins.

    `looked_at`: its story asks GitHub, also where it begins none. `kind` is who pushed: person, monorepo or bot.
    """

    at: float
    party: Party
    deployments: int
    looked_at: bool
    kind: str = "person"


def a_day(repositories: int, seed: int = 1) -> list[Arrival]:
    """Deliveries in proportion to the repositories, five monorepos and a bot that pushes all day among them."""
    chance = random.Random(seed)
    count = DELIVERIES * repositories // REPOSITORIES
    made = [_somebody(chance, repositories) for _ in range(count)]
    for number in range(MONOREPOS):
        # Among the people of an installation, in a repository of its own.
        mono = Party(1 + number, MONO + number)
        made += [
            Arrival((hour + number / 4) * HOUR, mono, SERVICES, looked_at=True, kind="monorepo")
            for hour in MONOREPO_PUSHES
        ]
    bot = Party(1 + MONOREPOS, MONO + MONOREPOS)
    made += [
        Arrival(at * BOT_EVERY, bot, 1, looked_at=True, kind="bot")
        for at in range(int(24 * HOUR / BOT_EVERY))
    ]
    return sorted(made, key=lambda each: each.at)


def _somebody(chance: random.Random, repositories: int) -> Arrival:
    """Few repositories are busy: half of what comes is about a tenth of them."""
    busy = chance.random() < 0.5
    number = chance.randrange(max(1, repositories // 10)) if busy else chance.randrange(repositories)
    kind = chance.random()
    return Arrival(_moment(chance), _party(number), int(kind < DEPLOYS), looked_at=kind < DEPLOYS + LOOKED_AT)


def _party(number: int) -> Party:
    return Party(1 + number // REPOSITORIES_OF_AN_INSTALLATION, 1 + number)


def _moment(chance: random.Random) -> float:
    return chance.choices(range(24), CURVE)[0] * HOUR + chance.random() * HOUR
