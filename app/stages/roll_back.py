"""Roll back: the traffic goes where it was before, or to a revision that somebody names, in one call."""

from __future__ import annotations

from dataclasses import dataclass

from app.deployment import Scene
from app.model import Finding, Live, Stop, Target, Traffic
from app.store.traffic import Shift
from gcp import cloud_run
from gcp.cloud_run import CONFLICTS, ServiceState
from gcp.errors import GoogleError


@dataclass(frozen=True)
class Return:
    """Where the traffic goes back to; `sha` is the commit that serves then, empty when it was not ours.

    `before` is what served before that, for the next rollback; `leaves` is the commit that is left.
    """

    traffic: tuple[Traffic, ...]
    sha: str
    words: str
    before: tuple[Traffic, ...] = ()
    leaves: str = ""

    @property
    def revision(self) -> str:
        """The one that gets most of it."""
        return max(self.traffic, key=lambda entry: entry.percent).revision


def find_return(scene: Scene, target: Target, to: str) -> Return:
    """Where the traffic goes back to."""
    return destination(scene.world.store.traffic.shifts(target.lane), to)


def destination(shifts: list[Shift], to: str) -> Return:
    """The traffic before the newest shift, or the newest shift to a commit that begins with `to`; Stop when none."""
    if not shifts:
        raise Stop((_nothing_before("Nothing was deployed here by ServerGem"),))
    newest = shifts[0]
    if to:
        found = next((shift for shift in shifts if shift.sha.startswith(to.lower())), None)
        if found is None:
            raise Stop((_nothing_before(f"{to} never served here"),))
        words = f"{found.sha[:7]} ({found.revision})"
        return Return((Traffic(found.revision, 100),), found.sha, words, found.before, newest.sha)
    before = tuple(entry for entry in newest.before if entry.percent)
    if not before:
        raise Stop((_nothing_before("Nothing served here before this deployment"),))
    most = max(before, key=lambda entry: entry.percent).revision
    earlier = next((shift for shift in shifts if shift.revision == most), None)
    words = ", ".join(f"{entry.percent} % {entry.revision}" for entry in before)
    if earlier is None:
        return Return(before, "", words, leaves=newest.sha)
    return Return(before, earlier.sha, words, earlier.before, newest.sha)


def roll_back(scene: Scene, target: Target, back: Return) -> Live:
    """Move the traffic, with the tags as they are."""
    google, project, region = scene.world.google, target.project, target.region
    for attempt in range(CONFLICTS):
        scene.insist()
        state = cloud_run.service(google, project, region, target.name)
        if state is None:
            raise Stop((_nothing_before(f"There is no service {target.name}"),))
        try:
            now = cloud_run.set_traffic(
                google, project, region, target.name, _entries(state, back), state.etag
            )
        except GoogleError as conflict:
            if conflict.code != "ABORTED" or attempt == CONFLICTS - 1:
                raise
        else:
            scene.note(f"the traffic is back at {back.words}")
            scene.world.store.traffic.shifted(
                Shift(scene.run.id, target.lane, back.sha, back.revision, now.url, back.before)
            )
            return Live(now.url, back.revision)
    raise AssertionError("unreachable")


def _entries(state: ServiceState, back: Return) -> tuple[Traffic, ...]:
    moved = {entry.revision for entry in back.traffic}
    tags = {entry.revision: entry.tag for entry in state.traffic if entry.tag}
    kept = tuple(
        Traffic(entry.revision, 0, entry.tag)
        for entry in state.traffic
        if entry.tag and entry.revision not in moved
    )
    restored = tuple(
        Traffic(entry.revision, entry.percent, tags.get(entry.revision, entry.tag)) for entry in back.traffic
    )
    return (*restored, *kept)


def _nothing_before(why: str) -> Finding:
    return Finding(
        code="nothing-to-roll-back-to",
        title=why[:80],
        message="A rollback gives the traffic back to what served before.",
        fix="Name a commit that has served with `/rollback SERVICE to COMMIT`, or push a revert.",
    )
