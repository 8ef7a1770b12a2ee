"""Verify: the new revision has to answer, several times in a row, before it may serve anybody."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial

from app.acts.order import insist_on_wanted, serving_commit
from app.acts.question import question_of
from app.acts.reasons import of_answers
from app.model import Blame, Commit, Finding, Revision, Stop, Target
from app.probe import Answer
from app.scene import InLane
from app.text.titles import fitting
from gcp.identity import NoIdentity


@dataclass(frozen=True)
class Verified:
    """The revision answers and the commit is still wanted: both were so `at` this time (epoch seconds)."""

    at: float


def verify(scene: InLane, commit: Commit, target: Target, revision: Revision) -> Verified:
    """Prove that the revision answers; beside it, that the branch still wants this commit."""
    serving = partial(serving_commit, scene.world.google, target)
    with ThreadPoolExecutor(1, thread_name_prefix="head") as beside:
        newest = beside.submit(copy_context().run, insist_on_wanted, scene.world.github, commit, serving)
        at = time.time()
        _insist_on_answers(scene, commit, target, revision)
        newest.result()
    return Verified(at)


def _insist_on_answers(scene: InLane, commit: Commit, target: Target, revision: Revision) -> None:
    """Ask the revision until it has answered well often enough, or its time is over.

    There are two clocks: until the first answer its instance may still be starting, which Cloud Run allows it
    for minutes; what answers and answers badly has started, and gets better soon or not at all.
    """
    if not target.asked_from_outside:
        scene.note(
            f"{target.service.health} was not asked: {_closed(target)}; Cloud Run says that it started"
        )
        return
    settings = scene.world.settings
    try:
        question = question_of(scene, target, revision)
    except NoIdentity as reason:
        scene.warn(_unasked(target, str(reason)))
        return
    until = time.monotonic() + settings.verify_start
    good, last, heard = 0, Answer(0, "not asked yet"), False
    told = last
    while (left := until - time.monotonic()) > 0 and not last.impossible:
        last = question.ask(left)
        if last.status and not heard:
            heard, until = True, time.monotonic() + settings.verify_deadline
        # The last question may be cut by our own clock; what it had answered before says more.
        told = last if last.status or not told.status else told
        good = good + 1 if last.good else 0
        if good >= settings.verify_good:
            scene.note(f"{target.service.health} answered {last.status}, {good} times in a row")
            return
        time.sleep(0 if last.good else settings.verify_interval)
    allowed = settings.verify_deadline if heard else settings.verify_start
    unwell = _unwell(target, question.address, told, allowed)
    raise Stop(of_answers(scene, commit, target, revision, unwell))


def _unasked(target: Target, reason: str) -> Finding:
    return Finding(
        code="verification-impossible",
        title=fitting(f"{target.name} is private, and ServerGem could not ask whether it answers"),
        message=f"Its credentials make no identity token: {reason}. Cloud Run's own probe says that it has started.",
        fix="Run ServerGem with a service account attached or impersonated, which may make identity tokens for itself "
        "(roles/iam.serviceAccountOpenIdTokenCreator on it).",
        blame=Blame.PROJECT,
        link="https://cloud.google.com/run/docs/authenticating/service-to-service#acquire-token",
    )


def _closed(target: Target) -> str:
    """What keeps us out: https://cloud.google.com/run/docs/securing/ingress and .../identity-aware-proxy-cloud-run"""
    return "iap stands before it" if target.service.iap else f"ingress is {target.service.ingress}"


def _unwell(target: Target, address: str, last: Answer, allowed: float) -> Finding:
    said = f"HTTP {last.status}" if last.status else "no answer"
    return Finding(
        code="verification-failed",
        title=fitting(f"{target.name} gave {said} at {target.service.health}"),
        message=f"The new revision started, but {address} did not answer well within {allowed:g} s.",
        fix=f"Make `{target.service.health}` answer with a status below 400, or name another path "
        f"as `health:` of {target.name} in servergem.yml.",
        place=target.place("health"),
        excerpt=last.detail[:2000],
    )
