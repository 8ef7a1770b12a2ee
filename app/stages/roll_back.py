"""Roll back: the traffic goes where it was before, or to a revision that somebody names, in one call."""

from __future__ import annotations

from dataclasses import dataclass

from app.acts.traffic import move
from app.model import Finding, Live, Stop, Target, Traffic
from app.scene import InLane
from app.store.traffic import Shift
from app.text.titles import fitting
from gcp.cloud_run import ServiceState


@dataclass(frozen=True)
class Return:
    """Where the traffic goes back to; `sha` is the commit that then serves most, empty when it was not ours.

    `before` is what served before that, for the next rollback; `leaves` is the commit that is left.
    """

    traffic: tuple[Traffic, ...]
    sha: str
    words: str
    before: tuple[Traffic, ...] = ()
    leaves: str = ""
    serves: str = ""
    """What serves then, as the subject and verb of a sentence: a commit, or several with their shares."""

    @property
    def told(self) -> str:
        """What serves then, in words; as it was before the journal kept more than one commit."""
        return self.serves or f"{self.sha[:7] or self.words} serves"

    @property
    def revision(self) -> str:
        """The one that gets most of it."""
        return max(self.traffic, key=lambda entry: entry.percent).revision


def find_return(scene: InLane, target: Target, to: str) -> Return:
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
        back = (Traffic(found.revision, 100),)
        return Return(back, found.sha, words, found.before, newest.sha, _serves(back, shifts))
    before = tuple(entry for entry in newest.before if entry.percent)
    if not before:
        raise Stop((_nothing_before("Nothing served here before this deployment"),))
    most = max(before, key=lambda entry: entry.percent).revision
    earlier = next((shift for shift in shifts if shift.revision == most), None)
    words = ", ".join(f"{entry.percent} % {entry.revision}" for entry in before)
    serves = _serves(before, shifts)
    if earlier is None:
        return Return(before, "", words, leaves=newest.sha, serves=serves)
    return Return(before, earlier.sha, words, earlier.before, newest.sha, serves)


def _serves(traffic: tuple[Traffic, ...], shifts: list[Shift]) -> str:
    """Each revision by its commit, where that is ours; with its share where it does not serve alone."""
    commits = {shift.revision: shift.sha[:7] for shift in reversed(shifts) if shift.sha}
    names = [(commits.get(entry.revision, entry.revision), entry.percent) for entry in traffic]
    if len(names) == 1:
        return f"{names[0][0]} serves"
    *first, last = [f"{name} with {percent} %" for name, percent in names]
    return f"{', '.join(first)} and {last} serve"


def roll_back(scene: InLane, target: Target, back: Return) -> Live:
    """Move the traffic, with the tags as they are."""
    now = move(scene, target, lambda state: _entries(state, back), insist=lambda _: scene.insist())
    if now is None:
        raise Stop((_nothing_before(f"There is no service {target.name}"),))
    scene.note(f"the traffic is back at {back.words}")
    traffic = scene.world.store.traffic
    # At its domain, where it was shown there; a run that is repeated finds itself.
    url = next((shift.url for shift in traffic.shifts(target.lane, 1)), now.url)
    traffic.shifted(Shift(scene.run.id, target.lane, back.sha, back.revision, url, back.before))
    return Live(url, back.revision, back.traffic if len(back.traffic) > 1 else ())


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
        title=fitting(why),
        message="A rollback gives the traffic back to what served before.",
        fix="Name a commit that has served with `/rollback SERVICE to COMMIT`, or push a revert.",
    )
