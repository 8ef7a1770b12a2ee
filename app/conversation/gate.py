"""Gate: what stands before an environment when a person wants a commit there that no push brought. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.model import Commit, Target
from app.text.escaping import in_code, in_markdown


@dataclass(frozen=True)
class Gate:
    """What the default branch's servergem.yml lets into an environment, and how the commit stands to that."""

    environment: str
    branch: str = ""
    """The branch that deploys there; empty where no such environment is named."""
    contains: bool = False
    """Whether that branch has the commit."""
    after: str = ""
    """The environment that comes before this one, if one does: then `serving` counts, and not the branch."""
    serving: tuple[str, ...] = ()
    """The services of which this very commit serves in `after`."""
    onward: str = ""
    """The environment that comes next."""
    within: str = ""
    """The branch that has the commit, where that is not the commit's own: it is asked again before traffic moves."""


@dataclass(frozen=True)
class Anew:
    """What a deployment would be if it were decided now: its Target, or a sentence that refuses it."""

    target: Target | None = None
    refused: str = ""
    onward: Target | None = None
    """Where it could be promoted to from there."""
    within: str = ""
    """As of the Gate."""


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
        "An operator of this ServerGem may deploy it at once."
    )


def untested(gate: Gate, targets: Iterable[Target], *, operator: bool) -> str:
    """Why images that somebody else has built may not skip the environment before this one; empty when they may.

    That the commit serves there proves nothing of such an image: its tag may have moved since. Promote takes the image
    along by its digest.
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
