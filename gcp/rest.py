"""Google over HTTP, for what its libraries for gRPC do not have; retries and their end are `Google.ask`'s."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from gcp.cloud import TIMEOUT, Google
from gcp.identity import SCOPE
from gcp.later import later

if TYPE_CHECKING:
    from google.api_core import exceptions as api
else:
    api = later("google.api_core.exceptions")


@dataclass(frozen=True)
class Request:
    """One call: Google's name for it, the host that it is for, and what is asked there."""

    method: str
    verb: str
    host: str
    path: str
    body: dict[str, Any] | None = None


def answered(google: Google, request: Request, endpoint: str = "") -> bytes:
    """What Google answers; a stand-in at `endpoint` is told whom the call is for. Raises GoogleError."""
    return google.ask(request.method, lambda: _asked(request, endpoint))


def _asked(request: Request, endpoint: str) -> bytes:
    with line_to_google(endpoint, TIMEOUT) as line:
        answer = line.request(
            request.verb,
            (endpoint or f"https://{request.host}") + request.path,
            headers={"Host": request.host},
            json=request.body,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    if answer.status_code != requests.codes.ok:
        raise api.from_http_response(answer)  # type: ignore[no-untyped-call]  # it has no types
    return answer.content


@contextmanager
def line_to_google(endpoint: str, seconds: float) -> Iterator[requests.Session]:
    """A connection that says who we are, which may take so many seconds; nothing to a stand-in."""
    if endpoint:
        with requests.Session() as line:
            # What a person's environment says of proxies is not for a machine of our own.
            line.trust_env = False
            yield line
        return
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    load: Callable[..., Any] = google.auth.default
    credentials, _ = load(scopes=[SCOPE])
    session: Callable[..., requests.Session] = AuthorizedSession
    with session(credentials, max_refresh_attempts=0, refresh_timeout=seconds) as line:
        yield line
