"""Does an address answer, and how? One request at a time; waiting and judging is the verify stage's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import httpx

# A health page that takes longer than this to answer is not healthy.
TIMEOUT_SECONDS = 10.0
BODY_BYTES = 2_000


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status, or 0 and the reason why nothing came."""

    status: int
    detail: str = ""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 400


@cache
def _client() -> httpx.Client:
    return httpx.Client(
        timeout=TIMEOUT_SECONDS, follow_redirects=False, headers={"user-agent": "ServerGem-verify"}
    )


def ask(url: str, *, identity_token: str = "") -> Answer:
    """GET `url` once. `identity_token` is for a private service: its audience is the service's own URL."""
    headers = {"authorization": f"Bearer {identity_token}"} if identity_token else {}
    try:
        with _client().stream("GET", _address(url), headers=headers | {"host": _host(url)}) as response:
            body = b"".join(_first(response))
            return Answer(response.status_code, body.decode(errors="replace"))
    except httpx.HTTPError as error:
        return Answer(0, f"{type(error).__name__}: {error}")


def _host(url: str) -> str:
    return httpx.URL(url).netloc.decode()


def _address(url: str) -> httpx.URL:
    """Names under localhost are loopback (RFC 6761, 6.3), though not every resolver knows it."""
    address = httpx.URL(url)
    return address.copy_with(host="127.0.0.1") if address.host.endswith(".localhost") else address


def _first(response: httpx.Response) -> list[bytes]:
    """The beginning of the body: enough to show, never a gigabyte."""
    kept: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        kept.append(chunk[: BODY_BYTES - size])
        size += len(kept[-1])
        if size >= BODY_BYTES:
            break
    return kept
