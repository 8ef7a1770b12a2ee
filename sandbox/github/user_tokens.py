"""Tokens of people: classic ones with their scopes, and those that an App is given in somebody's name."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

# "A user access token expires after eight hours":
# https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens
TOKEN_SECONDS = 28_800


@dataclass(frozen=True)
class UserToken:
    """`scopes` are a classic token's; None is the App's, which has permissions where the App is installed."""

    login: str
    scopes: frozenset[str] | None
    until: float

    @property
    def reads_private(self) -> bool:
        """https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps"""
        return self.scopes is None or "repo" in self.scopes

    @property
    def headers(self) -> dict[str, str]:
        """GitHub names the scopes of what has scopes, as above."""
        return {} if self.scopes is None else {"x-oauth-scopes": ", ".join(sorted(self.scopes))}


class UserTokens:
    """Gives them out and knows them again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, UserToken] = {}

    def give(self, login: str, scopes: frozenset[str] | None = None) -> str:
        token = f"{'ghu' if scopes is None else 'ghp'}_{secrets.token_hex(18)}"
        with self._lock:
            self._tokens[token] = UserToken(login, scopes, time.time() + TOKEN_SECONDS)
        return token

    def of(self, authorization: str) -> UserToken | None:
        """Whose this header is; None when it is nobody's, or nobody's any more."""
        with self._lock:
            found = self._tokens.get(authorization.partition(" ")[2])
        return found if found and found.until > time.time() else None
