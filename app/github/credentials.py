"""Who we are at GitHub: the App's JWT, and one cached token for each repository."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.model import Repository

# https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
# `iat` lies in the past for clocks that differ; `exp` may be at most ten minutes ahead.
BACKDATED_SECONDS, LIFETIME_SECONDS = 60, 540
# A token is not used for its last five minutes, so that none ends in the middle of a download.
MARGIN_SECONDS = 300
# So long it may be that a token is not known everywhere yet (401), or not with its permissions (403):
# https://github.com/octokit/auth-app.js/issues/65, https://github.com/octokit/auth-app.js/issues/589
YOUNG_SECONDS = 15
# Beyond this many, tokens that ran out are forgotten.
KEPT_TOKENS = 1000


class AppKey:
    """The App's private key, read once."""

    def __init__(self, app_id: str, pem: str) -> None:
        try:
            # To check its numbers takes 40 ms of each start, and GitHub checks what they sign.
            key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError) as error:
            raise ValueError("GITHUB_PRIVATE_KEY is not an unencrypted private key in PEM form") from error
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("GITHUB_PRIVATE_KEY is not an RSA key, which is what GitHub makes")  # noqa: TRY004 - a bad value, not a bad type
        self.app_id, self._key = app_id, key

    def jwt(self) -> str:
        now = int(time.time())
        claims = {"iat": now - BACKDATED_SECONDS, "exp": now + LIFETIME_SECONDS, "iss": self.app_id}
        return jwt.encode(claims, self._key, algorithm="RS256")


@dataclass
class _Token:
    value: str = ""
    until: float = 0.0
    born: float = 0.0
    minting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def good(self) -> bool:
        return time.time() < self.until


class Tokens:
    """Installation tokens, each limited to one repository, minted by one thread while the others wait."""

    def __init__(self, mint: Callable[[Repository], tuple[str, float]]) -> None:
        """`mint` asks GitHub for a token and says until when (epoch seconds) it is good."""
        self._mint = mint
        self._tokens: dict[tuple[int, int], _Token] = {}
        self._lock = threading.Lock()

    def of(self, repository: Repository) -> str:
        token = self._entry(repository)
        with token.minting:
            if not token.good:
                token.value, expires = self._mint(repository)
                token.until, token.born = expires - MARGIN_SECONDS, time.time()
            return token.value

    def is_young(self, repository: Repository, value: str) -> bool:
        """Whether this token is so new that GitHub may not know it everywhere."""
        token = self._entry(repository)
        return token.value == value and time.time() < token.born + YOUNG_SECONDS

    def forget(self, repository: Repository, value: str) -> None:
        """GitHub no longer takes this token; a newer one that another thread has minted since is kept."""
        token = self._entry(repository)
        with token.minting:
            if token.value == value:
                token.until = 0.0

    def _entry(self, repository: Repository) -> _Token:
        with self._lock:
            if len(self._tokens) >= KEPT_TOKENS:
                # An entry that is being minted has no end yet and must stay the one that others wait for.
                self._tokens = {k: t for k, t in self._tokens.items() if t.good or t.minting.locked()}
            return self._tokens.setdefault((repository.installation_id, repository.id), _Token())
