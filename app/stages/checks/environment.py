"""Does GitHub's environment let this deployment go on: its branches, its wait, its reviewers?"""

from __future__ import annotations

import time

from app.github import GitHubError
from app.model import Finding, Weight
from app.stages.checks.asking import Asking, stop
from app.text.titles import fitting
from app.trust.protection import Sought, held


def environment(asking: Asking) -> None:
    """Raises Stop when it does not, or not yet. Rules that the App may not read are said and hold nothing back."""
    run, github = asking.scene.run, asking.scene.world.github
    commit, name = asking.commit, asking.target.environment
    if asking.target.preview or not asking.make:
        return
    try:
        rules = github.protection(commit.repository, name)
    except GitHubError as error:
        if error.status != 403 or error.transient:
            raise
        asking.scene.warn(_unread(name))
        return
    if rules is None:
        return
    protected = rules.protected_branches and github.is_protected(commit.repository, commit.branch)
    sought = Sought(commit.branch, protected, run.since or run.read.started, run.approved_by, tag=commit.tag)
    if findings := held(rules, sought, time.time()):
        raise stop(*findings)


def _unread(name: str) -> Finding:
    return Finding(
        "environment-unread",
        fitting(f"ServerGem may not read the rules of the environment {name}"),
        "Accept the permission `actions: read` on the page of the installation.",
        weight=Weight.WARN,
        message="Until it may, the environment's reviewers, wait timer and branches are not obeyed.",
    )
