"""Deliveries: each webhook, and what became of it; an operator has GitHub deliver again what was given up."""

from __future__ import annotations

import time
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.github.errors import GitHubError
from app.pages.access import Access
from app.pages.asked import page_number, store_of, visitor_of
from app.pages.delivery_outcome import outcomes_of
from app.pages.deployment import missing
from app.pages.form import Untaken, refused, sent, token_of
from app.pages.rendering import page, seen
from app.store.rows import GIVEN_UP, Received
from app.telemetry import log

MOST_ROWS = 50
MOST_PAGES = 20
# What is older GitHub cannot deliver again:
# https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
DELIVERABLE = 3 * 86_400.0
# GitHub's clock and ours, and its first try before the one that we have; seconds.
CLOCKS = 3600.0
TOO_OLD = "GitHub keeps deliveries for three days, and this one no longer. Push once more."
NOT_GIVEN_UP = "This delivery was not given up, so another of it would change nothing."
NOT_ASKED = "GitHub did not take it. Press again in a minute, or use the App's settings: Advanced, Redeliver."


async def deliveries(request: Request) -> Response:
    """To whoever is no operator the page does not exist: a delivery tells of repositories that they may not read."""
    if not visitor_of(request).is_operator:
        return missing(request, "page")
    number = min(page_number(request), MOST_PAGES)
    found = await run_in_threadpool(store_of(request).deliveries, number * MOST_ROWS + 1)
    rows = found[(number - 1) * MOST_ROWS : number * MOST_ROWS]
    more = len(found) > number * MOST_ROWS and number < MOST_PAGES
    return page(
        "deliveries.html",
        visitor=visitor_of(request),
        rows=rows,
        outcomes=await run_in_threadpool(outcomes_of, store_of(request), rows),
        names=await run_in_threadpool(store_of(request).history.names_of, {each.repository for each in rows}),
        number=number,
        more=more,
        token=token_of(request) if visitor_of(request).operates else "",
        again={each.id for each in rows if _deliverable(each)},
        asked=_asked(request, rows),
        **seen(request),
    )


async def redeliver(request: Request) -> Response:
    """303 back to the list, once GitHub has been asked to deliver this event again."""
    if not visitor_of(request).operates:
        return missing(request, "page")
    id_ = request.path_params["delivery"]
    try:
        await sent(request)
        await run_in_threadpool(_redeliver, request, id_)
    except Untaken as untaken:
        return refused(request, untaken, "/deliveries")
    return RedirectResponse(f"/deliveries?asked={quote(id_)}", 303)


def _redeliver(request: Request, id_: str) -> None:
    access: Access = request.app.state.access
    every = store_of(request).deliveries(MOST_PAGES * MOST_ROWS)
    known = next((each for each in every if each.id == id_), None)
    if known is None or not _deliverable(known):
        raise Untaken(409, NOT_GIVEN_UP)
    try:
        attempt = access.github.last_attempt(id_, known.received_at - CLOCKS)
        if attempt is None:
            raise Untaken(409, TOO_OLD)
        access.github.redeliver(attempt)
    except GitHubError as error:
        log.fault("delivery.not_redelivered", error)
        raise Untaken(502, NOT_ASKED) from error
    person = visitor_of(request).person
    log.fact("delivery.redelivered", delivery=id_, attempt=attempt.id, sender=person.login if person else "")


def _deliverable(each: Received) -> bool:
    """What was handled is the same delivery when it comes again, and is left alone."""
    given_up = (each.outcome or "").startswith(GIVEN_UP)
    return given_up and each.received_at > time.time() - DELIVERABLE


def _asked(request: Request, rows: list[Received]) -> str:
    """The delivery that GitHub was asked for just now, if it is one of these."""
    asked = request.query_params.get("asked", "")
    return asked if any(each.id == asked for each in rows) else ""
