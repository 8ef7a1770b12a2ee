"""Pressing a button on a page: only from this session's own page, only by who may write now; then what came of it."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.model import Button, Person
from app.pages.access import Access
from app.pages.asked import found_for, store_of, visitor_of
from app.pages.deployment import missing
from app.pages.form import NOBODY, Untaken, refused, sent
from app.pages.offers import Offer, offers_of
from app.pages.presses import Begins, begin
from app.pages.service import offers_in
from app.process.hatch import Away
from app.store.history import Listed

# So long the answer waits for the decision, mostly under a second; the page itself shows one that comes later.
DECIDED_SECONDS, LOOK_SECONDS = 3.0, 0.1
ONLY_A_DOOR = (
    "This address leads to a `servergem door`, which starts nothing itself. Press the button on the check run at "
    "GitHub, or "
    "write the command in a comment, or ask a `servergem serve`."
)
GONE = "This button is not there any more: something has happened since the page was loaded. Reload it."


async def press(request: Request) -> Response:
    """303 to the page that it was pressed on; what may not be read is answered as what is not there."""
    try:
        given = await sent(request)
        listed = await found_for(request, request.path_params["id"])
        if listed is None:
            return missing(request)
        at_service = given.get("at") == "service" and bool(listed.lane)
        offer = await run_in_threadpool(_offer, request, listed, given.get("button", ""), at_service)
        pressed = await run_in_threadpool(_pressed, request, listed, offer.button, given.get("words", ""))
    except Untaken as untaken:
        return refused(request, untaken)
    await _decided(request, pressed)
    page = f"/services/{quote(listed.lane)}" if at_service else f"/deployments/{quote(listed.id)}"
    return RedirectResponse(f"{page}?pressed={pressed}", 303)


def _offer(request: Request, listed: Listed, button: str, at_service: bool) -> Offer:
    """The button as the page offers it at this moment; Untaken when it does not."""
    store = store_of(request)
    newest = store.history.serving([listed.lane]).get(listed.lane) if listed.lane else None
    offers = offers_of(listed, newest) + (offers_in(store, listed.lane) if at_service else ())
    found = next((each for each in offers if (each.button, each.deployment_id) == (button, listed.id)), None)
    if found is None or found.why_not:
        raise Untaken(409, GONE)
    return found


def _pressed(request: Request, listed: Listed, button: Button, words: str) -> str:
    """The press's id, once its story has begun."""
    world: Begins | None = request.app.state.begins
    if world is None:
        raise Untaken(503, ONLY_A_DOOR)
    person = _writer(request, listed, button)
    try:
        return begin(world, listed, button, person, "page", words).delivery_id
    except Away as away:
        raise Untaken(503, str(away)) from away


def _writer(request: Request, listed: Listed, button: Button) -> Person:
    access: Access = request.app.state.access
    person, repository = visitor_of(request).person, listed.report.commit.repository
    if person is None:
        raise Untaken(403, NOBODY)
    if not access.writes(person, repository):
        raise Untaken(403, f"{button.label} takes write permission to {repository.full_name}.")
    return person


async def _decided(request: Request, pressed: str) -> None:
    """Wait a moment for what comes of it."""
    world: Begins = request.app.state.begins
    until = time.monotonic() + DECIDED_SECONDS
    while time.monotonic() < until and not await run_in_threadpool(world.finished, pressed):
        await asyncio.sleep(LOOK_SECONDS)
