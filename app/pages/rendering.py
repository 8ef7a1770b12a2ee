"""Templates become pages; what is shown is escaped by the template engine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from app.model import service_and_environment
from app.pages import served, times
from app.pages.access import Visitor
from app.pages.advice import advised
from app.pages.asked import addresses_of
from app.pages.why import why
from app.report import BLAMES, duration, silence, title, worked
from app.text.escaping import plain, web_address


def _shown(value: Any) -> Any:
    """Whatever a template prints; the engine escapes it next."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


ASSETS = {
    "/style.css": "text/css",
    "/pages.js": "text/javascript",
    "/icon.svg": "image/svg+xml",
}
TEMPLATES = Path(__file__).parent / "templates"
PAGES = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(),
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters |= {"address": web_address, "advised": advised, "duration": duration}
PAGES.globals |= {
    "ago": times.ago,
    "blames": BLAMES,
    "clock": times.clock,
    "day": times.day,
    "exact": times.exact,
    "length": times.length,
    "machine": times.machine,
    "named": service_and_environment,
    "on_its_way": served.on_its_way,
    "silence": silence,
    "state_of": served.state_of,
    "title": title,
    "why": why,
    "worked": worked,
}


def page(name: str, *, status: int = 200, visitor: Visitor | None = None, **words: Any) -> HTMLResponse:
    """A page; `visitor` is who looks, for its corner and the ways that are open to them."""
    return HTMLResponse(PAGES.get_template(name).render(visitor=visitor, **words), status_code=status)


def part(name: str, **words: Any) -> str:
    """The inside of one element of a page, as the page itself has it."""
    return PAGES.get_template(name).render(**words)


def seen(request: Request) -> dict[str, Any]:
    """What each page of deployments is written with.

    A stream keeps the `now` of its beginning, so that parts that have not changed stay the same text.
    """
    return {"to": addresses_of(request), "now": request.scope["state"].setdefault("now", time.time())}


def assets() -> list[Route]:
    """The pages' one style sheet, one script and one icon."""

    def route(path: str, kind: str) -> Route:
        async def asset(_request: Request) -> Response:
            return FileResponse(TEMPLATES / path[1:], media_type=kind)

        return Route(path, asset)

    return [route(path, kind) for path, kind in ASSETS.items()]
