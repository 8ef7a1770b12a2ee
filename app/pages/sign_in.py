"""Signing in and out: to GitHub and back, with a state that only this browser has, and PKCE."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.github.errors import GitHubError
from app.github.sign_in import SignIn
from app.model import Person
from app.pages.client_address import client_address
from app.pages.rendering import page
from app.pages.session import Cookies
from app.pages.strangers import From, Strangers, TooMany
from app.store import Store, StoreError
from app.telemetry import log

SIGN_IN, CALLBACK, SIGN_OUT = "/sign-in", "/sign-in/callback", "/sign-out"
SESSION, PENDING, KNOWN = "session", "sign-in", "known"
SESSION_SECONDS = 8 * 3600  # as long as GitHub's own user tokens
PENDING_SECONDS = 600  # as long as GitHub's code
KNOWN_SECONDS = 90 * 86_400  # a browser that nobody signs in with for so long is a stranger's again


@dataclass(frozen=True)
class Doorman:
    """The three addresses at which somebody comes and goes."""

    sign_in: SignIn
    cookies: Cookies
    store: Store
    strangers: Strangers = field(default_factory=Strangers)

    def routes(self) -> list[Route]:
        return [
            Route(SIGN_IN, self._go, methods=["GET"]),
            Route(CALLBACK, self._back, methods=["GET"]),
            Route(SIGN_OUT, self._out, methods=["POST"]),
        ]

    def person(self, request: Request) -> Person | None:
        """Who has signed in with this browser, and whose sessions were not ended since."""
        words = self.cookies.read(request, SESSION)
        if words is None:
            return None
        person = Person(int(words["id"]), str(words["login"]))
        try:
            ended = self.store.sessions.ended(person.id)
        except StoreError as error:  # nobody can tell, so it opens nothing
            log.fault("session.unknown", error)
            return None
        return person if float(words["iat"]) > ended else None

    async def _go(self, request: Request) -> Response:
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        choose = "choose" in request.query_params
        response = RedirectResponse(self.sign_in.address(state, challenge, choose=choose), 303)
        pending = {"state": state, "verifier": verifier, "to": inside(request.query_params.get("to", "/"))}
        self.cookies.give(response, PENDING, pending, PENDING_SECONDS)
        return response

    async def _back(self, request: Request) -> Response:
        pending, query = self.cookies.read(request, PENDING), request.query_params
        given = query.get("state", "").encode()
        if pending is None or not hmac.compare_digest(str(pending["state"]).encode(), given):
            return self._failed("This sign-in was not begun in this browser, or more than ten minutes ago.")
        if "code" not in query:
            return self._failed("You did not allow GitHub to say who you are.")
        try:
            asked = partial(self.sign_in.person, query["code"], pending["verifier"])
            person = await run_in_threadpool(self.strangers.asked_once, self._from(request), asked)
        except TooMany:
            return self._failed(
                "Too many sign-ins came with codes that GitHub does not know. Try again in a minute.", 429
            )
        except GitHubError as error:
            log.fault("sign_in.failed", error)
            return self._failed("GitHub did not confirm who you are.")
        response = RedirectResponse(inside(str(pending["to"])), 303)
        self.cookies.take(response, PENDING)
        self.cookies.give(response, SESSION, {"id": person.id, "login": person.login}, SESSION_SECONDS)
        self.cookies.give(response, KNOWN, {"id": person.id}, KNOWN_SECONDS)
        return response

    def client_address(self, request: Request) -> str:
        """The address that it came from, as far as it can be told."""
        return client_address(request, behind_a_proxy=self.cookies.secure)

    def _from(self, request: Request) -> From:
        """Also who has signed in with this browser before: that opens nothing, and is no stranger's flood."""
        known = self.cookies.read(request, KNOWN)
        return From(self.client_address(request), int(known["id"]) if known else 0)

    async def _out(self, request: Request) -> Response:
        """Whoever has a copy of the cookie, and every live page, is signed out with it: each session of this person."""
        if person := await run_in_threadpool(self.person, request):
            try:
                await run_in_threadpool(self.store.sessions.end, person.id)
            except StoreError as error:
                log.fault("session.not_ended", error)
                return page("not_signed_out.html", status=503)
        response = page("signed_out.html")
        self.cookies.take(response, SESSION)
        return response

    def _failed(self, reason: str, status: int = 403) -> Response:
        response = page("not_signed_in.html", status=status, reason=reason)
        self.cookies.take(response, PENDING)
        return response


def inside(to: str) -> str:
    """A path on this host, whatever was asked for: nobody is sent to another one from here."""
    odd = any(each < " " or each == "\\" for each in to)
    return to if to.startswith("/") and not to.startswith("//") and not odd else "/"
