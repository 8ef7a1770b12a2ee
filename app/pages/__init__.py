"""The web pages: what serves, each service, each deployment with its log, deliveries, and what a log says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.github.errors import GitHubError
from app.github.sign_in import SignIn, web_url
from app.github.user_tokens import UserTokens
from app.model import Report
from app.pages.access import Access
from app.pages.addresses import Addresses
from app.pages.asked import readable, store_of
from app.pages.badge import badge
from app.pages.deliveries import deliveries, redeliver
from app.pages.deployment import deployment, deployment_lines, deployment_log, missing
from app.pages.explain import Explaining
from app.pages.guard import Guard
from app.pages.held_open import HeldOpen
from app.pages.home import home
from app.pages.insight import insight_page
from app.pages.live import Streams
from app.pages.pressing import press
from app.pages.quoted import Quotes
from app.pages.rendering import assets, page
from app.pages.service import service
from app.pages.session import Cookies
from app.pages.sign_in import CALLBACK, Doorman
from app.report import title
from app.settings import Settings
from app.store import Store
from app.text.escaping import plain_data

if TYPE_CHECKING:
    from app.github import GitHub
    from app.pages.presses import Begins

NEWEST = 50


def site(
    settings: Settings,
    store: Store,
    github: GitHub,
    begins: Begins | None = None,
    beside: Sequence[BaseRoute] = (),
) -> Guard:
    """The pages behind their guard; `/deployments/ID` is where a check run's "Details" leads.

    Without `begins` (in a lone door) no button begins anything. `beside` is what else is behind the guard: the answers
    to programs.
    """
    sign_in = SignIn(
        settings.github_api_url,
        settings.github_client_id,
        settings.github_client_secret,
        settings.public_url + CALLBACK,
    )
    doorman = Doorman(sign_in, Cookies.derived(settings.github_webhook_secret, settings.public_url), store)
    pages = Starlette(
        routes=[*beside, *_routes(), *Streams().routes(), *assets(), *doorman.routes()],
        exception_handlers={GitHubError: _unknown, 404: _no_page},
    )
    # It would be sent to under whatever name it came.
    pages.router.redirect_slashes = False
    access = Access(github, UserTokens(settings.github_api_url))
    pages.state.store, pages.state.access = store, access
    pages.state.begins, pages.state.cookies = begins, doorman.cookies
    pages.state.doorman, pages.state.quotes = doorman, Quotes(github)
    pages.state.downloads = HeldOpen()
    pages.state.addresses = Addresses(web_url(settings.github_api_url))
    return Guard(pages, settings, doorman, access, store)


def _routes() -> list[Route]:
    explaining = Explaining()
    return [
        Route("/", home),
        Route("/deployments.json", _deployments_as_json),
        Route("/deployments/{id}", deployment),
        Route("/deployments/{id}/log.txt", deployment_log),
        Route("/deployments/{id}/lines", deployment_lines),
        Route("/deployments/{id}/press", press, methods=["POST"]),
        Route("/services/{lane:path}", service),
        Route("/insight", insight_page),
        Route("/deliveries", deliveries),
        Route("/deliveries/{delivery}/redeliver", redeliver, methods=["POST"]),
        Route("/badge/{owner}/{repo}/{service}.svg", badge),
        Route("/explain", explaining.asked),
        Route("/explain", explaining.told, methods=["POST"]),
    ]


async def _deployments_as_json(request: Request) -> Response:
    """The newest deployments of what this visitor may read."""
    reports = await run_in_threadpool(store_of(request).deployments.reports, NEWEST, await readable(request))
    return JSONResponse(plain_data([_as_json(report) for report in reports]))


async def _unknown(_request: Request, _error: Exception) -> Response:
    return page("unknown.html", status=503)


async def _no_page(request: Request, _error: Exception) -> Response:
    return missing(request, "page")


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
