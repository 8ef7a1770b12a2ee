"""One Deployment under way: it runs stages, keeps the report current and closes it whatever happens.

Durability, the report and the reasons of a failure meet here, once; stages know none of the three.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, TypeVar, TypeVarTuple

from app import durable
from app.acts.serving import what_serves
from app.call import Call, Record, call, finding_of, perform, perform_both
from app.lane import Insist, wait_for_lane, wait_for_lock
from app.model import Button, Ending, Finding, Live, Report, Row, RowState, Stop, Superseded
from app.notices.hearers import notify
from app.open_report import OpenReport
from app.outbox import Unsent
from app.report import ended
from app.scene import InLane, Run
from app.store import Ticket
from app.telemetry import log, metrics
from app.verdict import fingerprint, overtaken, verdict_of
from app.world import World

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
Ts = TypeVarTuple("Ts")

Road = dict[Callable[..., Any], str]
"""The stages of a story in their order, each with its title."""


class OffTheRoad(LookupError):  # noqa: N818 - reads as what happened
    """A story runs a stage that its road does not name."""


class Deployment:
    """One run of a story: `with Deployment(world, run, road) as this`, then the stages of this road."""

    def __init__(
        self,
        world: World,
        run: Run,
        road: Road,
        *,
        shown: bool = True,
        announced: bool = True,
        instead: str = "",
    ) -> None:
        """`shown` unset: there is no check run. `announced` unset: GitHub's own deployment is made at the end only.

        `instead` is the reason, in words, for deployments that have to make way; empty: this commit is newer.
        """
        self.world, self.run = world, run
        self._road, self._claim = road, instead or run.commit.sha
        report = Report(
            run.commit,
            run.target.check_name,
            environment=run.target.environment if announced else "",
            rows=(run.read, *(Row(title) for title in road.values())),
            deployment_id=run.id,
            remarks=run.remarks,
            why=run.why,
        )
        told = shown and not _has_ended(world, run)
        self._open = OpenReport(report, world.outbox if told else Unsent(), world.store)
        self._ticket = Ticket(fence=0, holder=False)
        self._again = False

    @property
    def report(self) -> Report:
        return self._open.now

    def __enter__(self) -> Deployment:
        log.about(
            deployment=self.run.id,
            repository=self.run.commit.repository.full_name,
            commit=self.run.commit.sha,
            target=self.run.target.lane,
        )
        self._again = self._open.open(self.run.target.lane)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Close the report, say so, and give the lane to whoever waits. Only our own endings are swallowed."""
        if error is not None and not isinstance(error, Exception):
            return False  # the process is going down: the run is continued, not closed
        if isinstance(error, Stop):
            self._fail(error.findings)
        elif isinstance(error, Superseded):
            self._end(Ending.SUPERSEDED, overtaken(error.successor))
        elif error is not None:
            self._fail((finding_of(self.world, self.run, error),))
        durable.step(self._close)
        return True

    def enter_lane(self, insist_on_newest: Insist, *, though_locked: bool = False) -> None:
        """Wait until this deployment holds its Target's lane; Superseded when a newer commit wants it too.

        Where the Target is locked it waits for that too, unless `though_locked`: a rollback or a removal does not.
        This is one step of the journal: whoever had the lane before a restart has it after, without asking again.
        """
        self._ticket = durable.step(self._wait_for_lane, insist_on_newest, though_locked, title="enter lane")

    def _wait_for_lane(self, insist_on_newest: Insist, though_locked: bool) -> Ticket:
        ticket = wait_for_lane(self.world, self.run, self._claim, insist_on_newest)
        if not though_locked:
            wait_for_lock(self.world, self.run, self._open.show)
        return ticket

    def stage(self, stage: Callable[[InLane, *Ts], T], *words: *Ts) -> T:
        """Run one stage of the road; what it returned stands in the journal when it was finished before a restart."""
        return self.one_more(self._title(stage), call(stage, *words))

    def both(self, first: Call[A], second: Call[B]) -> tuple[A, B]:
        """Run two stages side by side, as one step of the journal."""
        title = f"{self._title(first.stage)} + {self._title(second.stage)}"
        records = durable.step(self._perform_both, first, second, title=title)
        faults = tuple({(f.code, f.title): f for record in records for f in record.findings}.values())
        for record in records:
            self._open.fold(record)
        if successor := next((r.successor for r in records if r.successor), ""):
            raise Superseded(successor)
        if faults:
            raise Stop(faults)
        return (
            first.answer.validate_python(records[0].value),
            second.answer.validate_python(records[1].value),
        )

    @contextmanager
    def on_failure(self, title: str, stage: Callable[[InLane, *Ts], T], *words: *Ts) -> Iterator[None]:
        """Run `stage`, which is on no road, when what is inside fails; then the failure goes on as it was."""
        try:
            yield
        except Exception:
            self.one_more(title, call(stage, *words))
            raise

    @contextmanager
    def cleared(self, work: Callable[[World, Run], None]) -> Iterator[None]:
        """Do `work`, which clears away what was made inside, once the outcome of that is in the journal."""
        try:
            yield
        except Exception:
            durable.step(work, self.world, self.run)
            raise
        durable.step(work, self.world, self.run)

    def press(self, *buttons: Button) -> None:
        """Offer buttons for when this has ended, the most likely first."""
        self._open.change(lambda now: replace(now, buttons=(*now.buttons, *buttons)))

    def remark(self, *remarks: str) -> None:
        """Add what a person should know beside the stages."""
        self._open.change(lambda now: replace(now, remarks=(*now.remarks, *remarks)))

    def merging(self, changes: tuple[str, ...]) -> None:
        """Keep the lines that say what merging this pull request will change."""
        self._open.change(lambda now: replace(now, merge=changes))

    def expires(self, at: float) -> None:
        """Keep when this preview goes by itself, in epoch seconds."""
        self._open.change(lambda now: replace(now, expires=at))

    def live(self, live: Live) -> None:
        """End it: this address serves this commit."""
        self._open.change(lambda now: replace(now, url=live.url, revision=live.revision))
        self._end(Ending.LIVE, "")

    def rolled_back(self, live: Live, note: str, serves: str) -> None:
        """End it: the traffic is back. `serves` is the commit that has it, empty when that is none of ours."""
        where = self.run.target.environment
        self._open.change(lambda now: replace(now, serves=serves, split=live.split, environment=where))
        self._open.change(lambda now: replace(now, url=live.url, revision=live.revision))
        self._end(Ending.ROLLED_BACK, note)

    def _title(self, stage: Callable[..., object]) -> str:
        if (title := self._road.get(stage)) is None:
            raise OffTheRoad(f"{stage.__name__} is on no road of {', '.join(self._road.values())}")
        return title

    def one_more(self, title: str, one: Call[T]) -> T:
        """Run a stage that the road of this Target does not show beforehand: it gets its line when it runs."""
        record = durable.step(self._perform, title, one, title=title)
        self._open.fold(record)
        if record.successor:
            raise Superseded(record.successor)
        if record.findings:
            raise Stop(record.findings)
        return one.answer.validate_python(record.value)

    def _perform(self, title: str, one: Call[T]) -> Record:
        return perform(one, self._scene(title))

    def _perform_both(self, first: Call[A], second: Call[B]) -> tuple[Record, Record]:
        return perform_both(first, second, lambda one: self._scene(self._title(one.stage)))

    def _scene(self, title: str) -> InLane:
        row, show, hear = Row(title, RowState.RUNNING, started=time.time()), self._open.show, self._open.hear
        return InLane(self.world, self.run, row, show, ticket=self._ticket, hear=hear, again=self._again)

    def _fail(self, findings: tuple[Finding, ...]) -> None:
        """Close it with what went wrong, and remember that, so that the next failure can say since when."""
        run, runs, mark = self.run, self.world.store.runs, fingerprint(self.run.target, findings[0])
        runs.went_wrong(run.id, mark)
        repository, since = run.commit.repository, ""
        if run.commit.pull_request:
            since = runs.failing_since(repository.id, repository.default_branch, run.target.strand, mark)
        verdict = verdict_of(
            findings,
            self.report.findings,
            since=since,
            branch=repository.default_branch,
            repairs=self.world.settings.repairs,
        )
        self.press(*verdict.buttons)
        self._end(verdict.ending, verdict.note, findings)

    def _end(self, ending: Ending, note: str, findings: tuple[Finding, ...] = ()) -> None:
        self._open.change(lambda now: ended(now, ending, note, findings))

    def _close(self) -> None:
        """All that has to happen at the end, each part repeatable; what serves is asked while the lane is ours."""
        world, run = self.world, self.run
        if self.report.ending in (Ending.FAILED, Ending.NOT_YOURS) and run.target.preview is None:
            app, repository = world.settings.github_app_id, run.commit.repository.id
            serving = what_serves(world.google, world.store.traffic, run.target, app, repository)
            self._open.change(lambda now: replace(now, serving=serving))
        world.store.lanes.leave(run.target.lane, run.id)
        self._open.finish()
        metrics.ended(ending := self.report.ending.value if self.report.ending else "")
        notify(world, run, self.report)
        log.fact("deployment.ended", ending=ending, note=self.report.ending_note)


def _has_ended(world: World, run: Run) -> bool:
    """Whether an earlier process has kept this deployment's last report, so that a repetition tells nobody anything."""
    kept = world.store.deployments.report(run.id)
    return kept is not None and kept.ending is not None
