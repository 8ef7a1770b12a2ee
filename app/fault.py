"""Fault: what stopped a run and was no stage's own Stop, as a Finding: Google's answer, GitHub's, or our own fault."""

from __future__ import annotations

from dataclasses import replace

from app.diagnosis import Files, diagnose
from app.diagnosis.facts import Facts, filled
from app.github import GitHub, GitHubError
from app.model import Blame, Commit, Finding, Target
from app.telemetry import log
from app.text.titles import fitting
from gcp.errors import Denial, GoogleError, evidence


def explain(
    github: GitHub, member: str, commit: Commit, target: Target, error: GoogleError, run_as: str = ""
) -> Finding:
    """A Google error as a Finding, on the line of servergem.yml that asked for what Google refuses.

    `member` is ServerGem's own account as IAM writes it, empty where its credentials do not say;
    `run_as` is the account that was to build or run, empty where it is the project's default one.
    """
    found = diagnose(evidence(error), _configuration(github, commit, target.config_path))
    finding = found.findings[0] if found.known else _not_known(error)
    facts = Facts(target.project, target.region, member, member, run_as, target.name)
    return filled(with_details(finding, error.denial), facts)


def with_details(finding: Finding, said: Denial) -> Finding:
    """The fields that Google names and the page that it sends to, which know more than any rule."""
    fields = " ".join(
        f"{field}: {words}" for field, words in said.violations if field and field not in finding.message
    )
    more = " ".join(link for link in said.links[1:])
    message = " ".join(part for part in (finding.message, fields, more) if part)
    return replace(finding, message=message, link=next(iter(said.links), finding.link))


def _not_known(error: GoogleError) -> Finding:
    return Finding(
        code="google-error",
        title=fitting(f"Google answered {error.code} to {error.method}"),
        message=error.message,
        fix="Read Google's answer below; when it says that it is temporary, re-run this check.",
        blame=Blame.GOOGLE if error.transient else Blame.UNKNOWN,
        excerpt=str(error),
    )


def _configuration(github: GitHub, commit: Commit, path: str) -> Files:
    """servergem.yml at this commit, when there is one and GitHub gives it."""
    if not path:
        return Files.of({})
    try:
        return Files.of({path: github.file(commit, path) or ""})
    except GitHubError as error:
        log.warning("configuration.unread", error=str(error))
        return Files.of({})


def unexpected(error: Exception, deployment_id: str) -> Finding:
    """What stopped a run and was not looked for: GitHub's trouble, or our own fault."""
    if isinstance(error, GitHubError):
        return _from_github(error)
    log.fault("deployment.broke", error)
    return _our_own_fault(error, deployment_id)


def _from_github(error: GitHubError) -> Finding:
    return Finding(
        code="github-error",
        title=fitting(f"GitHub answered {error.status or 'nothing'}"),
        message=str(error),
        fix="Re-run this check; https://www.githubstatus.com says whether GitHub has trouble.",
        blame=Blame.GITHUB,
        link="https://www.githubstatus.com",
    )


def _our_own_fault(error: Exception, deployment_id: str) -> Finding:
    return Finding(
        code="servergem-fault",
        title=f"ServerGem failed: {type(error).__name__}",
        message="The run ended at the last stage of the table below.",
        fix=f"Tell the operator of this ServerGem; its log has the details under deployment {deployment_id}.",
        blame=Blame.SERVERGEM,
    )
