"""One service in one environment: what serves, what was deployed there and rolled back, and its previews."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.model import Ending, service_and_environment
from app.pages.asked import may_read, page_number, store_of, visitor_of
from app.pages.deployment import missing
from app.pages.offers import Offer, offers_at
from app.pages.presses import PressOutcome, outcome_of_press, pressed_in, shower_of
from app.pages.rendering import page, part, seen
from app.pages.served import Served, rows
from app.report import worked
from app.store import Store
from app.store.history import History, Listed
from app.store.previews import PreviewRow

MOST_ROWS = 25
# Beside one that runs a few wait, and the newest that has ended is behind them.
LOOKED_AT = 5
PARTS = {
    "pressed": "deployment_pressed.html",
    "serves": "service_serves.html",
    "buttons": "deployment_buttons.html",
    "history": "service_history.html",
}


@dataclass(frozen=True)
class Service:
    """What serves, one page of its `count` deployments, its previews, and what its buttons are."""

    served: Served
    history: tuple[Listed, ...]
    count: int
    previews: tuple[PreviewRow, ...]
    offers: tuple[Offer, ...] = ()
    outcome: PressOutcome | None = None
    beside: tuple[Served, ...] = ()
    """The same service in other regions."""


async def service(request: Request) -> Response:
    """What may not be read is answered as what is not there."""
    found = await _found(request)
    if found is None:
        return missing(request, "service")
    return page("service.html", visitor=visitor_of(request), **await _words(request, found))


async def service_parts(request: Request) -> dict[str, str] | None:
    """The parts of the page that change by themselves; None when it may not be read any more."""
    found = await _found(request)
    if found is None:
        return None
    words = await _words(request, found)
    return {name: part(template, **words) for name, template in PARTS.items()}


def offers_in(store: Store, lane: str) -> tuple[Offer, ...]:
    """The buttons of a service's page at this moment."""
    found = _read(store, lane, 1, "")
    return found.offers if found else ()


async def _found(request: Request) -> Service | None:
    number = page_number(request)
    asked = (request.path_params["lane"], number, pressed_in(request))
    found = await run_in_threadpool(_read, store_of(request), *asked)
    return found if found and await may_read(request, found.served.repository) else None


async def _words(request: Request, found: Service) -> dict[str, Any]:
    lane = found.served.newest.lane
    here, number, pressed = f"/services/{quote(lane)}", page_number(request), pressed_in(request)
    also = f"&pressed={pressed}" if pressed else ""
    return seen(request) | {
        "service": found,
        "served": found.served,
        "lane": lane,
        "median": _median(found.history),
        "number": number,
        "pages": max(1, -(-found.count // MOST_ROWS)),
        "to_page": lambda wanted: f"{here}?page={wanted}",
        "offers": found.offers,
        "outcome": found.outcome,
        "shower": await shower_of(request, found.served.repository, found.offers),
        "at": "service",
        "check_run_of": found.served.of or found.served.newest,
        "live": f"/live{here}?page={number}{also}",
    }


def _read(store: Store, lane: str, number: int, pressed: str) -> Service | None:
    history = store.history
    newest = next(iter(history.of_lane(lane, 0, 1)), None)
    if newest is None or not lane:
        return None
    served, beside = _with_those_beside(history, newest)
    previews = store.previews.of_repository(served.repository.id)
    listed = tuple(history.of_lane(lane, (number - 1) * MOST_ROWS, MOST_ROWS))
    return Service(
        served,
        listed,
        history.count_of_lane(lane),
        tuple(each for each in previews if each.service == served.service),
        offers_at(served, history.of_lane(lane, 0, LOOKED_AT)),
        outcome_of_press(store, pressed, served.repository),
        beside,
    )


def _with_those_beside(history: History, newest: Listed) -> tuple[Served, tuple[Served, ...]]:
    """What serves in this lane, and the same service in its other regions."""
    named = service_and_environment(newest.report.check_name)
    every = [
        each
        for each in history.newest_of_lanes([newest.report.commit.repository.id])
        if each.lane != newest.lane and service_and_environment(each.report.check_name) == named
    ]
    every = [newest, *every]
    serving = history.serving([each.lane for each in every])
    of, locks = history.of_commits(serving.values()), history.locks()
    own = Served(newest, serving.get(newest.lane), of.get(newest.lane), locks.get(newest.lane))
    beside = tuple(row for row in rows(every, serving, of, locks) if row.newest.lane != newest.lane)
    return replace(own, several=bool(beside)), beside


def _median(history: tuple[Listed, ...]) -> float:
    """Seconds of work, over those that went live; 0 when none did."""
    took = sorted(worked(each.report.rows) for each in history if each.report.ending is Ending.LIVE)
    return took[len(took) // 2] if took else 0.0
