"""Verify: the new revision has to answer, several times in a row, before it may serve anybody."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial

from app import probe
from app.deployment import Scene
from app.model import Commit, Finding, Revision, Stop, Target
from app.probe import Answer
from app.stages.order import insist_on_newest, serving_commit


@dataclass(frozen=True)
class Verified:
    """The revision answers and the commit is still wanted: both were so `at` this time (epoch seconds)."""

    at: float


def verify(scene: Scene, commit: Commit, target: Target, revision: Revision) -> Verified:
    """Prove that the revision answers; beside it, that the branch still wants this commit."""
    wanted = partial(serving_commit, scene.world.google, target)
    with ThreadPoolExecutor(1, thread_name_prefix="head") as beside:
        newest = beside.submit(copy_context().run, insist_on_newest, scene.world.github, commit, wanted)
        at = time.time()
        _insist_on_answers(scene, target, revision)
        newest.result()
    return Verified(at)


def _insist_on_answers(scene: Scene, target: Target, revision: Revision) -> None:
    """Ask the revision's own address until it has answered well often enough, or the deadline is over."""
    settings = scene.world.settings
    address = revision.tag_url.rstrip("/") + target.service.health
    token = "" if target.service.public else scene.world.google.identity_token(revision.url)
    until = time.monotonic() + settings.verify_deadline
    good, last = 0, Answer(0, "not asked yet")
    while time.monotonic() < until:
        last = probe.ask(address, identity_token=token)
        good = good + 1 if last.good else 0
        if good >= settings.verify_good:
            scene.note(f"{target.service.health} answered {last.status}, {good} times in a row")
            return
        time.sleep(0 if last.good else settings.verify_interval)
    raise Stop((_unwell(target, address, last, settings.verify_deadline),))


def _unwell(target: Target, address: str, last: Answer, deadline: float) -> Finding:
    said = f"HTTP {last.status}" if last.status else "no answer"
    return Finding(
        code="verification-failed",
        title=f"{target.name} gave {said} at {target.service.health}"[:80],
        message=f"The new revision started, but {address} did not answer well within {deadline:.0f} s.",
        fix=f"Make `{target.service.health}` answer with a status below 400, or name another path "
        f"as `health:` of {target.name} in servergem.yml.",
        place=target.place("health"),
        excerpt=last.detail[:2000],
    )
