"""The badge: for a README, what serves of a service, or that its newest deployment failed."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.github.errors import GitHubError
from app.model import Ending, Repository
from app.pages.access import Access, Visitor
from app.pages.asked import may_read, store_of
from app.pages.served import Served, rows
from app.store import Store
from app.telemetry import log
from app.text.escaping import one_line

# Whose contrast with white is 4.5 at least: https://www.w3.org/TR/WCAG22/#contrast-minimum
GREEN, RED, BLUE, GREY, DARK = "#1a7f37", "#cf222e", "#0969da", "#57606a", "#24292f"
# GitHub's proxy for images keeps one as long as it is told to:
# https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-anonymized-urls
FOR_EVERYBODY, FOR_ONE = "public, max-age=60", "private, no-store"
HEIGHT, PADDING, LETTER = 20, 6, 6.6  # pixels; a letter's width as 11 px of a sans serif are on average
DRAWING = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{height}" role="img"'
    ' aria-label="{service}: {words}"><title>{service}: {words}</title>'
    '<rect width="{whole}" height="{height}" rx="3" fill="{dark}"/>'
    '<rect x="{left}" width="{right}" height="{height}" rx="3" fill="{colour}"/>'
    '<rect x="{left}" width="3" height="{height}" fill="{colour}"/>'
    '<g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
    '<text x="{padding}" y="14" textLength="{service_length}">{service}</text>'
    '<text x="{words_at}" y="14" textLength="{words_length}">{words}</text></g></svg>\n'
)


@dataclass(frozen=True)
class Badge:
    """What it says, on a colour."""

    words: str
    colour: str


async def badge(request: Request) -> Response:
    """To strangers only while the repository is public; what they may not see is as what is not there."""
    try:
        found = await _found(request)
    except GitHubError as error:
        log.fault("badge.unknown", error)
        return PlainTextResponse("GitHub cannot be asked whether everybody may see this.\n", 503)
    if found is None:
        return PlainTextResponse("There is no such badge, or not everybody may see it.\n", 404)
    served, kept = found
    drawn = drawing(served.service, badge_of(served))
    return Response(drawn, media_type="image/svg+xml", headers={"cache-control": kept})


async def _found(request: Request) -> tuple[Served, str] | None:
    """What it is about, and how long who may keep it."""
    parts, environment = request.path_params, request.query_params.get("environment", "production")
    full_name = f"{parts['owner']}/{parts['repo']}".lower()
    every = await run_in_threadpool(store_of(request).deployments.repositories)
    for repository in every:
        if repository.full_name.lower() == full_name and (kept := await _kept(request, repository)):
            served = await run_in_threadpool(_served, store_of(request), repository)
            named = (parts["service"], environment)
            return next(((each, kept) for each in served if (each.service, each.environment) == named), None)
    return None


async def _kept(request: Request, repository: Repository) -> str:
    """Empty where this visitor may not see it."""
    access: Access = request.app.state.access
    if await run_in_threadpool(access.is_public, repository):
        return FOR_EVERYBODY
    visitor: Visitor | None = request.state.visitor
    return FOR_ONE if visitor and await may_read(request, repository) else ""


def _served(store: Store, repository: Repository) -> list[Served]:
    newest = store.history.newest_of_lanes([repository.id])
    return rows(newest, store.history.serving([each.lane for each in newest]), {}, {})


def badge_of(served: Served) -> Badge:
    """Red as long as the newest deployment has failed; else what serves."""
    ending = served.newest.report.ending
    if ending is Ending.FAILED:
        return Badge("failing", RED)
    if served.shift:
        return Badge(f"live {served.shift.sha[:7]}", GREEN)
    return Badge("deploying", BLUE) if ending is None else Badge("not live", GREY)


def drawing(service: str, said: Badge) -> str:
    """As SVG, without a font or script of its own; its letters are given the room that they take on average."""
    service = one_line(service)
    service_length, words_length = round(len(service) * LETTER), round(len(said.words) * LETTER)
    left, right = service_length + 2 * PADDING, words_length + 2 * PADDING
    return DRAWING.format(
        service=service,
        words=said.words,
        colour=said.colour,
        dark=DARK,
        whole=left + right,
        left=left,
        right=right,
        height=HEIGHT,
        padding=PADDING,
        words_at=left + PADDING,
        service_length=service_length,
        words_length=words_length,
    )
