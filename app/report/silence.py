"""Why the log of a deployment has no line, for wherever its lines would stand; pure."""

from __future__ import annotations

from app.model import Ending, Report, RowState
from app.report.rows import BUILD

# Where a person reads that more will come, or that nothing will.
YET = "Nothing was printed yet."
NEVER_BUILT = "It ended before anything was built, so nothing was printed."


def silence(report: Report) -> str:
    """One paragraph. A build that was not needed says in its row what was taken instead."""
    build = next((row for row in report.rows if row.title == BUILD), None)
    if report.log_tail:
        return "Its log is not kept any more."
    if report.ending is Ending.AWAITING:
        return "Nothing is built before a person approves it, so nothing was printed."
    if build is None:
        return "This builds nothing, so there is no log of a build." if report.rows else _bare(report)
    if build.state in (RowState.WAITING, RowState.RUNNING):
        return YET
    if build.state is RowState.SKIPPED and not build.started:
        return NEVER_BUILT
    if report.log_url:
        return "The build printed nothing."
    if build.state is not RowState.DONE:
        return "It ended before a build began, so nothing was printed."
    instead = [f"{note[:1].upper()}{note[1:]}." for note in build.notes]
    return " ".join(["No build ran, so there is no log of one.", *instead])


def _bare(report: Report) -> str:
    """Of a deployment that no stage belongs to yet, or never did."""
    return NEVER_BUILT if report.ending else YET
