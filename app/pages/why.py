"""Why something was deployed, or was not, as its report lets it be known; pure."""

from __future__ import annotations

from app.model import Ending, Report, service_and_environment


def why(report: Report) -> str:
    """The rule that decided, in a sentence or two."""
    service, environment = service_and_environment(report.check_name)
    if report.ending is Ending.SKIPPED:
        return "The rule above leaves this commit alone."
    if report.ending is Ending.ROLLED_BACK:
        return "A person asked for the traffic to go back."
    if report.commit.pull_request:
        return (
            f"It is the head of pull request #{report.commit.pull_request}, which has a preview of {service}."
        )
    came = report.commit.came_as
    where = f"the environment {environment}" if environment else "this repository"
    return (
        f"{came[:1].upper()}{came[1:]} was pushed, which {where} deploys, and something changed that {service} is "
        "made of: its folder, what `watch` names, or servergem.yml. Or a person asked for it."
    )
