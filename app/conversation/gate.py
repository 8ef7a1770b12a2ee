"""Gate: what stands before an environment when a person wants a commit there that no push brought. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.escaping import in_markdown
from app.model import Commit, Target


@dataclass(frozen=True)
class Gate:
    """An environment, the branch that deploys to it by the default branch's word, and whether that has the commit.

    `branch` is empty where the default branch names no such environment.
    """

    environment: str
    branch: str = ""
    contains: bool = False


@dataclass(frozen=True)
class Anew:
    """What begins again, as it is decided now; or in a sentence why the commit may not go there (any more)."""

    target: Target | None = None
    refused: str = ""


def refusal(gate: Gate, commit: Commit, *, operator: bool) -> str:
    """Why this commit may not go there, and what to do; empty when it may."""
    if gate.contains or operator:
        return ""
    environment, branch = in_markdown(gate.environment), in_markdown(gate.branch)
    default_branch = in_markdown(commit.repository.default_branch)
    if not gate.branch:
        return f"servergem.yml on {default_branch} names no environment {environment}, so nothing is deployed there."
    first = f"push it to a branch that {branch} fits" if "*" in gate.branch else f"merge it to {branch}"
    return (
        f"{environment} takes what is on {branch}, and {commit.short} is not there: {first}, and that push deploys it. "
        "An operator of this ServerGem may deploy it before."
    )
