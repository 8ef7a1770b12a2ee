"""Before each page: who looks, whether anybody may, and what a browser is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.pages.access import Visitor
from app.pages.rendering import ASSETS, page
from app.pages.sign_in import CALLBACK, SIGN_IN, SIGN_OUT, Doorman
from app.settings import Settings

FREE = (SIGN_IN, CALLBACK, SIGN_OUT)
# Who asks for these is no person that could sign in.
FOR_SCRIPTS = ("application/json", "text/event-stream")
READS = ("GET", "HEAD")
# Our pages load their own style and scripts and nothing else, in nobody's frame.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
HTTPS_ONLY = "max-age=31536000"


@dataclass(frozen=True)
class Guard:
    """The pages behind it get `request.state.visitor`."""

    pages: ASGIApp
    settings: Settings
    doorman: Doorman

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(MutableHeaders(scope=message), scope["path"])
            await send(message)

        request = Request(scope, receive)
        app: ASGIApp = self._refusal(request) or self.pages
        await app(scope, receive, told)

    def visitor(self, request: Request) -> Visitor | None:
        """Who looks; None when nobody has signed in and somebody has to."""
        if self.settings.pages == "open":
            return Visitor(None, is_operator=True)
        person = self.doorman.person(request) if self.settings.can_sign_in else None
        if person is None:
            return None
        return Visitor(person, person.login.lower() in self.settings.operators)

    def _refusal(self, request: Request) -> Response | None:
        """Why this request goes no further; None when it does, with its visitor known."""
        path = request.scope["path"]
        if request.method not in READS and not self._from_here(request):
            return JSONResponse({"reason": "This came from another site's page."}, 403)
        visitor = request.scope.setdefault("state", {})["visitor"] = self.visitor(request)
        if path in ASSETS or visitor is not None:
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
        for name, value in HEADERS.items():
            headers[name] = "max-age=3600" if name == "cache-control" and path in ASSETS else value
        if self.settings.public_url.startswith("https://"):
            headers["strict-transport-security"] = HTTPS_ONLY
