"""Explain: somebody pastes a log and reads what went wrong; nothing of it is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.diagnosis import Files, diagnose
from app.pages.asked import visitor_of
from app.pages.form import body_of, fields
from app.pages.rendering import page

# As the browser sends it, where a line's end takes six bytes: about ten thousand lines.
MOST_BYTES = 1024 * 1024
MOST_FIELDS = 2
AT_ONCE = 2
# Each of them holds its log while it waits, and anybody who has an account at GitHub may sign in.
MOST_WAITING = 8


@dataclass(frozen=True)
class Explaining:
    """The page; a few diagnoses at once, since each takes a processor for itself, and a few that wait for theirs."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_WAITING))

    async def asked(self, request: Request) -> Response:
        return page("explain.html", visitor=visitor_of(request), found=None, wrong="")

    async def told(self, request: Request) -> Response:
        """Nothing is read of what there is no place for."""
        if self.places.locked():
            return self._refused(
                request,
                503,
                "Too many logs are being read. Paste yours again in a moment.",
            )
        async with self.places:
            return await self._read(request)

    async def _read(self, request: Request) -> Response:
        log = _log(await body_of(request, MOST_BYTES))
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


def _log(body: bytes | None) -> str | None:
    """The field of the form; a body that is no form has none."""
    return None if body is None else fields(body, MOST_FIELDS).get("log", "")
