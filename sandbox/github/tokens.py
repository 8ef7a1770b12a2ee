"""Who asks: the App by its JWT, or an installation by a token that the App asked for."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sandbox.github.user_tokens import UserTokens

LIFETIME_SECONDS = 3600.0
LONGEST_JWT_SECONDS = 600
# Clocks may differ by this much.
LEEWAY_SECONDS = 60
# What makes the token as long as GitHub's are since April 2026.
_FILLING = 220
ACCESS = {"": 0, "none": 0, "read": 1, "write": 2, "admin": 3}


class BadCredentials(Exception):  # noqa: N818 - GitHub's words
    """Not who they say they are; the message is GitHub's."""


@dataclass(frozen=True)
class Grant:
    """What an installation token may do. `repositories` None is all of the installation's."""

    token: str
    installation: int
    repositories: frozenset[int] | None
    permissions: Mapping[str, str]
    expires: float

    @property
    def expires_at(self) -> str:
        return datetime.fromtimestamp(self.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def may(self, permission: str, access: str) -> bool:
        return ACCESS[self.permissions.get(permission, "")] >= ACCESS[access]


class Tokens:
    """Checks JWTs, mints installation tokens and knows them again. `lifetime` may be changed by a test.

    `people` are the tokens of people.
    """

    def __init__(self, app_id: int, public_key_pem: str) -> None:
        self.trust(app_id, public_key_pem)
        self._secret = secrets.token_hex(32)
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}
        self.lifetime = LIFETIME_SECONDS
        self.people = UserTokens()

    def trust(self, app_id: int, public_key_pem: str) -> None:
        """Who the App is from now on; an id of 0 is nobody."""
        key = load_pem_public_key(public_key_pem.encode())
        if not isinstance(key, RSAPublicKey):
            raise TypeError("a GitHub App's key is an RSA key")
        self._app_id, self._key = app_id, key

    def check_app(self, token: str) -> None:
        """The JWT is the App's own and in its time."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["RS256"],
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise BadCredentials(
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at"
                " which the assertion expires"
            ) from error
        except jwt.ImmatureSignatureError as error:
            raise BadCredentials(
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
            ) from error
        except jwt.InvalidTokenError as error:
            raise BadCredentials("A JSON web token could not be decoded") from error
        if claims["exp"] > time.time() + LONGEST_JWT_SECONDS + LEEWAY_SECONDS:
            raise BadCredentials("'Expiration time' claim ('exp') is too far in the future")
        if not self._app_id or str(claims["iss"]) != str(self._app_id):
            raise BadCredentials("A JSON web token could not be decoded")

    def mint(
        self,
        installation: int,
        repositories: frozenset[int] | None,
        permissions: Mapping[str, str],
        *,
        long: bool,
    ) -> Grant:
        token = self._long(installation) if long else f"ghs_{secrets.token_hex(18)}"
        grant = Grant(token, installation, repositories, dict(permissions), time.time() + self.lifetime)
        with self._lock:
            self._grants[token] = grant
        return grant

    def grant_of(self, token: str) -> Grant:
        with self._lock:
            grant = self._grants.get(token)
        if grant is None or grant.expires <= time.time():
            raise BadCredentials("Bad credentials")
        return grant

    def revoke(self, token: str) -> None:
        with self._lock:
            self._grants.pop(token, None)

    def revoke_of(self, installation: int) -> None:
        """Every token of an installation ends now."""
        with self._lock:
            self._grants = {
                t: grant for t, grant in self._grants.items() if grant.installation != installation
            }

    def revoke_all(self) -> None:
        """Every token that was given out ends now."""
        with self._lock:
            self._grants.clear()

    def _long(self, installation: int) -> str:
        claims = {
            "iss": "github",
            "sub": str(installation),
            "jti": secrets.token_hex(16),
            "iat": int(time.time()),
            "filling": secrets.token_hex(_FILLING // 2)[:_FILLING],
        }
        return f"ghs_{self._app_id}_{jwt.encode(claims, self._secret, algorithm='HS256')}"
