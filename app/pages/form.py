"""Forms: read within bounds; one that changes something is taken only from a page that this session was given.

Browsers send the session's cookie with no such request of another site (SameSite), the guard wants our own origin with
each, and the form carries a token that only this session's pages have.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from app.pages.asked import visitor_of
from app.pages.rendering import page
from app.pages.session import Cookies
from app.pages.sign_in import SESSION

MOST_BYTES, MOST_FIELDS = 10_000, 10
NOT_THIS_SESSIONS = (
    "This form does not belong to your session: you have signed in anew since the page was loaded, or it came from "
    "elsewhere. "
    "Reload the page and press again."
)
NOBODY = (
    "Nobody has signed in with this browser, so GitHub cannot be asked whether you may. Sign in at /sign-in, or press "
    "the button on "
    "the check run at GitHub."
)


class Untaken(Exception):  # noqa: N818 - an answer like any other
    """Why a form is not taken, as an answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def token_of(request: Request) -> str:
    """For a form of this session; empty where nobody has signed in."""
    cookies: Cookies = request.app.state.cookies
    return cookies.form_token(request, SESSION)


async def sent(request: Request) -> dict[str, str]:
    """The fields of a form that this session's own page has sent; raises Untaken for any other."""
    ours = token_of(request)
    if not ours:
        raise Untaken(403, NOBODY)
    body = await body_of(request, MOST_BYTES)
    given = fields(body or b"", MOST_FIELDS)
    if not hmac.compare_digest(given.get("token", "").encode(), ours.encode()):
        raise Untaken(403, NOT_THIS_SESSIONS)
    return given


async def body_of(request: Request, most: int) -> bytes | None:
    """The request's body; None when it has more than `most` bytes, of which no more are kept."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def fields(body: bytes, most: int) -> dict[str, str]:
    """The first of each name; a body that is no form has none."""
    try:
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=most)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def refused(request: Request, untaken: Untaken, back: str = "") -> Response:
    """The answer in words, with the way back: where none is named, to what the address of the form is below."""
    return page(
        "refused.html",
        status=untaken.status,
        visitor=visitor_of(request),
        reason=untaken.reason,
        back=back or request.url.path.rpartition("/")[0] or "/",
    )
