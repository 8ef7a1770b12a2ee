"""A connection to GitHub: PyGithub's requester with its own retries, throttle and redirects out of the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

if TYPE_CHECKING:
    from github.Auth import Auth
else:
    Auth = object  # its module imports a hundred and fifty others for what we do not use

API_VERSION = "2022-11-28"
USER_AGENT = "ServerGem"
TIMEOUT_SECONDS = 15


@dataclass
class Bearer(Auth):
    """Whoever this client speaks for in its present request."""

    value: str = field(default="", repr=False)

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        return self.value

    def authentication(self, headers: dict[str, str]) -> None:
        headers["Authorization"] = f"{self.token_type} {self.token}"

    def mask_authentication(self, headers: dict[str, str]) -> None:
        """For PyGithub's own log."""
        headers["Authorization"] = "(hidden)"


class _Http(HTTPRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _as_it_came(super().getresponse())


class _Https(HTTPSRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _as_it_came(super().getresponse())


def _as_it_came(response: RequestsResponse) -> RequestsResponse:
    """PyGithub would follow a 301 without its query (`?ref=…`), and guess at the text's encoding."""
    response.response.encoding = "utf-8"
    if response.status == 301:
        response.status = 308
    return response


@dataclass(frozen=True)
class Client:
    """A PyGithub requester, which is not safe for two threads, and its one connection."""

    requester: Requester
    connection: _Http | _Https
    bearer: Bearer

    @classmethod
    def to(cls, api_url: str) -> Client:
        address, bearer = urlsplit(api_url), Bearer()
        kind = _Https if address.scheme == "https" else _Http
        # retry 0: app.retry is the one layer that repeats.
        connection = kind(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS, retry=0, pool_size=1)
        requester = Requester(
            bearer,
            api_url,
            timeout=TIMEOUT_SECONDS,
            user_agent=USER_AGENT,
            per_page=100,
            verify=True,
            retry=0,
            pool_size=1,
            lazy=True,
            api_version=API_VERSION,
        )
        return cls(requester, connection, bearer)
