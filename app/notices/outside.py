"""A request to an address that somebody else has chosen: https, to the public internet, and nowhere else.

The name is resolved once, every address of it is judged, and the connection goes to the address that was judged: what
the name says a moment later is of no use. Redirects are not followed, since they would lead past all of that.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from queue import Empty, SimpleQueue

import httpx

from app.trusted import authorities

# For all of it: a read that waits for each byte anew never ends where a byte comes now and then.
SECONDS = 10.0
LAST_PORT = 65_535
# Addresses of version 4 in those of version 6: https://www.rfc-editor.org/rfc/rfc6052#section-2.1
NAT64 = ip_network("64:ff9b::/96")
# Of version 6 nothing else is anybody's on the internet; the rest are old and local ways to say an address of version 4
# (::127.0.0.1, 64:ff9b:1::/48, ::ffff:0:0:0/96), sites (fec0::/10) and what nobody has:
# https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml
UNICAST = ip_network("2000::/3")
# Of version 4, beside what the library knows for special: https://www.iana.org/assignments/iana-ipv4-special-registry/
SPECIAL = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"))

Address = IPv4Address | IPv6Address


class Refused(Exception):  # noqa: N818 - reads as what happened
    """Nothing was sent there, or it was not taken, and why. `final`: another try would end the same."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


def post(url: str, body: str, headers: dict[str, str], *, loopback: bool, within: float = SECONDS) -> None:
    """POST JSON once, in so many seconds at most. Raises Refused, whose words name no more of it than its host.

    `loopback`, for a trial: this machine may be reached, also without TLS.
    """
    address = _address(url, loopback)
    told = {"content-type": "application/json", "user-agent": "ServerGem", **headers}
    request = httpx.Request("POST", address, content=body.encode(), headers=told)
    status = _asked(request, within, lambda: _pinned(address, loopback, within))
    if not 200 <= status < 300:
        final = 300 <= status < 500 and status not in (408, 425, 429)
        raise Refused(f"{_host(address)} answered {status}", final=final)


def get(url: str, headers: dict[str, str], *, through: str = "", within: float = SECONDS) -> int:
    """The status that a GET of `url` is answered with, in so many seconds at most. Raises Refused, as `post` does.

    `through`: the address of a stand-in, which is asked in place of the name.
    """
    stand_in = httpx.URL(through) if through else None
    address = _address(url, loopback=False)
    request = httpx.Request("GET", address, headers={"user-agent": "ServerGem-verify", **headers})
    if stand_in is not None:
        request.url = address.copy_with(scheme=stand_in.scheme, port=stand_in.port)
    host = _host(stand_in) if stand_in else ""
    return _asked(request, within, lambda: host or _pinned(address, False, within))


def _asked(request: httpx.Request, within: float, pin: Callable[[], str]) -> int:
    """The answer's status, unless it takes longer together with the way to the address that `pin` finds."""
    host, began = _host(request.url), time.monotonic()
    pinned = pin()
    left = within - (time.monotonic() - began)
    try:
        return asyncio.run(asyncio.wait_for(_status(request, pinned), left))
    except TimeoutError as error:
        raise Refused(f"{host} did not answer within {within:g} s") from error
    except httpx.HTTPError as error:
        raise Refused(f"{host}: {type(error).__name__}") from error


async def _status(request: httpx.Request, pinned: str) -> int:
    """What is answered, of which nothing but the first line counts."""
    request.extensions["sni_hostname"] = _host(request.url)
    request.url = request.url.copy_with(host=pinned)
    client = httpx.AsyncClient(
        verify=authorities(),
        timeout=None,  # noqa: S113 - there is one for everything together
        trust_env=False,
        follow_redirects=False,
    )
    async with client:
        answer = await client.send(request, stream=True)
        try:
            return answer.status_code
        finally:
            await answer.aclose()


def _address(url: str, loopback: bool) -> httpx.URL:
    try:
        address = httpx.URL(url)
        readable = address.host  # decoded, which is what httpx cannot do without
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Refused("it is no address", final=True) from error
    if address.scheme != "https" and not (loopback and address.scheme == "http"):
        raise Refused("it is no address that begins with https://", final=True)
    if not readable or address.userinfo or (address.port or 0) > LAST_PORT:
        raise Refused("it is no address with a host, and without a user", final=True)
    return address


def _host(address: httpx.URL) -> str:
    """Its host in the letters of the DNS, as Google and browsers ask for it.

    `URL.host` has them decoded, and sockets and TLS would encode them anew by a rule of 2003, under which faß.de is
    fass.de: https://www.unicode.org/reports/tr46/#Deviations
    """
    return address.raw_host.decode("ascii")


def _pinned(address: httpx.URL, loopback: bool, within: float) -> str:
    """The first address of the host; Refused when any of them is not for everybody."""
    host = _host(address)
    addresses = _resolved(host, address.port or 443, within)
    if not addresses:
        raise Refused(f"{host} has no address")
    if any(not is_public(each) and not (loopback and each.is_loopback) for each in addresses):
        raise Refused(f"{host} is not on the public internet", final=True)
    return str(addresses[0])


def _resolved(host: str, port: int, within: float) -> list[Address]:
    """Its addresses, none where it has none. The name is somebody else's, and so may be the server that is asked."""
    told: SimpleQueue[list[Address]] = SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []  # which is the answer
        told.put([ip_address(str(each[4][0]).partition("%")[0]) for each in found])

    threading.Thread(target=look_up, name="resolver", daemon=True).start()
    try:
        return told.get(timeout=within)
    except Empty as error:
        raise Refused(f"{host} was not found within {within:g} s") from error


def is_public(address: Address) -> bool:
    """Whether it is for everybody: not this machine, a private network, or a cloud's metadata (link-local)."""
    if isinstance(address, IPv6Address) and (inner := _inside(address)) is not None:
        return is_public(inner)
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return False
    return address.is_global and not address.is_multicast and not any(address in each for each in SPECIAL)


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The address of version 4 that this one stands for."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
