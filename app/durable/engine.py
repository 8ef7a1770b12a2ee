"""The engine: which stories there are, how one starts, and what becomes of the runs of a process that has died."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from dbos import DBOS, SetWorkflowID, WorkflowSerializationFormat
from pydantic import TypeAdapter

from app.durable import journal
from app.durable.heart import Heart
from app.durable.steps import Interrupted, may_act
from app.durable.written import adapter_of
from app.settings import Settings
from app.store import Store
from app.telemetry import log, trace
from app.text.legible import legible_data

J = TypeVar("J")

ABANDONED = "abandoned"


@dataclass(frozen=True)
class _Story:
    start: Callable[..., None]
    job: type
    argument: TypeAdapter[Any]


class Engine:
    """Runs stories: `story` each one, then `launch`, then `start`; one for each process."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store, self._heartbeat = store, settings.heartbeat
        self._heart = Heart(settings, store, self._take_over)
        self._stories: dict[str, _Story] = {}
        self._interrupted: set[str] = set()
        journal.quiet()
        self._config = journal.config(settings, self.executor_id)
        DBOS(config=self._config)

    @property
    def executor_id(self) -> str:
        """What our rows and the journal call this process."""
        return self._heart.executor_id

    def story(self, name: str, function: Callable[[J], None], argument_type: type[J]) -> None:
        """Make `function` a story; `name` is what the journal calls it, for good.

        The one named ABANDONED is started for each run that an older version began and this one cannot continue.
        """
        adapter = adapter_of(argument_type)

        def run(argument: Any, place: str = "") -> None:
            may_act.set(partial(self._heart.may_act, self._heart.epoch))
            log.about_nothing()
            try:
                with trace.under(place), trace.span(f"story {name}", run=cast(str, DBOS.workflow_id)):
                    function(adapter.validate_python(argument))
            except Interrupted:
                self._interrupted.add(cast(str, DBOS.workflow_id))
                raise

        register = DBOS.workflow(name=name, serialization_type=WorkflowSerializationFormat.PORTABLE)
        self._stories[name] = _Story(register(run), argument_type, adapter)

    def launch(self) -> None:
        """Open the journal, go on with what was interrupted, and watch over the other processes."""
        self._heart.beat()
        DBOS.launch()
        self._take_over(also_unknown=True)
        journal.rest(self._heartbeat)
        self._heart.start()

    def start(self, name: str, workflow_id: str, job: object) -> None:
        """Start a story at once; a second start under the same id is the first one."""
        story, place = self._stories[name], trace.carried()
        argument = legible_data(story.argument.dump_python(job, mode="json"))
        with SetWorkflowID(workflow_id):
            # Its place in a trace is kept with the run, which survives with it; without one nothing is.
            DBOS.start_workflow(story.start, argument, *([place] if place else []))

    def begin(self, job: object, workflow_id: str) -> None:
        """Start the story of this kind of job at once."""
        self.start(self.name_of(job), workflow_id, job)

    def name_of(self, job: object) -> str:
        """What the journal calls the story of this kind of job. LookupError when there is none."""
        for name, story in self._stories.items():
            if story.job is type(job):
                return name
        raise LookupError(f"no story is started with {type(job).__name__}")

    def finished(self, workflow_id: str) -> bool:
        """Whether this run has ended, however it ended."""
        return journal.finished(workflow_id)

    def unfinished(self) -> frozenset[str]:
        """The runs that are under way, in this process or another, or wait for one that takes them over."""
        return frozenset(run.workflow_id for run in journal.unfinished())

    def leads(self) -> bool:
        """Whether this process is the one that looks around for all of them."""
        return self._heart.leads()

    def stop_acting(self) -> None:
        """Begin no further step."""
        self._heart.stop()

    def shutdown(self) -> None:
        """Begin no further step; what is under way is continued by the next process."""
        self.stop_acting()
        self._heart.end()
        DBOS.destroy(destroy_registry=True)
        if (own := self._config.get("system_database_engine")) is not None:
            own.dispose()

    # Taking over

    def _take_over(self, *, also_unknown: bool = False) -> None:
        """Go on with the runs of processes whose heart has stopped, and with what we dropped ourselves."""
        beats = {beat.executor_id: beat for beat in self._store.heartbeats.all()}
        others = {name: beat for name, beat in beats.items() if name != self.executor_id}
        stopped = {name for name, beat in others.items() if self._heart.dead(beat)}
        if also_unknown:
            executors = {run.executor_id for run in journal.unfinished()}
            stopped |= {name for name in executors if name and name not in beats}
        for executor_id in stopped:
            for run in journal.unfinished(executor_id):
                self._continue(run.workflow_id, run.app_version or "", executor_id)
            self._store.heartbeats.stopped(executor_id)
        for workflow_id in tuple(self._interrupted):
            self._continue(workflow_id, journal.VERSION, self.executor_id)
            self._interrupted.discard(workflow_id)

    def _continue(self, workflow_id: str, version: str, executor_id: str) -> None:
        if not journal.may_continue(version):
            self._abandon(workflow_id, version)
        elif journal.take(workflow_id, version, executor_id):
            log.fact("run.taken_over", run=workflow_id, of=executor_id)

    def _abandon(self, workflow_id: str, version: str) -> None:
        """Leave the rest to a story of this version, which a kill between the two lines does not lose."""
        log.warning("run.abandoned", run=workflow_id, version=version)
        if ABANDONED in self._stories:
            self.start(ABANDONED, f"abandoned:{workflow_id}", journal.abandoned(workflow_id))
        DBOS.cancel_workflow(workflow_id)  # nobody runs it: its process is dead
