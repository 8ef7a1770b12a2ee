"""One service in one environment: what serves, what was deployed there and rolled back, and its previews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.model import Ending
from app.pages.asked import may_read, page_number, store_of, visitor_of
from app.pages.deployment import missing
from app.pages.rendering import page, part, seen
from app.pages.served import Served
from app.report import worked
from app.store import Store
from app.store.history import Listed
from app.store.previews import PreviewRow

MOST_ROWS = 25


@dataclass(frozen=True)
class Service:
    """What serves, one page of its `count` deployments, and its previews."""

    served: Served
    history: tuple[Listed, ...]
    count: int
    previews: tuple[PreviewRow, ...]


async def service(request: Request) -> Response:
    """What may not be read is answered as what is not there."""
    found = await _found(request)
    if found is None:
        return missing(request, "service")
    return page("service.html", visitor=visitor_of(request), **_words(request, found))


async def service_parts(request: Request) -> dict[str, str] | None:
    """The parts of the page that change by themselves; None when it may not be read any more."""
    found = await _found(request)
    if found is None:
        return None
    words = _words(request, found)
    return {name: part(f"service_{name}.html", **words) for name in ("serves", "history")}


async def _found(request: Request) -> Service | None:
    number = page_number(request)
    found = await run_in_threadpool(_read, store_of(request), request.path_params["lane"], number)
    return found if found and await may_read(request, found.served.repository) else None


def _words(request: Request, found: Service) -> dict[str, Any]:
    lane = found.served.newest.lane
    here, number = f"/services/{quote(lane)}", page_number(request)
    return seen(request) | {
        "service": found,
        "served": found.served,
        "lane": lane,
        "median": _median(found.history),
        "number": number,
        "pages": max(1, -(-found.count // MOST_ROWS)),
        "to_page": lambda wanted: f"{here}?page={wanted}",
        "live": f"/live{here}?page={number}",
    }


def _read(store: Store, lane: str, number: int) -> Service | None:
    history = store.history
    newest = next(iter(history.of_lane(lane, 0, 1)), None)
    if newest is None or not lane:
        return None
    serving = history.serving([lane])
    of = history.of_commits(serving.values())
    served = Served(newest, serving.get(lane), of.get(lane), history.locks().get(lane))
    previews = store.previews.of_repository(served.repository.id)
    return Service(
        served,
        tuple(history.of_lane(lane, (number - 1) * MOST_ROWS, MOST_ROWS)),
        history.count_of_lane(lane),
        tuple(each for each in previews if each.service == served.service),
    )


def _median(history: tuple[Listed, ...]) -> float:
    """Seconds of work, over those that went live; 0 when none did."""
    took = sorted(worked(each.report.rows) for each in history if each.report.ending is Ending.LIVE)
    return took[len(took) // 2] if took else 0.0
