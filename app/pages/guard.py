"""Before each page and each answer to a program: who looks, whether anybody may, and what a browser is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.github.errors import GitHubError
from app.model import Person
from app.pages.access import Access, Bearer, Visitor
from app.pages.rendering import ASSETS, page
from app.pages.sign_in import CALLBACK, SIGN_IN, SIGN_OUT, Doorman
from app.pages.strangers import WITHIN_SECONDS, From, TooMany
from app.settings import Settings
from app.store import Store
from app.telemetry import log

FREE = (SIGN_IN, CALLBACK, SIGN_OUT)
# Who asks for these is no person that could sign in.
FOR_SCRIPTS = ("application/json", "text/event-stream")
READS = ("GET", "HEAD")
# What programs ask: never with a way to a page for an answer, and changed by nobody's cookie.
API = "/api/"
# These tell of no repository, or ask for themselves whether everybody may read it.
DESCRIPTION, BADGES = "/api/v1/openapi.json", "/badge/"
# Our pages load their own style and scripts and nothing else, in nobody's frame.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer, with which a browser names no origin with a form, not even to us:
    # https://fetch.spec.whatwg.org/#append-a-request-origin-header
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
HTTPS_ONLY = "max-age=31536000"
EXAMPLE = "$(gh auth token)"
TOO_MANY = (
    "Too many unknown tokens came within a minute, so GitHub is not asked about one that it has not "
    "vouched for here before. Ask again in a minute."
)


@dataclass(frozen=True)
class Guard:
    """The pages behind it get `request.state.visitor`."""

    pages: ASGIApp
    settings: Settings
    doorman: Doorman
    access: Access
    store: Store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(MutableHeaders(scope=message), scope["path"])
            await send(message)

        request = Request(scope, receive)
        app: ASGIApp = await self._refusal(request) or self.pages
        await app(scope, receive, told)

    def visitor(self, request: Request) -> Visitor | None:
        """Who looks; None when nobody has signed in and somebody has to."""
        person = self.doorman.person(request) if self.settings.can_sign_in else None
        operates = person is not None and self._operates(person)
        if self.settings.pages == "open":
            return Visitor(person, is_operator=True, operates=operates)
        return Visitor(person, operates, operates=operates) if person else None

    def _operates(self, person: Person) -> bool:
        named = self.settings.operators
        return bool(named) and self.store.operators.operates(named, person.login, person.id)

    async def _refusal(self, request: Request) -> Response | None:
        """Why this request goes no further; None when it does, with its visitor known."""
        if request.scope["path"].startswith(API):
            return await self._refused_program(request)
        return await self._refused_browser(request)

    async def _refused_program(self, request: Request) -> Response | None:
        """A token goes before a cookie, and what changes something takes one: no page of another site has it."""
        bearer = _bearer(request)
        try:
            who = partial(self._holder, request, bearer) if bearer else partial(self.visitor, request)
            visitor = await run_in_threadpool(who)
        except TooMany:
            return JSONResponse({"reason": TOO_MANY}, 429, {"retry-after": f"{WITHIN_SECONDS:.0f}"})
        except GitHubError as error:
            log.fault("access.unknown", error)
            return JSONResponse({"reason": "GitHub cannot be asked who this is. Ask again in a minute."}, 503)
        request.scope.setdefault("state", {})["visitor"] = visitor
        if request.scope["path"] == DESCRIPTION or (visitor and (bearer or request.method in READS)):
            return None
        why = f"Send a token of yours at GitHub, as in: Authorization: Bearer {EXAMPLE}"
        return JSONResponse({"reason": why}, 401, {"www-authenticate": "Bearer"})

    def _holder(self, request: Request, bearer: Bearer) -> Visitor | None:
        """Whose token it is. An operator's opens no more here than at GitHub, where it may be meant for little."""
        person = self.access.person(bearer, From(self.doorman.client_address(request)))
        return Visitor(person, self.settings.pages == "open", bearer) if person else None

    async def _refused_browser(self, request: Request) -> Response | None:
        path = request.scope["path"]
        if request.method not in READS and not self._from_here(request):
            return JSONResponse(
                {
                    "reason": "This request came from another site's page. Use the form on ServerGem's own page."
                },
                403,
            )
        visitor = request.scope.setdefault("state", {})["visitor"] = await run_in_threadpool(
            self.visitor, request
        )
        if path in ASSETS or path.startswith(BADGES) or visitor is not None:
            return None
        if not self.settings.can_sign_in:
            return page("closed.html", status=403)
        if path in FREE:
            return None
        accept = request.headers.get("accept", "")
        if request.method == "GET" and not any(each in accept for each in FOR_SCRIPTS):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{SIGN_IN}?to={quote(path + query, safe='')}", 303)
        return JSONResponse({"reason": f"Sign in at {self.settings.public_url}{SIGN_IN}."}, 401)

    def _from_here(self, request: Request) -> bool:
        """Whether a page of ours sent it: each browser names the origin with a POST."""
        ours = urlsplit(self.settings.public_url)
        return request.headers.get("origin") == f"{ours.scheme}://{ours.netloc}"

    def _tell(self, headers: MutableHeaders, path: str) -> None:
        kept = {"cache-control": "max-age=3600"} if path in ASSETS else {}
        if path.startswith(BADGES) and "cache-control" in headers:
            kept = {"cache-control": headers["cache-control"]}
        headers.update(HEADERS | kept)
        if self.settings.public_url.startswith("https://"):
            headers["strict-transport-security"] = HTTPS_ONLY


def _bearer(request: Request) -> Bearer | None:
    """The token that the request carries; an empty one where its header is of another kind."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return Bearer(token.strip() if scheme.lower() == "bearer" else "")
