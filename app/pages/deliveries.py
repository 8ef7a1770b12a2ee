"""Deliveries: each webhook, and what became of it; for operators."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.pages.asked import page_number, store_of, visitor_of
from app.pages.deployment import missing
from app.pages.rendering import page, seen

MOST_ROWS = 50
MOST_PAGES = 20


async def deliveries(request: Request) -> Response:
    """To whoever is no operator the page does not exist: a delivery tells of repositories that they may not read."""
    if not visitor_of(request).is_operator:
        return missing(request, "page")
    number = min(page_number(request), MOST_PAGES)
    found = await run_in_threadpool(store_of(request).deliveries, number * MOST_ROWS + 1)
    rows = found[(number - 1) * MOST_ROWS : number * MOST_ROWS]
    more = len(found) > number * MOST_ROWS and number < MOST_PAGES
    return page(
        "deliveries.html", visitor=visitor_of(request), rows=rows, number=number, more=more, **seen(request)
    )
