"""What the store hands out: rows as frozen dataclasses, and its one error."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Report

# How the outcome of a delivery begins that could not be started; a redelivery of it is started again.
GIVEN_UP = "given up: "
# And what stands in it before the id of each story that was started.
STARTED = "started "


class StoreError(Exception):
    """The store could not keep, find or change something; the message says what the database said."""


class SomebodyAsked(Exception):  # noqa: N818 - reads as what happened
    """A lane was asked for since it was looked at; look again."""


@dataclass(frozen=True)
class Received:
    """A delivery as the list of deliveries shows it; `outcome` is None until its jobs were started."""

    id: str
    event: str
    action: str | None
    received_at: float
    outcome: str | None
    repository: int = 0
    """Its repository's id, 0 where it tells of none."""


@dataclass(frozen=True)
class Ticket:
    """A run's place in a lane. `fence` grows with each entry; only the newest may change what serves."""

    fence: int
    holder: bool


@dataclass(frozen=True)
class Known:
    """What GitHub already has of a deployment; 0 means nothing yet."""

    check_run_id: int
    github_deployment_id: int
    taken_up: bool = False
    """An earlier process may have begun to tell GitHub and died before it wrote that down."""


@dataclass(frozen=True)
class Unshown:
    """A deployment that ended and whose last state GitHub does not have yet."""

    lane: str
    report: Report
    known: Known


@dataclass(frozen=True)
class Heartbeat:
    """A process that runs stories: where it is, and when it last said so (epoch seconds)."""

    executor_id: str
    host: str
    pid: int
    born: str
    time: float
