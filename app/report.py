"""What a person sees of a deployment: a Report becomes a check run and a GitHub deployment.

Pure: the same Report gives the same text. Nothing is ever read back from what is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from app.model import Blame, Button, Ending, Finding, Report, Row, RowState, Weight

# GitHub enforces its documented "65535 characters" in bytes: github/docs#35252.
MAX_TEXT_BYTES = 65_535
# https://docs.github.com/rest/checks/runs#update-a-check-run
MAX_ANNOTATION_TITLE = 255
MAX_ANNOTATION_BYTES = 64 * 1024
LOG_TAIL_LINES = 40

AnnotationLevel = Literal["notice", "warning", "failure"]
Status = Literal["queued", "in_progress", "completed"]
GitHubDeploymentState = Literal["queued", "in_progress", "success", "failure", "error", "inactive"]


@dataclass(frozen=True)
class Annotation:
    """A Finding's Place, as the check run shows it."""

    path: str
    start_line: int
    end_line: int
    annotation_level: AnnotationLevel
    title: str
    message: str
    raw_details: str = ""


@dataclass(frozen=True)
class Action:
    """A button on a finished check run. GitHub's limits: 20, 40 and 20 characters, three buttons."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True)
class CheckRunPayload:
    """One state of a check run, ready for GitHub. Times are in UTC."""

    status: Status
    title: str
    summary: str
    text: str = ""
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[Action, ...] = ()


CONCLUSIONS: dict[Ending, str] = {
    Ending.LIVE: "success",
    Ending.FAILED: "failure",
    Ending.SUPERSEDED: "neutral",
    Ending.SKIPPED: "skipped",
    Ending.INTERRUPTED: "neutral",
    Ending.AWAITING: "action_required",
    Ending.NOT_YOURS: "neutral",
    Ending.ROLLED_BACK: "neutral",
    Ending.READY: "success",
}
GITHUB_DEPLOYMENT_STATES: dict[Ending, GitHubDeploymentState] = {
    Ending.LIVE: "success",
    Ending.FAILED: "failure",
    Ending.SUPERSEDED: "inactive",
    Ending.SKIPPED: "inactive",
    Ending.INTERRUPTED: "error",
    Ending.AWAITING: "inactive",
    Ending.NOT_YOURS: "error",
    Ending.ROLLED_BACK: "inactive",
    Ending.READY: "inactive",
}
MOST_BUTTONS = 3
# Label and description: at most 20 and 40 characters.
# https://docs.github.com/rest/checks/runs#create-a-check-run
BUTTONS: dict[Button, tuple[str, str]] = {
    Button.RETRY: ("Retry", "Run this deployment once more"),
    Button.ROLL_BACK: ("Roll back", "Give the traffic back as it was before"),
    Button.PROMOTE: ("Promote", "Deploy this image to production"),
    Button.EXTEND: ("Extend 24 h", "Keep this preview for another day"),
    Button.APPROVE: ("Approve deploy", "Deploy this commit of the fork, once"),
    Button.ENABLE_API: ("Enable API", "Run the gcloud command shown above"),
    Button.GRANT_ROLE: ("Grant role", "Run the gcloud command shown above"),
}
LEVELS: dict[Weight, AnnotationLevel] = {
    Weight.STOP: "failure",
    Weight.WARN: "warning",
    Weight.NOTE: "notice",
}
MARKS: dict[RowState, str] = {
    RowState.WAITING: "",
    RowState.RUNNING: "…",
    RowState.DONE: "✓",
    RowState.SKIPPED: "–",
    RowState.FAILED: "✗",
}
IN_MARKDOWN = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>|#@~"}
BLAMES: dict[Blame, str] = {
    Blame.YOU: "This is in the repository or its configuration.",
    Blame.GOOGLE: "This is on Google's side, not in your change.",
    Blame.SERVERGEM: "This is ServerGem's own fault, not your change.",
    Blame.UNKNOWN: "ServerGem does not know this failure; the lines below are all it saw.",
}


def check_run(report: Report) -> CheckRunPayload:
    """The whole check run as it stands now; annotations only once the deployment has ended."""
    return CheckRunPayload(
        status=_status(report),
        title=title(report),
        summary=within(summary(report)),
        text=within(text(report)),
        conclusion=CONCLUSIONS[report.ending] if report.ending else None,
        started_at=_utc(min((row.started for row in report.rows if row.started), default=0.0)),
        completed_at=_utc(max((row.ended for row in report.rows), default=0.0)) if report.ending else None,
        annotations=annotated(report.findings) if report.ending else (),
        actions=actions(report),
    )


def actions(report: Report) -> tuple[Action, ...]:
    """What a person may press: GitHub shows buttons on finished check runs only, three at most."""
    if not report.ending or report.gone:
        return ()
    return tuple(Action(*BUTTONS[button], button.value) for button in report.buttons[:MOST_BUTTONS])


def title(report: Report) -> str:
    """One line: what is happening, or how it ended."""
    if report.gone:
        return _cut(report.gone, MAX_ANNOTATION_TITLE)
    if report.ending is Ending.LIVE:
        return f"Live in {duration(_total(report))}"
    if report.ending:
        return _cut(report.ending_note, MAX_ANNOTATION_TITLE)
    running = [row.title for row in report.rows if row.state is RowState.RUNNING]
    return " · ".join(running) if running else "Queued"


def summary(report: Report) -> str:
    """The check run's first part: the ending or the findings, then the table of stages."""
    parts = [_lead(report), *map(finding_in_markdown, report.findings), _table(report.rows)]
    if report.remarks:
        parts.append("\n".join(f"- {in_markdown(remark)}" for remark in report.remarks))
    if report.merge:
        parts.append("**What merging will change**\n\n" + "\n".join(f"- {change}" for change in report.merge))
    if report.made:
        parts.append("**Made or repaired on the way**\n\n" + "\n".join(f"- {made}" for made in report.made))
    if report.log_url:
        parts.append(f"[Log at Google Cloud]({report.log_url})")
    return "\n\n".join(part for part in parts if part)


def text(report: Report) -> str:
    """The check run's second part: the end of the build log."""
    if not report.log_tail:
        return ""
    tail = "\n".join(report.log_tail[-LOG_TAIL_LINES:])
    return f"### Build log, last {min(len(report.log_tail), LOG_TAIL_LINES)} lines\n\n{fenced(tail)}"


def annotated(findings: tuple[Finding, ...]) -> tuple[Annotation, ...]:
    """The findings that have a place in the repository, in order."""
    return tuple(
        Annotation(
            path=finding.place.path,
            start_line=finding.place.line,
            end_line=finding.place.last_line,
            annotation_level=LEVELS[finding.weight],
            title=_cut(finding.title, MAX_ANNOTATION_TITLE),
            message=within(_advice(finding), MAX_ANNOTATION_BYTES),
            raw_details=within(finding.excerpt, MAX_ANNOTATION_BYTES),
        )
        for finding in findings
        if finding.place
    )


def github_deployment_state(report: Report) -> GitHubDeploymentState:
    if report.gone:
        return "inactive"
    if report.ending is Ending.ROLLED_BACK and report.serves:
        return "success"
    return GITHUB_DEPLOYMENT_STATES[report.ending] if report.ending else "in_progress"


def within(words: str, limit: int = MAX_TEXT_BYTES) -> str:
    """`words` in at most `limit` UTF-8 bytes, cut between characters, an open code fence closed."""
    if len(words.encode()) <= limit:
        return words
    ending = "\n\n… cut here: GitHub shows no more.\n"
    longest_fence = max((len(run) for run in _runs_of_backticks(words)), default=0) + 1
    kept = words.encode()[: max(0, limit - len(ending.encode()) - longest_fence)].decode(errors="ignore")
    fence = _open_fence(kept)
    return kept + ("\n" + fence if fence else "") + ending


def _open_fence(words: str) -> str:
    """The fence of the code block that is still open at the end of `words`; empty when none is."""
    fence = ""
    for line in words.split("\n"):
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if len(ticks) < 3:
            continue
        if not fence:
            fence = ticks
        elif line == ticks and len(ticks) >= len(fence):
            fence = ""
    return fence


def fenced(words: str) -> str:
    """A code block that its own content cannot close: the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in _runs_of_backticks(words)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{words}\n{fence}"


def duration(seconds: float) -> str:
    """As a person says it: 0.4 s, 12 s, 3 min 05 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def moment(seconds: float) -> str:
    """A time of day as everybody reads it: 24 November 2026, 14:05 UTC."""
    then = datetime.fromtimestamp(seconds, UTC)
    return f"{then.day} {then:%B %Y, %H:%M} UTC"


def in_markdown(words: str) -> str:
    """Text from outside, so that it cannot become markup, a mention or a table cell of its own."""
    return " ".join(words.translate(IN_MARKDOWN).split())


def _status(report: Report) -> Status:
    if report.ending:
        return "completed"
    return "in_progress" if any(row.state is not RowState.WAITING for row in report.rows) else "queued"


def _lead(report: Report) -> str:
    if report.gone:
        return in_markdown(report.gone)
    if report.ending is Ending.LIVE:
        lives = f" It is removed on {moment(report.expires)}." if report.expires else ""
        return f"**[{report.url}]({report.url})** runs commit `{report.commit.short}` as `{report.revision}`.{lives}"
    if report.ending is Ending.ROLLED_BACK:
        return (
            f"**[{report.url}]({report.url})** serves `{report.revision}` again. `{report.commit.short}` is not "
            "deployed here by itself any more: push something newer, or press Re-run to deploy it after all."
        )
    told = report.ending in (Ending.FAILED, Ending.NOT_YOURS, Ending.AWAITING) and report.findings
    return in_markdown(report.ending_note) if report.ending and not told else ""


def finding_in_markdown(finding: Finding) -> str:
    """One finding whole: where, what happened, what to do, whose fault, the evidence."""
    where = ""
    if finding.place:
        where = f" — `{finding.place.path}`, line {finding.place.line}"
    parts = [f"### {in_markdown(finding.title)}{where}"]
    if finding.message:
        parts.append(in_markdown(finding.message))
    parts.append(f"**What to do now:** {finding.fix}")
    parts.append(BLAMES[finding.blame])
    if finding.link:
        parts.append(f"[Read more]({finding.link})")
    if finding.excerpt:
        parts.append(fenced(finding.excerpt))
    return "\n\n".join(parts)


def _advice(finding: Finding) -> str:
    return "\n\n".join(part for part in (finding.message, finding.fix, finding.link) if part)


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
    return f"| {MARKS[row.state]} | {title} | {time} | {notes} |"


def _total(report: Report) -> float:
    started = [row.started for row in report.rows if row.started]
    return max((row.ended for row in report.rows), default=0.0) - min(started, default=0.0)


def _utc(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _cut(words: str, limit: int) -> str:
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _runs_of_backticks(words: str) -> list[str]:
    return [run for run in "".join(c if c == "`" else " " for c in words).split(" ") if run]


def ended(report: Report, ending: Ending, note: str = "", findings: tuple[Finding, ...] = ()) -> Report:
    """The report of a deployment that is over: nothing in it still waits or runs."""
    rows = tuple(
        replace(row, state=RowState.SKIPPED) if row.state is RowState.WAITING else row for row in report.rows
    )
    # What ended it comes before what was only remarked on the way.
    return replace(report, ending=ending, ending_note=note, findings=(*findings, *report.findings), rows=rows)
