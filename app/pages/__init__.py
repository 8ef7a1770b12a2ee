"""The web pages: what is and was deployed, and one deployment with its stages and its log."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from app.model import Report
from app.report import duration, title
from app.store import Store

NEWEST = 50
PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters["duration"] = duration


def routes() -> list[Route]:
    """The pages' addresses; `/deployments/ID` is where a check run's "Details" leads."""
    return [
        Route("/", _deployments),
        Route("/deployments.json", _deployments_as_json),
        Route("/deployments/{id}", _deployment),
    ]


async def _deployments(request: Request) -> Response:
    reports = await run_in_threadpool(_store(request).reports, NEWEST)
    return _page("deployments.html", reports=reports, title=title)


async def _deployments_as_json(request: Request) -> Response:
    reports = await run_in_threadpool(_store(request).reports, NEWEST)
    return JSONResponse([_as_json(report) for report in reports])


async def _deployment(request: Request) -> Response:
    store = _store(request)
    report = await run_in_threadpool(store.report, request.path_params["id"])
    if report is None:
        return _page("missing.html", status=404, id=request.path_params["id"])
    lines = await run_in_threadpool(store.log_lines, report.deployment_id)
    return _page("deployment.html", report=report, title=title(report), lines=lines)


def _page(name: str, *, status: int = 200, **words: Any) -> HTMLResponse:
    return HTMLResponse(PAGES.get_template(name).render(**words), status_code=status)


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "id": report.deployment_id,
        "repository": report.commit.repository.full_name,
        "sha": report.commit.sha,
        "name": report.check_name,
        "title": title(report),
        "ending": report.ending,
        "url": report.url,
        "revision": report.revision,
        "rows": [asdict(row) for row in report.rows],
    }


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
