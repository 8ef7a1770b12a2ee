"""The first part of a check run: how it ended, what was found, the table of stages."""

from __future__ import annotations

from app.model import Blame, Ending, Finding, Report, Row, RowState, Weight
from app.report.markdown import cut, duration, moment
from app.report.payload import MAX_ANNOTATION_TITLE
from app.report.rows import worked
from app.text.escaping import advice, fenced, in_code, in_markdown, link, web_address

MARKS: dict[RowState, str] = {
    RowState.WAITING: "",
    RowState.RUNNING: "…",
    RowState.DONE: "✓",
    RowState.SKIPPED: "–",
    RowState.FAILED: "✗",
}

BLAMES: dict[Blame, str] = {
    Blame.YOU: "This is in the repository or its configuration.",
    Blame.PROJECT: "This is in the Google Cloud project and its rights, not in your change.",
    Blame.GOOGLE: "This is on Google's side, not in your change.",
    Blame.GITHUB: "This is on GitHub's side, not in your change.",
    Blame.SANDBOX: "This is a limit of the sandbox on this machine, not a fault of the repository.",
    Blame.SERVERGEM: "This is ServerGem's own fault, not your change.",
    Blame.UNKNOWN: "ServerGem does not know this failure; the lines below are all it saw.",
}


def title(report: Report) -> str:
    """One line: what is happening, or how it ended."""
    if report.gone:
        return cut(report.gone, MAX_ANNOTATION_TITLE)
    if report.ending is Ending.LIVE:
        return f"Live in {duration(worked(report.rows))}"
    if report.ending:
        return cut(report.ending_note, MAX_ANNOTATION_TITLE)
    running = [row.title for row in report.rows if row.state is RowState.RUNNING]
    return cut(" · ".join(running), MAX_ANNOTATION_TITLE) if running else "Queued"


def summary(report: Report) -> str:
    """The check run's first part: the ending or the findings, then the table of stages."""
    parts = [_still(report), *map(finding_in_markdown, report.findings), _table(report.rows)]
    if report.remarks:
        parts.append("\n".join(f"- {in_markdown(remark)}" for remark in report.remarks))
    if report.merge:
        parts.append(
            "**What merging will change**\n\n" + "\n".join(f"- {advice(change)}" for change in report.merge)
        )
    if report.made:
        made = [f"- {in_markdown(words)}" for words in report.made]
        parts.append("\n".join(["**Made or repaired on the way**", "", *made]))
    if report.log_url:
        parts.append(link("Log at Google Cloud", report.log_url))
    # GitHub shows the title right above, and takes no check run without a summary.
    if (lead := _lead(report)) != in_markdown(title(report)) or not any(parts):
        parts.insert(0, lead)
    return "\n\n".join(part for part in parts if part)


def _lead(report: Report) -> str:
    if report.gone:
        return in_markdown(report.gone)
    if report.ending is Ending.LIVE:
        lives = f" It is removed on {moment(report.expires)}." if report.expires else ""
        commit, revision = in_code(report.commit.short), in_code(report.revision)
        return f"{_address(report.url)} runs commit {commit} as {revision}.{lives}"
    if report.ending is Ending.ROLLED_BACK:
        return (
            f"{_address(report.url)} serves {_serving(report)} again. `{report.commit.short}` is not "
            "deployed here again by itself: push something newer, or press Re-run to deploy it after all."
        )
    told = report.ending in (Ending.FAILED, Ending.NOT_YOURS, Ending.AWAITING) and report.findings
    return in_markdown(report.ending_note) if report.ending and not told else ""


def _address(url: str) -> str:
    return f"**{link(url, url)}**"


def _serving(report: Report) -> str:
    """The revision that serves, or each with its share."""
    if not report.split:
        return in_code(report.revision)
    *first, last = [f"{in_code(entry.revision)} with {entry.percent} %" for entry in report.split]
    return f"{', '.join(first)} and {last} of the traffic"


def _still(report: Report) -> str:
    """What people reach after a deployment that failed: the first thing that is asked when production is red."""
    serving = report.serving
    if serving is None or report.gone:
        return ""
    if not serving.revision:
        return "Nothing serves here: no revision of this service has taken traffic yet."
    commit = f"commit {in_code(serving.sha[:7])}" if serving.sha else "no commit of ServerGem's"
    if not serving.asked:
        return (
            f"Google could not be asked what serves. ServerGem last gave the traffic to {commit} "
            f"as {in_code(serving.revision)} at {web_address(serving.url)}."
        )
    return f"{_address(serving.url)} serves {commit} as {in_code(serving.revision)}."


def finding_in_markdown(finding: Finding) -> str:
    """One finding whole: where, what happened, what to do, whose fault, the evidence."""
    where = ""
    if finding.place:
        where = f" — {in_code(finding.place.path)}, line {finding.place.line}"
    parts = [f"### {in_markdown(finding.title)}{where}"]
    if finding.message:
        parts.append(in_markdown(finding.message))
    parts.append(f"**What to do now:** {advice(finding.fix)}")
    if (finding.weight, finding.blame) != (Weight.NOTE, Blame.UNKNOWN):  # a remark that blames nobody
        parts.append(BLAMES[finding.blame])
    if finding.link:
        parts.append(link("Read more", finding.link))
    if finding.excerpt:
        parts.append(fenced(finding.excerpt))
    return "\n\n".join(parts)


def _table(rows: tuple[Row, ...]) -> str:
    if not rows:
        return ""
    lines = ["| | Stage | Time | |", "|---|---|---:|---|"]
    for row in rows:
        lines.append(_line(row, row.title))
        lines += [_line(part, f"· {part.title}") for part in row.parts]
    return "\n".join(lines)


def _line(row: Row, title: str) -> str:
    time = duration(row.seconds) if row.ended else ""
    notes = "<br>".join(in_markdown(note) for note in row.notes)
    return f"| {MARKS[row.state]} | {in_markdown(title)} | {time} | {notes} |"
