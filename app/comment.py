"""Comments: what ServerGem says under a pull request, as Markdown; pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Ending, Report
from app.report import moment, title
from app.text.escaping import in_code, in_markdown, link, web_address

STICKY = "preview"


@dataclass(frozen=True)
class Line:
    """One service of a pull request as the sticky comment shows it. `changed` and `expires` are epoch seconds."""

    service: str
    report: Report | None
    page: str
    changed: float
    expires: float


def sticky(lines: tuple[Line, ...], ending: str, *, head: str) -> str:
    """The one comment of a pull request. `ending` is why nothing runs, when nothing does."""
    if not lines:
        return f"**ServerGem** runs no preview of this pull request: {in_markdown(ending)}."
    table = ["| Service | State | Preview | Commit | Updated |", "|---|---|---|---|---|"]
    table += [_line(line) for line in lines]
    until = min((line.expires for line in lines if line.expires), default=0.0)
    lives = f"Removed when the pull request is closed, and on {moment(until)} at the latest." if until else ""
    return "\n".join(
        [
            f"**ServerGem** preview of {in_code(head[:7])}",
            "",
            *table,
            "",
            f"{lives} `/help` lists the commands.".strip(),
        ]
    )


def answer(text: str, runs: tuple[tuple[Report, str], ...]) -> str:
    """An answer to a command, with how the deployments go that it began; each with its page."""
    if not runs:
        return text
    lines = [
        f"- {link(report.check_name.removeprefix('ServerGem / '), page)}: {state_of(report)}"
        for report, page in runs
    ]
    return "\n".join([text, "", *lines])


def state_of(report: Report) -> str:
    """How a deployment stands, in a word or with its address."""
    if report.gone:
        return "removed"
    if report.ending is Ending.LIVE:
        return f"live at {web_address(report.url)}"
    if report.ending is None:
        return f"{in_markdown(title(report).lower())} …"
    ending, told = report.ending.value.replace("-", " "), title(report)
    if told.lower().startswith(ending):
        return in_markdown(told[:1].lower() + told[1:])
    return f"{ending}: {in_markdown(told)}"


def _line(line: Line) -> str:
    report = line.report
    if report is None:
        return f"| {in_markdown(line.service)} | queued | | | {moment(line.changed)} |"
    url = link(report.url, report.url) if report.url and not report.gone else ""
    state = {Ending.LIVE: "live", Ending.FAILED: "failed", Ending.SUPERSEDED: "superseded"}.get(
        report.ending or Ending.SKIPPED, "under way" if report.ending is None else report.ending or ""
    )
    ended = max((row.ended for row in report.rows), default=0.0) or line.changed
    name, page = in_markdown(line.service), link(state, line.page)
    return f"| {name} | {page} | {url} | `{report.commit.short}` | {moment(ended)} |"
