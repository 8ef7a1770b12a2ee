"""A log as the pages show it: numbered from 1, in blocks, without secrets, and as plain text to take along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse

from app.github.errors import GitHubError
from app.model import Report, Weight
from app.pages import printed_line
from app.pages.asked import found_for, number, store_of
from app.pages.held_open import HeldOpen, signed_out
from app.pages.printed_line import Printed
from app.redaction import redact_lines
from app.redaction.pem import LONGEST_BLOCK
from app.store.history import History
from app.telemetry import log
from app.text.colours import uncoloured
from app.text.escaping import one_line, seen

# What a page opens with: some screens, and milliseconds to write.
SHOWN_LINES = 500
# What one request brings of the rest.
BLOCK_LINES = 5000
# What a download holds at a time: whoever does not read it keeps that in memory.
AT_A_TIME = 1000
NO_ROOM = "Too many logs are being downloaded; try again in a moment, or use ?from= and ?lines=.\n"
NO_MORE = "ServerGem: the log goes on, and you may not read it any more.\n"
# What stands above a line that somebody was sent to.
ABOVE = 100


@dataclass(frozen=True)
class Window:
    """A part of a log. `error` is the number of the line that a finding shows, 0 where none does."""

    lines: tuple[Printed, ...]
    first: int
    count: int
    error: int = 0

    @property
    def html(self) -> Markup:
        """For the page, whose engine would redact each line once more: that takes a second for a screen of them."""
        return html(self.lines, self.error)

    @property
    def whole(self) -> bool:
        """Whether it fills a screen many times: its place is then kept while it is out of sight."""
        return len(self.lines) == SHOWN_LINES

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


def window(history: History, report: Report, at: int) -> Window:
    """The end of the log; with a line `at` what stands around it."""
    id_ = report.deployment_id
    count = history.count_of_lines(id_)
    first = max(1, count - SHOWN_LINES + 1)
    if at:
        first = max(1, min(at - ABOVE, first))
    return Window(lines(history, id_, first, SHOWN_LINES), first, count, _error(history, report))


def lines(history: History, id_: str, first: int, most: int) -> tuple[Printed, ...]:
    """These lines as they may be shown; those above are read too, since a secret can have begun there."""
    above = min(first - 1, LONGEST_BLOCK)
    found = history.lines(id_, first - above, above + most)
    if len(found) <= above:
        return ()
    shown = [seen(line).replace("\n", " ") for line in redact_lines(line for line, _ in found)]
    return tuple(
        Printed(
            first - above + n,
            shown[n],
            _colours(shown[n], found[n][1]),
            n > 0 and _again(*shown[n - 1 : n + 1]),
        )
        for n in range(above, len(found))
    )


def html(shown: tuple[Printed, ...], error: int = 0) -> Markup:
    return Markup("").join(line.html(error) for line in shown)


def _colours(shown: str, coloured: str) -> str:
    """The coloured line; empty where the text shown is another, since something is hidden or was no text."""
    return coloured if coloured and uncoloured(coloured) == shown else ""


def _again(above: str, line: str) -> bool:
    return printed_line.of(line) != "" and printed_line.of(line) == printed_line.of(above)


def _error(history: History, report: Report) -> int:
    """Where the first line of evidence of what ended the deployment stands in the log."""
    stopping = [each.excerpt for each in report.findings if each.weight is Weight.STOP and each.excerpt]
    for excerpt in stopping[:1]:
        for line in filter(None, map(one_line, excerpt.split("\n")[:5])):
            if found := history.lines_with(report.deployment_id, line, 1):
                return found[0]
    return 0


async def log_text(request: Request, id_: str) -> Response:
    """`?from=` and `?lines=`: so many lines of it; else all, to be kept as a file. `?colours`: with a terminal's."""
    coloured = "colours" in request.query_params
    if "from" in request.query_params:
        return PlainTextResponse(_text(await _block(request, id_), coloured))
    downloads: HeldOpen = request.app.state.downloads
    if not downloads.has_room(request):
        return PlainTextResponse(NO_ROOM, 503)
    named = {"content-disposition": 'attachment; filename="deployment.log"'}
    return StreamingResponse(
        _whole(request, downloads, id_, coloured), media_type="text/plain", headers=named
    )


async def log_html(request: Request, id_: str) -> Response:
    """`?from=` and `?lines=` likewise, as the page itself has them."""
    return HTMLResponse(html(await _block(request, id_)))


async def _block(request: Request, id_: str) -> tuple[Printed, ...]:
    first, most = number(request, "from", 1), min(number(request, "lines", BLOCK_LINES), BLOCK_LINES)
    return await run_in_threadpool(lines, store_of(request).history, id_, first, most)


async def _whole(request: Request, downloads: HeldOpen, id_: str, coloured: bool) -> AsyncIterator[str]:
    """Reading it may take hours, in which the reader may lose the right to it: that is asked before each part."""
    history, first = store_of(request).history, 1
    with downloads.held(request):
        while block := await run_in_threadpool(lines, history, id_, first, AT_A_TIME):
            if first > 1 and not await _may_go_on(request, id_):
                yield NO_MORE
                return
            yield _text(block, coloured)
            first += len(block)


async def _may_go_on(request: Request, id_: str) -> bool:
    """What GitHub cannot tell now is no yes."""
    try:
        return not await run_in_threadpool(signed_out, request) and await found_for(request, id_) is not None
    except GitHubError as error:
        log.fault("access.unknown", error, deployment=id_)
        return False


def _text(block: tuple[Printed, ...], coloured: bool) -> str:
    return "".join(f"{(coloured and line.coloured) or line.text}\n" for line in block)
