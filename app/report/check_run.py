"""A Report becomes a check run and the state of a GitHub deployment.

Pure: the same Report gives the same text. Nothing is ever read back from what is written here.
"""

from __future__ import annotations

from datetime import UTC, datetime

from app.model import Ending, Finding, Report, RowState
from app.redaction import redact_lines
from app.report.markdown import cut, within
from app.report.payload import (
    CONCLUSIONS,
    GITHUB_DEPLOYMENT_STATES,
    LEVELS,
    LOG_TAIL_LINES,
    MAX_ANNOTATION_BYTES,
    MAX_ANNOTATION_TITLE,
    MOST_BUTTONS,
    Action,
    Annotation,
    CheckRunPayload,
    GitHubDeploymentState,
    Status,
)
from app.report.summary import summary, title
from app.text.escaping import fenced, in_markdown, plain
from app.text.legible import legible


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


def last_word(report: Report, why: str) -> CheckRunPayload:
    """How a deployment stands or ended, and no more: where its whole report cannot be written or sent."""
    return CheckRunPayload(
        status="completed" if report.ending else "in_progress",
        title=f"Ended: {report.ending.value}" if report.ending else "Under way",
        summary=f"{in_markdown(why)}. The details are on ServerGem's own page.",
        conclusion=CONCLUSIONS[report.ending] if report.ending else None,
    )


def actions(report: Report) -> tuple[Action, ...]:
    """What a person may press: GitHub shows buttons on finished check runs only, three at most."""
    if not report.ending or report.gone:
        return ()
    shown = report.buttons[:MOST_BUTTONS]
    return tuple(Action(button.label, button.description, button.value) for button in shown)


def text(report: Report) -> str:
    """The check run's second part: the end of the log of what ran last; nothing where a finding has shown it whole."""
    if not report.log_tail:
        return ""
    tail = "\n".join(redact_lines(report.log_tail)[-LOG_TAIL_LINES:])
    if any(tail.strip() in finding.excerpt for finding in report.findings):
        return ""
    count = min(len(report.log_tail), LOG_TAIL_LINES)
    return f"### {in_markdown(report.log_of)}, last {count} line{'s' * (count != 1)}\n\n{fenced(tail)}"


def annotated(findings: tuple[Finding, ...]) -> tuple[Annotation, ...]:
    """The findings that have a place in the repository, in order."""
    return tuple(
        Annotation(
            path=legible(finding.place.path),  # as it is: GitHub looks for this file
            start_line=finding.place.line,
            end_line=finding.place.last_line,
            annotation_level=LEVELS[finding.weight],
            title=cut(finding.title, MAX_ANNOTATION_TITLE),
            message=within(plain(_advice(finding)), MAX_ANNOTATION_BYTES),
            raw_details=within(plain(finding.excerpt), MAX_ANNOTATION_BYTES),
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


def _status(report: Report) -> Status:
    if report.ending:
        return "completed"
    return "in_progress" if any(row.state is not RowState.WAITING for row in report.rows) else "queued"


def _advice(finding: Finding) -> str:
    return "\n\n".join(part for part in (finding.message, finding.fix, finding.link) if part)


def _utc(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None
