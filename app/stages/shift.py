"""Shift: traffic moves to the verified revision, step by step, and is proved to have arrived."""

from __future__ import annotations

import time
from functools import partial

from app import probe
from app.deployment import Scene
from app.model import Blame, Commit, Finding, Live, Revision, Stop, Superseded, Target, Traffic
from app.stages.order import insist_on_newest, serving_commit
from app.stages.verify import Verified
from app.stages.wanted import tag
from app.store.traffic import Shift
from gcp import cloud_run
from gcp.cloud_run import CONFLICTS, ServiceState
from gcp.errors import GoogleError

# After a restart the branch's head is asked for again: it was seen in another life of this process.
HEAD_HOLDS_SECONDS = 10.0


def shift(scene: Scene, commit: Commit, target: Target, revision: Revision, verified: Verified) -> Live:
    """Give the revision its traffic by the rollout's steps; Superseded when something newer is on its way."""
    if time.time() - verified.at > HEAD_HOLDS_SECONDS:
        insist_on_newest(scene.world.github, commit, partial(serving_commit, scene.world.google, target))
    state = ServiceState(target.name, revision.etag, revision.url, revision.before, "")
    # Where nothing served before there is nobody to share with.
    for percent in target.service.rollout if _elsewhere(revision) else (100,):
        state = _set(scene, commit, target, revision, percent, state)
        if percent < 100:
            _still_well(target, revision)
            scene.note(f"{percent} % of the traffic")
    if not any(entry.revision == revision.name and entry.percent == 100 for entry in state.traffic):
        raise Stop((_did_not_arrive(target, revision),))
    scene.world.store.traffic.shifted(
        Shift(scene.run.id, target.lane, commit.sha, revision.name, state.url, revision.before)
    )
    return Live(url=state.url, revision=revision.name)


def restore(scene: Scene, target: Target, revision: Revision) -> None:
    """Put back the traffic as it was before this deployment; a first deployment has nothing to put back."""
    google = scene.world.google
    state = cloud_run.service(google, target.project, target.region, target.name)
    if state is None or not revision.before:
        scene.note("there was nothing that served before")
        return
    if not any(entry.revision == revision.name and entry.percent for entry in state.traffic):
        scene.note("the traffic was never moved: what served before serves on")
        return
    scene.insist()
    cloud_run.set_traffic(google, target.project, target.region, target.name, revision.before, state.etag)
    scene.note("put back: " + ", ".join(f"{e.percent} % {e.revision}" for e in revision.before if e.percent))


def _set(
    scene: Scene, commit: Commit, target: Target, revision: Revision, percent: int, state: ServiceState
) -> ServiceState:
    """One step of the rollout, with the etag of the state that it was decided on."""
    google, project, region = scene.world.google, target.project, target.region
    for attempt in range(CONFLICTS):
        scene.insist()
        entries = _entries(state, target, commit, revision, percent)
        try:
            return cloud_run.set_traffic(google, project, region, target.name, entries, state.etag)
        except GoogleError as conflict:
            if conflict.code != "ABORTED" or attempt == CONFLICTS - 1:
                raise
        found = cloud_run.service(google, project, region, target.name)
        if found is None:
            raise Superseded("the removal of the service")
        state = found
        insist_on_newest(scene.world.github, commit, partial(serving_commit, google, target))
    raise AssertionError("unreachable")


def _entries(
    state: ServiceState, target: Target, commit: Commit, revision: Revision, percent: int
) -> tuple[Traffic, ...]:
    """The new revision's share, the rest where it was, and every tag that is not ours kept."""
    own = Traffic(revision.name, percent, tag(target.name, commit.sha))
    before = _elsewhere(revision)
    kept = [
        Traffic(entry.revision, 0, entry.tag)
        for entry in state.traffic
        if entry.tag and not entry.tag.startswith("v-") and entry.revision != revision.name
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


def _still_well(target: Target, revision: Revision) -> None:
    answer = probe.ask(revision.tag_url.rstrip("/") + target.service.health)
    if not answer.good and target.service.public:
        raise Stop((_fell_ill(target, answer.status),))


def _fell_ill(target: Target, status: int) -> Finding:
    return Finding(
        code="rollout-failed",
        title=f"{target.name} answered {status or 'nothing'} during its rollout"[:80],
        fix="Read the revision's log in Cloud Run, change what it names, and push.",
        message="The new revision was well when it was verified and is not with real traffic.",
        place=target.place("rollout"),
    )


def _did_not_arrive(target: Target, revision: Revision) -> Finding:
    return Finding(
        code="traffic-did-not-arrive",
        title=f"Cloud Run does not send {target.name}'s traffic to {revision.name}"[:80],
        message="The change of traffic was accepted, but the service does not show it.",
        fix="Re-run this check; when it happens again, look at the service's Revisions page.",
        blame=Blame.GOOGLE,
    )
