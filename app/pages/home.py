"""Home: what serves now, what runs at this moment, the previews, and the newest deployments."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.pages.asked import page_number, readable, store_of, visitor_of
from app.pages.rendering import page, part, seen
from app.pages.served import Choices, Filters, Served, rows
from app.store import Store
from app.store.history import Listed
from app.store.previews import PreviewRow

MOST_ROWS = 50
NEWEST = 20


@dataclass(frozen=True)
class Everything:
    """All that a visitor may see of it."""

    served: tuple[Served, ...]
    running: tuple[Listed, ...]
    previews: tuple[tuple[PreviewRow, Listed], ...]
    newest: tuple[Listed, ...]


async def home(request: Request) -> Response:
    every = await _everything(request)
    return page("home.html", visitor=visitor_of(request), **_words(request, every))


async def home_parts(request: Request) -> dict[str, str]:
    """The parts of the page that change by themselves."""
    words = _words(request, await _everything(request))
    return {name: part(f"home_{name}.html", **words) for name in ("running", "serves", "newest")}


def _words(request: Request, every: Everything) -> dict[str, Any]:
    filters = Filters.asked(request.query_params)
    fitting = [row for row in every.served if filters.fits(row)]
    pages = max(1, -(-len(fitting) // MOST_ROWS))
    number = min(page_number(request), pages)
    query = {name: word for name, word in asdict(filters).items() if word and name != "words"}
    query |= {"q": filters.words} if filters.words else {}
    return seen(request) | {
        "every": every,
        "filters": filters,
        "choices": Choices.among(every.served),
        "rows": fitting[(number - 1) * MOST_ROWS : number * MOST_ROWS],
        "count": len(fitting),
        "number": number,
        "pages": pages,
        "to_page": lambda wanted: "/?" + urlencode(query | {"page": wanted}),
        "live": f"/live/?{urlencode(query | {'page': number})}",
    }


async def _everything(request: Request) -> Everything:
    return await run_in_threadpool(_read, store_of(request), await readable(request))


def _read(store: Store, repositories: frozenset[int] | None) -> Everything:
    history = store.history
    of_lanes = history.newest_of_lanes(repositories)
    by_lane = {each.lane: each for each in of_lanes}
    serving = history.serving(by_lane)
    newest = history.newest(repositories, NEWEST)
    running = {each.id: each for each in (*newest, *of_lanes) if each.under_way}
    previews = [(row, by_lane[row.lane]) for row in store.previews.every() if row.lane in by_lane]
    return Everything(
        tuple(rows(of_lanes, serving, history.of_commits(serving.values()), history.locks())),
        tuple(sorted(running.values(), key=lambda each: -each.started)),
        tuple(sorted(previews, key=lambda each: -each[1].started)),
        tuple(newest),
    )
