"""One deployment: how it ended and by which rule, findings, stages, its log, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.pages.asked import may_read, number, store_of, visitor_of
from app.pages.found_lines import found as lines_found
from app.pages.found_lines import parts as parts_of_log
from app.pages.log_lines import Window, log_html, log_text, window
from app.pages.offers import Offer, offers_of
from app.pages.presses import PressOutcome, outcome_of_press, pressed_in, shower_of
from app.pages.quoted import Quotes
from app.pages.rendering import page, part, seen
from app.store import Store
from app.store.history import Listed

PARTS = ("pressed", "head", "buttons", "findings", "stages", "silence")


@dataclass(frozen=True)
class Shown:
    """A deployment with what stands beside it. `before` is the commit that served until it went live.

    `outcome` is of the press that the address asks about; `printed` says whether its log has a line.
    """

    listed: Listed
    before: str = ""
    offers: tuple[Offer, ...] = ()
    outcome: PressOutcome | None = None
    printed: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether more will be told of it by itself."""
        return self.listed.under_way or (self.outcome is not None and self.outcome.goes_on)


async def deployment(request: Request) -> Response:
    """What may not be read is answered as what is not there."""
    found = await shown(request)
    if found is None:
        return missing(request)
    history, report = store_of(request).history, found.listed.report
    log = await run_in_threadpool(window, history, report, number(request, "at", 0))
    asked = request.query_params.get("find", "")
    words = await _words(request, found, log) | {
        "found": await run_in_threadpool(lines_found, history, report.deployment_id, asked),
        "parts": await run_in_threadpool(parts_of_log, history, report.deployment_id),
    }
    return page("deployment.html", visitor=visitor_of(request), log=log, **words)


async def deployment_log(request: Request) -> Response:
    if await shown(request) is None:
        return missing(request)
    return await log_text(request, request.path_params["id"])


async def deployment_lines(request: Request) -> Response:
    if await shown(request) is None:
        return missing(request)
    return await log_html(request, request.path_params["id"])


async def deployment_parts(request: Request, found: Shown) -> dict[str, str]:
    """The parts of the page that change by themselves; the log is told line by line."""
    words = await _words(request, found)
    return {name: part(f"deployment_{name}.html", **words) for name in PARTS}


def missing(request: Request, what: str = "deployment") -> Response:
    id_ = request.path_params.get("id", "")
    return page("missing.html", status=404, visitor=visitor_of(request), id=id_, what=what)


async def shown(request: Request) -> Shown | None:
    """The deployment that the address names, where this visitor may read it."""
    asked = (request.path_params["id"], pressed_in(request))
    found = await run_in_threadpool(_read, store_of(request), *asked)
    if found is None or not await may_read(request, found.listed.report.commit.repository):
        return None
    return found


def _read(store: Store, id_: str, pressed: str) -> Shown | None:
    listed = store.history.one(id_)
    if listed is None:
        return None
    shifts = store.traffic.shifts(listed.lane) if listed.lane else []
    earlier = [
        each for each in shifts if each.deployment_id != id_ and each.time <= (listed.ended or each.time)
    ]
    offers = offers_of(listed, next(iter(shifts), None))
    outcome = outcome_of_press(store, pressed, listed.report.commit.repository)
    printed = bool(store.history.lines(id_, 1, 1))
    return Shown(listed, next((each.sha for each in earlier), ""), offers, outcome, printed)


async def _words(request: Request, found: Shown, log: Window | None = None) -> dict[str, Any]:
    listed, pressed = found.listed, pressed_in(request)
    quotes: Quotes = request.app.state.quotes
    after = f"?after={log.last if log else 0}" + (f"&pressed={pressed}" if pressed else "")
    return seen(request) | {
        "each": listed,
        "report": listed.report,
        "commit": listed.report.commit,
        "before": found.before,
        "offers": found.offers,
        "outcome": found.outcome,
        "printed": found.printed,
        "sources": await run_in_threadpool(quotes.of, listed.report.commit, listed.report.findings),
        "shower": await shower_of(request, listed.report.commit.repository, found.offers),
        "at": "deployment",
        "check_run_of": listed,
        "live": f"/live/deployments/{listed.id}{after}" if found.goes_on else "",
    }
