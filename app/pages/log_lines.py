"""A log as the pages show it: numbered from 1, in blocks, without secrets, and as plain text to take along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from app.model import Report, Weight
from app.pages.asked import number, store_of
from app.redaction import redact_lines
from app.redaction.pem import LONGEST_BLOCK
from app.store.history import History
from app.text.escaping import one_line, seen

# What a page opens with: some screens, and milliseconds to write.
SHOWN_LINES = 500
# What one request brings of the rest.
BLOCK_LINES = 5000
# What stands above a line that somebody was sent to.
ABOVE = 100


@dataclass(frozen=True)
class Window:
    """A part of a log. `error` is the number of the line that a finding shows, 0 where none does."""

    lines: tuple[str, ...]
    first: int
    count: int
    error: int = 0

    @property
    def escaped(self) -> list[Markup]:
        """For the page, whose engine would redact each line once more: that takes a second for a screen of them."""
        return [escape(line) for line in self.lines]

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


def lines(history: History, id_: str, first: int, most: int) -> tuple[str, ...]:
    """These lines as they may be shown; those above are read too, since a secret can have begun there."""
    above = min(first - 1, LONGEST_BLOCK)
    found = history.lines(id_, first - above, above + most)
    shown = redact_lines(found)[above:] if any(found) else tuple(found[above:])
    return tuple(seen(line).replace("\n", " ") for line in shown)


def _error(history: History, report: Report) -> int:
    """Where the first line of evidence of what ended the deployment stands in the log."""
    stopping = [each.excerpt for each in report.findings if each.weight is Weight.STOP and each.excerpt]
    for excerpt in stopping[:1]:
        for line in filter(None, map(one_line, excerpt.split("\n")[:5])):
            if found := history.line_with(report.deployment_id, line):
                return found
    return 0


async def log_text(request: Request, id_: str) -> Response:
    """`?from=` and `?lines=`: so many lines of it; else all, to be kept as a file."""
    history = store_of(request).history
    if "from" in request.query_params:
        first, most = number(request, "from", 1), min(number(request, "lines", BLOCK_LINES), BLOCK_LINES)
        block = await run_in_threadpool(lines, history, id_, first, most)
        return PlainTextResponse("".join(f"{line}\n" for line in block))
    named = {"content-disposition": 'attachment; filename="deployment.log"'}
    return StreamingResponse(_whole(history, id_), media_type="text/plain", headers=named)


async def _whole(history: History, id_: str) -> AsyncIterator[str]:
    first = 1
    while block := await run_in_threadpool(lines, history, id_, first, BLOCK_LINES):
        yield "".join(f"{line}\n" for line in block)
        first += len(block)
