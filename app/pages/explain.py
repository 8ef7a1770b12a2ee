"""Explain: somebody pastes a log and reads what went wrong; nothing of it is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.diagnosis import Files, diagnose
from app.pages.asked import visitor_of
from app.pages.rendering import page

# As the browser sends it, where a line's end takes six bytes: about ten thousand lines.
MOST_BYTES = 1024 * 1024
AT_ONCE = 2


@dataclass(frozen=True)
class Explaining:
    """The page; a few diagnoses at once, since each takes a processor for itself."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def asked(self, request: Request) -> Response:
        return page("explain.html", visitor=visitor_of(request), found=None, wrong="")

    async def told(self, request: Request) -> Response:
        log = _log(await _body(request))
        if log is None:
            return self._refused(
                request, 413, "The log is larger than 1 MB. Paste the part around the failure."
            )
        if not log.strip():
            return self._refused(
                request, 400, "There is no log yet. Paste what the build or the container printed."
            )
        async with self.turns:
            found = await run_in_threadpool(diagnose, log, Files.of({}))
        return page("explain.html", visitor=visitor_of(request), found=found, wrong="")

    @staticmethod
    def _refused(request: Request, status: int, why: str) -> Response:
        return page("explain.html", status=status, visitor=visitor_of(request), found=None, wrong=why)


async def _body(request: Request) -> bytes | None:
    """None when it is larger than it may be; no more of it is kept than that."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def _log(body: bytes | None) -> str | None:
    """The field of the form; a body that is no form has none."""
    if body is None:
        return None
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=2).get("log", [""])[0]
    except ValueError:
        return ""
