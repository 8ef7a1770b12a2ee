"""Verdict: how a deployment that did not succeed is closed: its ending, its title, its buttons. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.model import Blame, Button, Ending, Finding, Target
from app.trust.protection import AWAITS_REVIEW, AWAITS_TIME

# What nobody can mend in the repository, in the project or in this ServerGem.
NOBODY_HERE = frozenset({Blame.GOOGLE, Blame.GITHUB, Blame.SANDBOX})


@dataclass(frozen=True)
class Verdict:
    """The ending of a deployment that failed, the title that says so, and what may be pressed now."""

    ending: Ending
    note: str
    buttons: tuple[Button, ...]


def verdict_of(
    findings: tuple[Finding, ...],
    warnings: tuple[Finding, ...] = (),
    *,
    since: str = "",
    branch: str = "",
    repairs: tuple[str, ...] = (),
) -> Verdict:
    """What these findings, the worst first, mean for whoever looks.

    `since` is the commit from which `branch` fails alike, empty when it does not; `repairs` are the
    buttons with which the operator lets people change a project. What `warnings` would have mended may be the cause.
    """
    note = findings[0].title
    if since:
        note = f"Already failing on {branch} since {since[:7]}: {note}"
    mending = {f.remedy.button for f in (*findings, *warnings) if f.remedy and f.remedy.button in repairs}
    ending = ending_of(findings)
    awaited = any(finding.code == AWAITS_REVIEW for finding in findings)
    again = Button.APPROVE if ending is Ending.AWAITING and awaited else Button.RETRY
    return Verdict(ending, note, (*sorted(mending), again))


def ending_of(findings: tuple[Finding, ...]) -> Ending:
    """How a deployment with these findings ends.

    What only waits for the environment's rules waits, and what lies with Google, GitHub or the sandbox alone is no
    red cross on somebody's change; anything else has failed.
    """
    if findings and all(finding.code in (AWAITS_REVIEW, AWAITS_TIME) for finding in findings):
        return Ending.AWAITING
    theirs = all(finding.blame in NOBODY_HERE for finding in findings)
    return Ending.NOT_YOURS if findings and theirs else Ending.FAILED


def overtaken(successor: str) -> str:
    """Why a deployment was given up before it took traffic: for a newer commit, or for what happened instead."""
    if is_commit(successor):
        return f"Superseded by {successor[:7]} before it took traffic"
    return f"Stopped before it took traffic: {successor}"


def is_commit(successor: str) -> bool:
    """Whether what took a lane is a commit's sha, and not something said in words."""
    return re.fullmatch(r"[0-9a-f]{40}", successor) is not None


def fingerprint(target: Target, finding: Finding) -> str:
    """The same for the same failure of a service at another commit: without numbers, which are lines and sizes."""
    path = finding.place.path if finding.place else ""
    words = re.sub(r"[0-9a-f]{7,40}|\d+", "#", finding.title)
    return f"{target.source_name}|{finding.code}|{path}|{words}"
