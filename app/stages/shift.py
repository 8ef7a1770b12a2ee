"""Shift: traffic moves to the verified revision, step by step, and is proved to have arrived."""

from __future__ import annotations

import time
from functools import partial

from app.acts.order import insist_on_wanted, serving_commit
from app.acts.question import Question, question_of
from app.acts.reasons import of_answers
from app.acts.specification import tag
from app.acts.traffic import move
from app.lane import wait_for_lock
from app.model import Blame, Commit, Finding, Live, Revision, Stop, Superseded, Target, Traffic
from app.probe import Answer
from app.scene import InLane
from app.stages.verify import Verified
from app.store.traffic import Shift
from app.text.titles import fitting
from gcp import cloud_run
from gcp.cloud_run import OWN_TAG, ServiceState
from gcp.identity import NoIdentity

# So long it holds that the branch still wanted this commit; after a restart, or a wait for a lock, it is asked again.
HEAD_HOLDS_SECONDS = 10.0
# So many questions judge a step of a rollout, and so many of them may be answered badly.
STEP_ANSWERS, STEP_ACCIDENTS = 5, 1
ARRIVAL_LOOKS = 5


def shift(scene: InLane, commit: Commit, target: Target, revision: Revision, verified: Verified) -> Live:
    """Give the revision its traffic by the rollout's steps; Superseded when something newer is on its way."""
    wait_for_lock(scene.world, scene.run, scene.show)  # somebody may have locked it during the build
    if commit.within or time.time() - verified.at > HEAD_HOLDS_SECONDS:
        insist_on_wanted(scene.world.github, commit, partial(serving_commit, scene.world.google, target))
    state = ServiceState(target.name, revision.etag, revision.url, revision.before, "")
    # Where nothing served before there is nobody to share with.
    for percent in target.service.rollout if _elsewhere(revision) else (100,):
        state = _set(scene, commit, target, revision, percent, state)
        if percent < 100:
            _insist_on_health(scene, commit, target, revision, percent)
            scene.note(f"{percent} % of the traffic")
    _insist_on_arrival(scene, target, revision, state)
    scene.world.store.traffic.shifted(
        Shift(scene.run.id, target.lane, commit.sha, revision.name, state.url, revision.before)
    )
    return Live(url=state.url, revision=revision.name)


def restore(scene: InLane, target: Target, revision: Revision) -> None:
    """Put back the traffic as it was before this deployment; a first deployment has nothing to put back.

    This is done although something newer waits for the lane: that is to find what served before, not what failed.
    """
    state = cloud_run.service(scene.world.google, target.project, target.region, target.name)
    scene.insist_on_ours(target, state)
    if state is None or not revision.before:
        scene.note("there was nothing that served before")
        return
    if not any(entry.revision == revision.name and entry.percent for entry in state.traffic):
        scene.note("the traffic was never moved: what served before keeps serving")
        return
    move(scene, target, lambda _: revision.before, insist=lambda _: scene.insist_on_lane(), state=state)
    scene.note("put back: " + ", ".join(f"{e.percent} % {e.revision}" for e in revision.before if e.percent))


def _set(
    scene: InLane, commit: Commit, target: Target, revision: Revision, percent: int, state: ServiceState
) -> ServiceState:
    """One step of the rollout, with the etag of the state that it was decided on."""

    def insist(changed: bool) -> None:
        scene.insist()
        if changed:
            insist_on_wanted(scene.world.github, commit, partial(serving_commit, scene.world.google, target))

    moved = move(
        scene,
        target,
        lambda now: _entries(now, target, commit, revision, percent),
        insist=insist,
        state=state,
    )
    if moved is None:
        raise Superseded("the service was removed")
    return moved


def _entries(
    state: ServiceState, target: Target, commit: Commit, revision: Revision, percent: int
) -> tuple[Traffic, ...]:
    """The new revision's share, the rest where it was, and every tag that is not ours kept."""
    own = Traffic(revision.name, percent, tag(target.name, commit.sha))
    before = _elsewhere(revision)
    kept = [
        Traffic(entry.revision, 0, entry.tag)
        for entry in state.traffic
        if entry.tag and not entry.tag.startswith(OWN_TAG) and entry.revision != revision.name
    ]
    if percent == 100:
        return (own, *kept)
    rest = [
        Traffic(
            entry.revision, entry.percent * (100 - percent) // 100, "" if entry.tag == own.tag else entry.tag
        )
        for entry in before
    ]
    missing = 100 - percent - sum(entry.percent for entry in rest)
    rest[0] = Traffic(rest[0].revision, rest[0].percent + missing, rest[0].tag)
    return (own, *rest, *kept)


def _elsewhere(revision: Revision) -> list[Traffic]:
    """What served before, other than this revision."""
    return [entry for entry in revision.before if entry.percent and entry.revision != revision.name]


def _insist_on_health(
    scene: InLane, commit: Commit, target: Target, revision: Revision, percent: int
) -> None:
    """Judge a step by several answers: one bad one is an accident, more are an illness."""
    if not target.asked_from_outside:
        return
    try:
        question = question_of(scene, target, revision)
    except NoIdentity:
        return  # as its verification has warned
    answer, bad = _first_answer(scene, question), 0
    for left in reversed(range(STEP_ANSWERS)):
        if not answer.good:
            bad += 1
            if bad > STEP_ACCIDENTS or answer.impossible:
                ill = _fell_ill(target, answer, percent)
                raise Stop(of_answers(scene, commit, target, revision, ill))
            time.sleep(scene.world.settings.verify_interval)
        if left:
            answer = question.ask()


def _first_answer(scene: InLane, question: Question) -> Answer:
    """The first answer that comes: an instance may have stopped since it was verified, and starts silently."""
    settings = scene.world.settings
    until = time.monotonic() + settings.verify_start
    while not ((answer := question.ask()).status or answer.impossible) and time.monotonic() < until:
        time.sleep(settings.verify_interval)
    return answer


def _insist_on_arrival(scene: InLane, target: Target, revision: Revision, state: ServiceState) -> None:
    """What Cloud Run routes has to follow what it was told; a look more than once, since it may lag."""
    for _ in range(ARRIVAL_LOOKS):
        if any(entry.revision == revision.name and entry.percent == 100 for entry in state.routed):
            return
        time.sleep(scene.world.settings.verify_interval)
        found = cloud_run.service(scene.world.google, target.project, target.region, target.name)
        if found is None:
            raise Superseded("the service was removed")
        state = found
    raise Stop((_did_not_arrive(target, revision),))


def _fell_ill(target: Target, answer: Answer, percent: int) -> Finding:
    said = f"HTTP {answer.status}" if answer.status else "no answer"
    return Finding(
        code="rollout-failed",
        title=fitting(f"{target.name} gave {said} with {percent} % of the traffic"),
        fix="Read the revision's log below, change what it names, and push.",
        message=f"The new revision was well when it was verified. With {percent} % of the traffic it gave "
        f"{said} at {target.service.health} more than once in {STEP_ANSWERS} questions, so that its rollout was "
        "given up and the traffic goes back to what served before.",
        place=target.place("rollout"),
        excerpt=answer.detail[:2000],
    )


def _did_not_arrive(target: Target, revision: Revision) -> Finding:
    return Finding(
        code="traffic-did-not-arrive",
        title=fitting(f"Cloud Run does not send {target.name}'s traffic to {revision.name}"),
        message="The change of traffic was accepted, but the service does not show it.",
        fix="Re-run this check; when it happens again, look at the service's Revisions page.",
        blame=Blame.GOOGLE,
    )
