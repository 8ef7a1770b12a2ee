"""Who somebody is at GitHub: the App's own user authorization; the token it gives is used once and not kept.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from app.github.errors import GitHubError
from app.model import Person
from app.trusted import authorities

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class SignIn:
    """The App as people authorize it. `callback` is the address that is registered with it."""

    api_url: str
    client_id: str
    client_secret: str
    callback: str

    def address(self, state: str, challenge: str, *, choose: bool) -> str:
        """Where to send somebody; `challenge` is PKCE's S256. `choose`: let them take another account."""
        query = {
            "client_id": self.client_id,
            "redirect_uri": self.callback,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | ({"prompt": "select_account"} if choose else {})
        return f"{web_url(self.api_url)}/login/oauth/authorize?{urlencode(query)}"

    def person(self, code: str, verifier: str) -> Person:
        """Who came back with this code. GitHubError when GitHub does not know it (any more)."""
        asked = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": verifier,
        }
        told = _ask("POST", f"{web_url(self.api_url)}/login/oauth/access_token", data=asked)
        if "access_token" not in told:  # a refusal is a 200 too
            raise GitHubError(400, str(told.get("error_description") or told.get("error") or "no token"))
        bearer = {"authorization": f"Bearer {told['access_token']}"}
        user = _ask("GET", f"{self.api_url.rstrip('/')}/user", headers=bearer)
        return Person(int(user["id"]), str(user["login"]))


def web_url(api_url: str) -> str:
    """Where people are, beside where the API is: github.com, or the host of a GitHub Enterprise Server."""
    address = urlsplit(api_url)
    host = address.netloc.removeprefix("api.")
    return f"{address.scheme}://{host}"


def _ask(verb: str, url: str, *, headers: dict[str, str] | None = None, data: Any = None) -> dict[str, Any]:
    every = {"accept": "application/json"} | (headers or {})
    try:
        answer = httpx.request(
            verb, url, headers=every, data=data, timeout=TIMEOUT_SECONDS, verify=authorities()
        )
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise GitHubError(0, f"GitHub did not answer: {type(error).__name__}", transient=True) from error
    if answer.status_code >= 400 or not isinstance(told, dict):
        raise GitHubError(answer.status_code, "GitHub did not say who that is")
    return told
