"""What a value of servergem.yml is and how far it goes, as people write it: for faults and for the reference."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import AfterValidator

# Generous: each is a check run, a build and a service.
MOST_SERVICES, MOST_JOBS, MOST_WORKERS = 100, 100, 50
# Of one service, each a check run and a deployment.
MOST_REGIONS = 10


@dataclass(frozen=True)
class Kind:
    """What a value is, and within which limits, as the reference of servergem.yml says it."""

    name: str
    limits: str = ""


@dataclass(frozen=True)
class Bounds(AfterValidator):
    """Bounds of a duration, told as a person writes them."""

    said: str = ""


def between(least: int, most: int, said: str) -> Bounds:
    """A duration of `least` to `most` seconds."""

    def check(value: int) -> int:
        if not least <= value <= most:
            raise ValueError(f"has to be {said}")
        return value

    return Bounds(check, said)
