"""Gate: what stands before an environment when a person wants a commit there that no push brought. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.model import Commit, Target
from app.text.escaping import in_code, in_markdown


@dataclass(frozen=True)
class Gate:
    """An environment, the branch that deploys to it by the default branch's word, and whether that has the commit.

    `branch` is empty where the default branch names no such environment. `after` is the environment before it, if
    there is one: then what counts is not the branch but the `serving` services, of which that commit serves there.
    `onward` is the environment that comes next. `within` is the branch that has the commit and is not its own, which is
    asked about anyway.
    """

    environment: str
    branch: str = ""
    contains: bool = False
    after: str = ""
    serving: tuple[str, ...] = ()
    onward: str = ""
    within: str = ""


@dataclass(frozen=True)
class Anew:
    """What begins again, as it is decided now; or in a sentence why the commit may not go there (any more)."""

    target: Target | None = None
    refused: str = ""
    onward: Target | None = None
    """Where it is promoted to from there."""
    within: str = ""
    """The branch that has the commit, where it is not its own."""


def refusal(gate: Gate, commit: Commit, services: tuple[str, ...], *, operator: bool) -> str:
    """Why this commit of these services may not go there, and what to do; empty when it may."""
    if gate.contains or operator:
        return ""
    if gate.after:
        return _not_there_yet(gate, commit, tuple(each for each in services if each not in gate.serving))
    environment, branch = in_markdown(gate.environment), in_markdown(gate.branch)
    default_branch = in_markdown(commit.repository.default_branch)
    if not gate.branch:
        return f"servergem.yml on {default_branch} names no environment {environment}, so nothing is deployed there."
    first = f"push it to a branch that {branch} fits" if "*" in gate.branch else f"merge it to {branch}"
    return (
        f"{environment} takes what is on {branch}, and {commit.short} is not there: {first}, and that push deploys it. "
        "An operator of this ServerGem may deploy it before."
    )


def untested(gate: Gate, targets: Iterable[Target], *, operator: bool) -> str:
    """Why images that somebody else has built may not go past the environment before; empty when they may.

    The commit serving there says nothing of such an image: what a tag stands for may have been pushed since. Only by
    its digest, as Promote takes it along from there, is it the same.
    """
    tags = [image for each in targets for _, image in each.images_named if "@" not in image]
    if not gate.after or not tags or operator:
        return ""
    environment, after = in_markdown(gate.environment), in_markdown(gate.after)
    return (
        f"{environment} takes what serves in {after}, and {in_code(tags[0])} is a tag, which may stand for something "
        f"else by now: press Promote on the check run in {after}."
    )


def _not_there_yet(gate: Gate, commit: Commit, missing: tuple[str, ...]) -> str:
    if not missing:
        return ""
    environment, after = in_markdown(gate.environment), in_markdown(gate.after)
    return (
        f"{environment} takes what serves in {after}, and {commit.short} of {', '.join(map(in_code, missing))} does "
        f"not serve there: deploy it to {after}, then press Promote on that check run."
    )
