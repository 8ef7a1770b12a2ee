"""Why something was deployed, or was not, as its report tells it; pure."""

from __future__ import annotations

from app.model import Ending, Report, service_and_environment
from app.start import READ


def why(report: Report) -> str:
    """The rule that decided, in a sentence or two."""
    if report.ending is Ending.SKIPPED:
        return "The rule above leaves this commit alone."
    if report.why:
        return report.why
    if report.rows and report.rows[0].title != READ:
        return f"{report.rows[0].title}."
    if report.commit.pull_request:
        service, _ = service_and_environment(report.check_name)
        return f"A person asked for {service} of pull request #{report.commit.pull_request} to be deployed again."
    return "A person asked for this deployment."
