"""What every page has: its frame, Markdown, somebody who reads it, and forms that end in another page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.github.actors import Actor
from sandbox.github.answers import Refused, not_found
from sandbox.github.records import Repo
from sandbox.github.shapes import Shapes
from sandbox.github.state import FOUNDER, Hub

FOLDER = Path(__file__).parent / "pages"
# `?as=grace` on any page, or the box in its corner, makes the reader somebody else from then on.
SWITCH, COOKIE = "as", "acting_as"
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
# What a person wrote is shown, never run.
_MARKDOWN = MarkdownIt("gfm-like", {"html": False, "linkify": False})
# The one tag that check runs need: a new line in a cell of a table.
_BREAK = "&lt;br&gt;"
_HIDDEN = re.compile(r"<!--.*?-->\s*", re.DOTALL)
# Where GitHub shows the sign of a check run's end.
SIGNS = {
    "success": "✓",
    "failure": "✗",
    "timed_out": "✗",
    "cancelled": "⊘",
    "neutral": "■",
    "skipped": "⊘",
    "action_required": "!",
}

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Visit:
    """Somebody at an address of the site, and what they filled in there."""

    hub: Hub
    base: str
    who: str
    params: Fields
    query: Fields
    form: Fields

    @property
    def actor(self) -> Actor:
        return Actor(Shapes(self.base, self.hub), self.who)

    @property
    def repo(self) -> Repo:
        repo = self.hub.find(self.params["owner"], self.params["name"])
        if repo is None:
            raise not_found()
        return repo

    def number(self, name: str) -> int:
        if not self.params[name].isdecimal():
            raise not_found()
        return int(self.params[name])

    def insist_on_writer(self) -> None:
        """Buttons are for those who may write to the repository."""
        if not self.hub.may_write(self.repo, self.who):
            raise Refused(403, f"{self.who} may not write to {self.repo.full_name}.")


Page = Callable[[Visit], Response]


class Site:
    """Renders templates, and turns pages into routes."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._jinja = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape())
        self._jinja.filters["markdown"] = _shown_as_html
        self._jinja.globals["signs"] = SIGNS

    def page(self, visit: Visit, template: str, **facts: object) -> Response:
        return HTMLResponse(self._jinja.get_template(template).render(who=visit.who, **facts))

    def routes(self, pages: Mapping[str, Page], forms: Mapping[str, Page]) -> Iterator[Route]:
        """A page is looked at, a form is sent; the same address may be both."""
        for path, page in pages.items():
            yield Route(path, self._endpoint(page), methods=["GET"])
        for path, page in forms.items():
            yield Route(path, self._endpoint(page), methods=["POST"])

    def _endpoint(self, page: Page) -> Callable[..., object]:
        async def answer(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            visit = self._visit(request, form)
            response = await run_in_threadpool(self._shown, page, visit)
            if SWITCH in request.query_params:
                response.set_cookie(COOKIE, visit.who)
            return response

        return answer

    def _visit(self, request: Request, form: Fields) -> Visit:
        query = dict(request.query_params)
        who = query.get(SWITCH) or request.cookies.get(COOKIE, "")
        return Visit(
            self.hub,
            f"http://{request.headers['host']}",
            who if _LOGIN.fullmatch(who) else FOUNDER,
            dict(request.path_params),
            query,
            form,
        )

    def _shown(self, page: Page, visit: Visit) -> Response:
        try:
            return page(visit)
        except Refused as refused:
            told = [
                error.get("message") or f"{error['field']} is {error['code']}" for error in refused.errors
            ]
            response = self.page(visit, "refused.html", refused=refused, reasons=told)
            response.status_code = refused.status
            return response


def _shown_as_html(text: str | None) -> Markup:
    """Markdown as GitHub shows it: what stands in an HTML comment is not seen."""
    seen = _HIDDEN.sub("", text or "")
    return Markup(_MARKDOWN.render(seen).replace(_BREAK, "<br>"))  # noqa: S704 - no HTML passes


def to(address: str) -> Response:
    """Where the reader finds what the form did."""
    return RedirectResponse(address, 303)
