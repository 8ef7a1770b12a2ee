"""What a browser keeps between two pages: signed words with an end, in cookies that no script reads."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.requests import Request
from starlette.responses import Response

ALGORITHM = "HS256"


@dataclass(frozen=True)
class Cookies:
    """Signed cookies. `secure`: the browser sends them over https only."""

    key: bytes
    secure: bool

    @classmethod
    def derived(cls, secret: str, public_url: str) -> Cookies:
        """The key is made from the webhook secret, so that no setting more has to be kept safe."""
        key = HKDF(SHA256(), 32, salt=None, info=b"servergem pages").derive(secret.encode())
        return cls(key, public_url.startswith("https://"))

    def give(self, response: Response, name: str, words: dict[str, Any], seconds: int) -> None:
        """Put these words into the browser, until so many seconds from now."""
        now = time.time()
        claims = {**words, "aud": name, "iat": now, "exp": int(now) + seconds}
        value = jwt.encode(claims, self.key, algorithm=ALGORITHM)
        response.set_cookie(
            self._named(name),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def read(self, request: Request, name: str) -> dict[str, Any] | None:
        """The words that we gave under this name; None when there are none that are ours and in their time."""
        try:
            return jwt.decode(
                request.cookies.get(self._named(name), ""),
                self.key,
                algorithms=[ALGORITHM],
                audience=name,
                options={"require": ["exp", "iat", "aud"]},
            )
        except jwt.InvalidTokenError:
            return None

    def form_token(self, request: Request, name: str) -> str:
        """What a form of ours carries to show that it is of this very session; empty where there is none.

        No signed cookie has a space in what is signed, so that neither stands for the other:
        https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
        """
        if self.read(request, name) is None:
            return ""
        value = request.cookies[self._named(name)]
        return hmac.new(self.key, f"form {value}".encode(), hashlib.sha256).hexdigest()

    def take(self, response: Response, name: str) -> None:
        """Remove them."""
        response.delete_cookie(self._named(name), path="/", secure=self.secure, httponly=True, samesite="lax")

    def _named(self, name: str) -> str:
        """With the prefix under which a browser takes it from no neighbouring host:
        https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
        """
        return f"__Host-servergem-{name}" if self.secure else f"servergem-{name}"
