"""Outcome: what a press or a comment leads to, as data; `act` is the only place where the conversation writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from app import durable
from app.acts.tell import tell_pull_request
from app.conversation.repair import repair
from app.conversation.running import run_now
from app.model import Deploy, LookAtPullRequest, Remedy, Repository, Row, RowState, Target, TargetJob
from app.model.formerly import formerly
from app.scene import Run
from app.start import Rollback, begin
from app.store.traffic import Lock
from app.trust.approval import Terms
from app.world import World
from gcp.errors import GoogleError

OVERRULED = "A later comment was heard before this one, and what it says about the same thing stays."


@dataclass(frozen=True)
class Approve:
    """What a fork asks for may be deployed: exactly this."""

    number: int
    terms: Terms


@dataclass(frozen=True)
class Switch:
    """The previews of a pull request, on or off."""

    number: int
    on: bool


@dataclass(frozen=True)
class Pardon:
    """A commit that was rolled back is wanted after all."""

    lane: str
    sha: str


@dataclass(frozen=True)
class Unlock:
    """Deployments to this lane need not wait any more, nor for a lock that was said before and comes later."""

    lane: str


@dataclass(frozen=True)
class Extend:
    """A preview stays until then, in epoch seconds; `deployment_id` is the deployment whose check run says so."""

    lane: str
    until: float
    deployment_id: str


@dataclass(frozen=True)
class Repair:
    """What a finding named is put right in the project; where Google refuses, nothing else of the outcome begins."""

    remedies: tuple[Remedy, ...]
    button: str


@dataclass(frozen=True)
class RunNow:
    """A job is run once, for what was said at `since`, in epoch seconds."""

    target: Target
    job: TargetJob
    since: float


Wish = Approve | Switch | Pardon | Lock | Unlock | Extend | Repair | RunNow


@dataclass(frozen=True)
class Outcome:
    """What a press or a comment leads to: words for the person, what is to be written, and the stories that begin.

    `renews`: the pull requests whose comment of ours says something else by now. The journal keeps an outcome
    without its wishes, which have come true by then.
    """

    __pydantic_config__: ClassVar = formerly(looks="reviews")

    words: str = ""
    pushes: tuple[Deploy, ...] = ()
    looks: tuple[LookAtPullRequest, ...] = ()
    deployments: tuple[Run, ...] = ()
    rollbacks: tuple[Rollback, ...] = ()
    renews: tuple[int, ...] = ()
    wishes: tuple[Wish, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            "\n\n".join(words for words in (self.words, other.words) if words),
            self.pushes + other.pushes,
            self.looks + other.looks,
            self.deployments + other.deployments,
            self.rollbacks + other.rollbacks,
            self.renews + other.renews,
            self.wishes + other.wishes,
        )


def act(world: World, repository: Repository, by: str, outcome: Outcome, comment_id: int = 0) -> Outcome:
    """Write what was decided, for the person who asked for it; what is left of the outcome is to be begun.

    `comment_id` is the comment that asked: what a later one has said of the same thing stays as it is.
    """
    try:
        counted = [_fulfil(world, repository, by, wish, comment_id) for wish in outcome.wishes]
    except GoogleError as refused:
        button = next(wish.button for wish in outcome.wishes if isinstance(wish, Repair))
        return Outcome(f"{by} pressed {button}, and Google refused: {refused.message}")
    words = outcome.words if all(counted) else f"{outcome.words}\n\n{OVERRULED}"
    ran = [
        run_now(world, repository, wish.target, wish.job, wish.since)
        for wish in outcome.wishes
        if isinstance(wish, RunNow)
    ]
    return replace(outcome, words="\n\n".join(filter(None, (words, *ran))), wishes=())


def start(world: World, repository: Repository, outcome: Outcome, mark: str) -> None:
    """Begin the stories of an outcome. What was changed is in the journal before GitHub is told of it."""
    for number, job in enumerate(outcome.pushes):
        world.start(job, f"{mark}:push:{number}")
    for number, review in enumerate(outcome.looks):
        world.start(review, f"{mark}:review:{number}")
    for run in outcome.deployments:
        begin(world, run)
    for rollback in outcome.rollbacks:
        begin(world, rollback)
    for number in outcome.renews:
        durable.step(tell_pull_request, world, repository, number, title=f"renew {number}")


def asked(words: str, now: float) -> Row:
    """The first row of a deployment that a person asked for."""
    return Row(words, RowState.DONE, now, now)


def _fulfil(world: World, repository: Repository, by: str, wish: Wish, comment_id: int) -> bool:
    """Whether the wish came true: a later comment may have said otherwise, and been heard before."""
    previews, traffic = world.store.previews, world.store.traffic
    match wish:
        case Approve(number, terms):
            world.store.approvals.approve(repository.id, number, terms, by)
        case Switch(number, on):
            word = {"on_by" if on else "off_by": by}
            return world.store.pull_requests.switch(repository.id, number, comment_id, **word)
        case Pardon(lane, sha):
            traffic.pardon(lane, sha)
        case Lock():
            return traffic.lock(wish, comment_id)
        case Unlock(lane):
            return traffic.unlock(lane, comment_id)
        case Extend(lane, until, deployment_id):
            previews.extended(lane, until)
            world.outbox.amend(deployment_id, lambda shown: replace(shown, expires=until))
        case Repair(remedies):
            repair(world, remedies)
    return True
