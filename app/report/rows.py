"""The rows of a Report: where a new one stands, what was work, how all of them end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.model import Ending, Finding, Report, Row, RowState

# The failures of which a warning had spoken before the build, by code: the warning has no more to say then.
FORETOLD: Mapping[str, frozenset[str]] = {
    "buildpacks-python-entrypoint": frozenset({"no-start-command", "services-below"}),
    "buildpacks-ruby-entrypoint": frozenset({"no-start-command", "services-below"}),
    "buildpacks-no-entrypoint": frozenset({"no-start-command", "services-below"}),
    "npm-tool-missing": frozenset({"start-needs-development"}),
    "node-module": frozenset({"start-needs-development"}),
}

# The title of the stage that builds.
BUILD = "Build image"


def built(report: Report) -> float:
    """The seconds that the image's build took; 0 where there was none, as for an image that was there already."""
    if not report.log_url:  # each build has one
        return 0.0
    return next(
        (row.seconds for row in report.rows if row.title == BUILD and row.state is RowState.DONE), 0.0
    )


def worked(rows: tuple[Row, ...]) -> float:
    """The seconds in which something was done: what ran side by side once, and no waiting for others."""
    total = reached = 0.0
    for row in sorted(rows, key=lambda row: row.started):
        if row.started and row.ended and not row.idle:
            total += max(0.0, row.ended - max(row.started, reached))
            reached = max(reached, row.ended)
    return total


def placed(rows: tuple[Row, ...], row: Row) -> tuple[Row, ...]:
    """The rows with this one: in its place, or, when it is on no road, before all that has not begun."""
    if any(kept.title == row.title for kept in rows):
        return tuple(row if kept.title == row.title else kept for kept in rows)
    ahead = next((n for n, kept in enumerate(rows) if kept.state is RowState.WAITING), len(rows))
    return (*rows[:ahead], row, *rows[ahead:])


def ended(report: Report, ending: Ending, note: str = "", findings: tuple[Finding, ...] = ()) -> Report:
    """The report of a deployment that is over: nothing in it still waits or runs."""
    rows = tuple(
        replace(row, state=RowState.SKIPPED) if row.state is RowState.WAITING else row for row in report.rows
    )
    # What ended it comes before what was only remarked on the way, and is not foretold once more after it.
    foretold = frozenset[str]().union(*(FORETOLD.get(finding.code, ()) for finding in findings))
    remarked = tuple(each for each in report.findings if each.code not in foretold)
    return replace(report, ending=ending, ending_note=note, findings=(*findings, *remarked), rows=rows)
