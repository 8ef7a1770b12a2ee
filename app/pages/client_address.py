"""The address of the client that sent a request, as far as it can be told."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

# One line to the internet has at least so much of IPv6: https://www.rfc-editor.org/rfc/rfc6177#section-2
ONE_LINE = 64
NOWHERE = "nowhere"


def client_address(request: Request, *, behind_a_proxy: bool) -> str:
    """The address that a request came from; of IPv6 the network of one line.

    ServerGem itself speaks no https: `behind_a_proxy`, which does, the one next to us has written the last address of
    X-Forwarded-For, and whoever sends a request may have written all others.
    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security_and_privacy_concerns
    """
    told = request.headers.getlist("x-forwarded-for") if behind_a_proxy else []
    last = told[-1].rpartition(",")[2].strip() if told else ""
    return _line(last) or _line(request.client.host if request.client else "") or NOWHERE


def _line(written: str) -> str:
    try:
        address = ip_address(written)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), ONE_LINE), strict=False))
    return str(address)
