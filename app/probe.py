"""Does an address answer, and how? One request at a time; waiting and judging is for who asks.

The questions run on one event loop of their own: a task can be cut at its deadline whatever the other side does,
while a blocked read only ends when a byte comes, and a byte a second may come for ever.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from app.trusted import authorities

# Long enough for an instance that is just starting; a health page that takes longer is not healthy.
QUESTION_SECONDS = 30.0
BODY_BYTES = 2_000
# The services of all repositories are asked by one client, and any of them could set a cookie for all of run.app.
KEEPS_NO_COOKIE = DefaultCookiePolicy(allowed_domains=())


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status, or 0 and the reason why nothing came.

    `impossible`: no request can be made of this address, so that asking again is of no use.
    """

    status: int
    detail: str = ""
    impossible: bool = False

    @property
    def good(self) -> bool:
        return 200 <= self.status < 400


def ask(url: str, *, identity_token: str = "", within: float = QUESTION_SECONDS) -> Answer:
    """GET `url` once, in `within` seconds at most. A private service takes an `identity_token` for its own URL."""
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        return Answer(0, f"{type(error).__name__}: {error}", impossible=True)
    question = asyncio.wait_for(_ask(address, identity_token), within)
    try:
        return asyncio.run_coroutine_threadsafe(question, _loop()).result()
    except TimeoutError:
        return Answer(0, f"no whole answer within {within:g} s")
    except httpx.HTTPError as error:
        return Answer(0, f"{type(error).__name__}: {error}")


async def _ask(address: httpx.URL, identity_token: str) -> Answer:
    # What is not compressed cannot become large behind our back.
    headers = {"host": address.netloc.decode("ascii"), "accept-encoding": "identity"}
    if identity_token:
        headers["authorization"] = f"Bearer {identity_token}"
    async with _client().stream("GET", _reached(address), headers=headers) as response:
        return Answer(response.status_code, await _beginning(response))


def _loop() -> asyncio.AbstractEventLoop:
    """The one loop: `cache` alone would make two for two services that are verified first at the same moment."""
    with _beginning_of_loop:
        return _made_loop()


_beginning_of_loop = threading.Lock()


@cache
def _made_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="probe", daemon=True).start()
    return loop


@cache
def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=authorities(),
        timeout=None,  # noqa: S113 - the question has one for everything together
        follow_redirects=False,
        cookies=CookieJar(KEEPS_NO_COOKIE),
        headers={"user-agent": "ServerGem-verify"},
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
    )


def _reached(address: httpx.URL) -> httpx.URL:
    """Names under localhost are loopback (RFC 6761, 6.3), though not every resolver knows it."""
    return address.copy_with(host="127.0.0.1") if address.host.endswith(".localhost") else address


async def _beginning(response: httpx.Response) -> str:
    """The beginning of the body: enough to show, never a gigabyte."""
    kept = bytearray()
    async for chunk in response.aiter_raw():
        kept += chunk[: BODY_BYTES - len(kept)]
        if len(kept) >= BODY_BYTES:
            break
    return kept.decode(errors="replace")
