"""Protection: what GitHub's environment asks before a deployment to it, and whether this one may go on; pure.

https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments#deployment-protection-rules
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.config import patterns
from app.model import Blame, Finding, Person
from app.report import moment
from app.text.titles import fitting

AWAITS_REVIEW, AWAITS_TIME = "awaits-review", "awaits-time"


@dataclass(frozen=True)
class Protection:
    """The rules of an environment. `wait` is minutes; `branches` and `tags` are patterns, None where all may."""

    environment: str
    url: str = ""
    reviewers: tuple[Person, ...] = ()
    teams: tuple[str, ...] = ()
    no_self_review: bool = False
    wait: int = 0
    branches: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    protected_branches: bool = False


@dataclass(frozen=True)
class Sought:
    """A deployment that wants in: from which branch or tag, since when (epoch seconds), and who has approved it."""

    branch: str
    protected: bool
    since: float
    approved_by: str = ""
    tag: str = ""


def held(rules: Protection, sought: Sought, now: float) -> tuple[Finding, ...]:
    """Why the deployment may not go on, or not yet; nothing when it may."""
    return tuple(_held(rules, sought, now))


def waited_out(findings: tuple[Finding, ...], now: float) -> bool:
    """Whether nothing but time held a deployment back, and that is over by now (epoch seconds)."""
    times = all(finding.code == AWAITS_TIME and finding.until <= now for finding in findings)
    return bool(findings) and times


def may_approve(rules: Protection, who: Person, requesters: Iterable[Person], *, operator: bool) -> str:
    """Empty when this person may; else why not, and who may. An operator stands in for teams, which we cannot read."""
    if rules.no_self_review and any(who.is_same(each) for each in requesters):
        return f"{rules.environment} takes the review of somebody else than who asked for the deployment"
    if any(who.is_same(each) for each in rules.reviewers) or (operator and rules.teams):
        return ""
    return f"{rules.environment} is approved by {_whom(rules)}"


def _held(rules: Protection, sought: Sought, now: float) -> Iterator[Finding]:
    if not (_tag_fits(rules, sought.tag) if sought.tag else _branch_fits(rules, sought)):
        yield _not_from_there(rules, sought)
        return
    if now < (until := sought.since + rules.wait * 60):
        yield Finding(
            AWAITS_TIME,
            fitting(f"{rules.environment} waits {rules.wait} minutes, until {moment(until)}"),
            "Nothing: it goes on by itself then.",
            message="The environment's wait timer on GitHub lets a deployment go on only then.",
            link=rules.url,
            until=until,
        )
    if (rules.reviewers or rules.teams) and not sought.approved_by:
        yield Finding(
            AWAITS_REVIEW,
            f"Waits for the review that {rules.environment} requires",
            f"Approve deploy is pressed by {_whom(rules)}.",
            message="The environment's rules on GitHub require a review before each deployment to it.",
            link=rules.url,
        )


def _not_from_there(rules: Protection, sought: Sought) -> Finding:
    kind, patterns_there = ("tag", rules.tags) if sought.tag else ("branch", rules.branches)
    allowed = "protected branches" if rules.protected_branches else ", ".join(patterns_there or ()) or "none"
    return Finding(
        f"{kind}-not-allowed",
        fitting(f"The environment {rules.environment} takes nothing from {sought.tag or sought.branch}"),
        f"Deploy from a {kind} that it takes ({allowed}), or change its deployment branches and tags on GitHub.",
        blame=Blame.YOU,
        message="The environment's rules on GitHub say from which branches and tags it may be deployed to.",
        link=rules.url,
    )


def _tag_fits(rules: Protection, tag: str) -> bool:
    """A protected branch is no tag."""
    if rules.protected_branches:
        return False
    return rules.tags is None or any(_fits(pattern, tag) for pattern in rules.tags)


def _branch_fits(rules: Protection, sought: Sought) -> bool:
    if rules.protected_branches and not sought.protected:
        return False
    return rules.branches is None or any(_fits(pattern, sought.branch) for pattern in rules.branches)


def _fits(pattern: str, branch: str) -> bool:
    """As GitHub's `*`, which stays between slashes; what is no pattern that we know fits only itself."""
    try:
        return patterns.of_branches(pattern).fits(branch)
    except ValueError:
        return pattern == branch


def _whom(rules: Protection) -> str:
    people = [each.login for each in rules.reviewers]
    if rules.teams:
        teams = " and ".join(rules.teams)
        people.append(f"an operator of this ServerGem for the team {teams}, whose members it cannot see")
    return " or ".join(people)
