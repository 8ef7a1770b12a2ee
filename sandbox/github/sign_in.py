"""Signing in with GitHub: the web flow of a GitHub App's user authorization, as strict as GitHub's.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.github.answers import Refused
from sandbox.github.records import Client
from sandbox.github.shapes import Shapes
from sandbox.github.site import Site, Visit, to
from sandbox.github.state import FOUNDER
from sandbox.github.user_tokens import TOKEN_SECONDS
from sandbox.github.words import Json

# "The code expires after ten minutes".
CODE_SECONDS = 600.0
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class _Code:
    login: str
    redirect: str
    challenge: str
    until: float


class Authorizations:
    """Codes and tokens that were given out, and who has let the App know them before."""

    def __init__(self, site: Site) -> None:
        self._site, self._hub = site, site.hub
        self._lock = threading.Lock()
        self._codes: dict[str, _Code] = {}
        self.authorized = {FOUNDER}

    @property
    def client(self) -> Client:
        return self._hub.client

    def routes(self) -> Iterator[Route]:
        path = "/login/oauth/authorize"
        yield from self._site.routes({path: self._ask}, {path: self._allow})
        yield Route("/login/oauth/access_token", self._exchange, methods=["POST"])

    def _ask(self, visit: Visit) -> Response:
        """Whoever has authorized the App goes on at once, unless they want to choose who they are."""
        self._insist(visit.query)
        if visit.who in self.authorized and visit.query.get("prompt") != "select_account":
            return self._back(visit.query, visit.who)
        people = sorted({FOUNDER, visit.who, *self.authorized})
        return self._site.page(
            visit, "authorize.html", app=self._hub.app.name, people=people, asked=visit.query
        )

    def _allow(self, visit: Visit) -> Response:
        self._insist(visit.form)
        login = visit.form.get("login", "").strip()
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", login):
            raise Refused(422, f"{login!r} is no login.")
        self.authorized.add(login)
        return self._back(visit.form, login)

    def _insist(self, query: Mapping[str, str]) -> None:
        if query.get("client_id") != self.client.id:
            raise Refused(404, "Not Found")
        if not self.client.fits(query.get("redirect_uri", "")):
            raise Refused(422, "The redirect_uri is not associated with this application.")
        if query.get("code_challenge_method", "S256") != "S256":
            raise Refused(422, "Only the code challenge method S256 is supported.")
        if "code_challenge" in query and not _CHALLENGE.fullmatch(query["code_challenge"]):
            raise Refused(422, "The code challenge is not 43 characters of base64url.")

    def _back(self, query: Mapping[str, str], login: str) -> Response:
        code = secrets.token_hex(10)
        until = time.time() + CODE_SECONDS
        with self._lock:
            self._codes[code] = _Code(login, query["redirect_uri"], query.get("code_challenge", ""), until)
        told = {"code": code} | ({"state": query["state"]} if "state" in query else {})
        return to(f"{query['redirect_uri']}?{urlencode(told)}")

    async def _exchange(self, request: Request) -> Response:
        """A refusal is a 200 as well, and without the right Accept the answer is a form:
        https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
        """
        told = self._exchanged(dict(parse_qsl((await request.body()).decode())))
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(told)
        return Response(urlencode(told), media_type="application/x-www-form-urlencoded")

    def _exchanged(self, form: Mapping[str, str]) -> Json:
        secret = form.get("client_secret", "")
        if form.get("client_id") != self.client.id or not hmac.compare_digest(secret, self.client.secret):
            return _no(
                "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."
            )
        with self._lock:
            code = self._codes.pop(form.get("code", ""), None)  # good once
        if code is None or code.until < time.time() or not _proves(form.get("code_verifier", ""), code):
            return _no("bad_verification_code", "The code passed is incorrect or expired.")
        if form.get("redirect_uri", code.redirect) != code.redirect:
            return _no("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL.")
        return {
            "access_token": self._hub.tokens.people.give(code.login),
            "expires_in": TOKEN_SECONDS,
            "refresh_token": f"ghr_{secrets.token_hex(38)}",
            "refresh_token_expires_in": 15_811_200,
            "token_type": "bearer",
            "scope": "",
        }

    async def user(self, request: Request) -> Response:
        """Whose token this is; who asks with none is told so."""
        token = self._hub.tokens.people.of(request.headers.get("authorization", ""))
        if token is None:
            return JSONResponse({"message": "Bad credentials", "status": "401"}, 401)
        account = Shapes(f"http://{request.headers['host']}", self._hub).account(token.login)
        return JSONResponse(account, headers=token.headers)


def _proves(verifier: str, code: _Code) -> bool:
    if not code.challenge:
        return True
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(made, code.challenge)


def _no(error: str, description: str) -> Json:
    return {"error": error, "error_description": description}
