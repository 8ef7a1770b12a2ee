"""The conversation: what people say to ServerGem on GitHub, with a button or a comment, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from app import durable, talk
from app.acts.tell import tell_answer
from app.conversation import asking, buttons, commands
from app.conversation.outcome import Outcome, act, start
from app.github import GitHubError
from app.model import HearComment, PressButton, Report
from app.report import moment
from app.store.presses import Pressed
from app.telemetry import log
from app.text.escaping import typed
from app.world import World

T = TypeVar("T")


class Ear(StrEnum):
    """How a comment is heard: a writer is obeyed, a reader answered, and one answered just now is passed over."""

    WRITER = "writer"
    READER = "reader"
    ANSWERED = "answered"


def press(world: World, job: PressButton) -> None:
    """A button was pressed: GitHub is asked who may, the press is recorded, and the check run says what came of it."""
    log.about(delivery=job.delivery_id, repository=job.repository.full_name, commit=job.sha)
    outcome = durable.step(_pressed, world, job, title="press")
    log.fact("button.pressed", button=job.button, sender=job.sender, outcome=outcome.words)
    start(world, job.repository, outcome, job.delivery_id)


def said(world: World, job: HearComment) -> None:
    """A comment was written: a reaction at once, then one answer that is kept current with what the comment began.

    Somebody who may not write is answered once in an hour under each pull request, so that nobody spends our calls.
    """
    log.about(delivery=job.delivery_id, repository=job.repository.full_name, pull_request=str(job.number))
    ear = durable.step(_see, world, job, title="see")
    if ear is Ear.ANSWERED:
        log.fact("comment.unanswered", author=job.author)
        return
    if ear is Ear.READER:
        outcome = durable.step(_obeyed, world, job, ear, 0, title="obey")
        durable.step(_tell_reader, world, job, outcome.words, title="tell")
        return
    answer = durable.step(_begin_answer, world, job, title="answer")
    outcome = durable.step(_obeyed, world, job, ear, answer, title="obey")
    log.fact("comment.obeyed", author=job.author, outcome=outcome.words)
    start(world, job.repository, outcome, job.delivery_id)
    durable.step(_finish_answer, world, job, answer, outcome.words, title="tell")


def _pressed(world: World, job: PressButton) -> Outcome:
    """Ask, decide, act; then what was said stands in our rows and on the check run, if that is this repository's."""
    known = asking.pressing(world, job)
    outcome = act(world, job.repository, job.sender, buttons.decide(known))
    if not (outcome.words and job.deployment_id):
        return outcome
    now = Pressed(job.delivery_id, job.deployment_id, job.button, job.sender, outcome.words, known.now)
    kept = world.store.presses.pressed(now)
    if known.report and not buttons.refused_before(known):
        remark = f"{kept.outcome} ({moment(kept.time)})"
        world.outbox.amend(job.deployment_id, lambda shown: with_remark(shown, remark))
    return outcome


def with_remark(shown: Report, remark: str) -> Report:
    """The report with this remark, once: a step that was killed after it wrote the remark is run again."""
    return shown if remark in shown.remarks else replace(shown, remarks=(*shown.remarks, remark))


def _see(world: World, job: HearComment) -> Ear | None:
    """How the comment is heard. None stands only in journals of a version that did not ask about its author."""
    repository = job.repository
    if world.github.may_write(repository, job.author, job.author_id):
        _politely(job, lambda: world.github.react(repository, job.comment_id, "eyes"), None)
        return Ear.WRITER
    fresh = world.store.answers.may_answer_reader(
        repository.id, job.number, job.author, job.comment_id, now=time.time()
    )
    return Ear.READER if fresh else Ear.ANSWERED


def _obeyed(world: World, job: HearComment, ear: Ear | None, answer: int) -> Outcome:
    """Ask, decide, act."""
    writer = ear is Ear.WRITER if ear else world.github.may_write(job.repository, job.author, job.author_id)
    said = talk.commands(job.text)
    heard = asking.hearing(world, job, said, writer=writer, answer=answer)
    return act(world, job.repository, job.author, commands.obey(heard, said), job.comment_id)


def _politely(job: HearComment, work: Callable[[], T], otherwise: T) -> T:
    """Tell the author something. Where GitHub refuses that for good, what was asked for is done all the same.

    In a locked conversation no App may comment:
    https://docs.github.com/communities/moderating-comments-and-conversations/locking-conversations
    """
    try:
        return work()
    except GitHubError as refused:
        if refused.transient:
            raise
        log.warning("comment.refused", pull_request=job.number, error=str(refused))
        return otherwise


def _begin_answer(world: World, job: HearComment) -> int:
    """The comment that will answer; 0 where there can be none."""
    said = ", ".join(typed(command.text) for command in talk.commands(job.text))
    text = f"@{job.author} {said}: ServerGem is working on it."
    return _politely(
        job, lambda: world.github.create_comment(job.repository, job.number, _marker(job), text), 0
    )


def _finish_answer(world: World, job: HearComment, answer: int, words: str) -> None:
    if not answer:
        return
    text = _addressed(job, words)
    world.store.answers.answered(answer, job.repository.id, job.number, _marker(job), text)
    tell_answer(world, job.repository, answer)


def _tell_reader(world: World, job: HearComment, words: str) -> None:
    """Answer a reader once. Where an earlier process may have done so, the comment is looked for first."""
    unsaid, text = not world.store.answers.says_to_reader(job.comment_id), _addressed(job, words)
    _politely(
        job,
        lambda: world.github.create_comment(job.repository, job.number, _marker(job), text, unsaid=unsaid),
        0,
    )


def _addressed(job: HearComment, words: str) -> str:
    space = "\n\n" if "\n" in words else " "  # a table begins on a line of its own
    return f"@{job.author}{space}{words}"


def _marker(job: HearComment) -> str:
    return f"answer-{job.comment_id}"
