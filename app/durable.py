"""Stories that survive a kill: the only file that knows the workflow engine (DBOS 3.4) and its sharp edges.

A story is a plain function, a step a plain callable whose result is written down once. Which edges there are,
and how these rules keep clear of them: design.md, decision 1. Where DBOS has no public call, a private one is
used here and nowhere else (`_sys_db.reenqueue_for_recovery`, which unlike `resume_workflow` lets only one taker win).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple, cast, get_type_hints
from uuid import uuid4

import sqlalchemy
from dbos import (
    DBOS,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    SetWorkflowID,
    WorkflowSerializationFormat,
)
from dbos import error as dbos_error
from pydantic import TypeAdapter

from app import log, trace
from app.alive import BEATS_MISSED, born, here, leader, silent
from app.legible import legible_data
from app.model import Finding, Stop, Superseded
from app.settings import Settings
from app.store import Heartbeat, Store, StoreError
from app.store.tables import postgres_url, sqlite_engine

T = TypeVar("T")
J = TypeVar("J")
Ts = TypeVarTuple("Ts")

VERSION = "2"  # changes only when runs of the version before cannot be continued
COMPATIBLE: frozenset[str] = frozenset()  # versions whose runs this one continues
MOST_RUNS = (
    1_000  # threads; one for each run under way, so that no waiting run keeps its holder from starting
)
UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]
RECOVERY_QUEUE = "_dbos_internal_queue"


ABANDONED = "abandoned"


@dataclass(frozen=True)
class Abandoned:
    """A run of an older version that this one cannot continue: its story, and what that was started with, as JSON."""

    run_id: str
    story: str
    argument: Any = None


class Interrupted(BaseException):
    """This process may no longer act on a run: it stops, or others may have taken the run over.

    Not an Exception: nothing that handles failures may take it for one. The run stays unfinished.
    """


class Broke(Exception):  # noqa: N818 - reads as what happened
    """A step failed, before a restart, with an exception that is not ours; only its text was kept."""


@dataclass(frozen=True)
class _Written:
    """What the journal keeps of a step: its value, or how it ended instead."""

    value: Any = None
    findings: tuple[Finding, ...] = ()
    successor: str = ""
    broke: str = ""


@dataclass(frozen=True)
class _Story:
    start: Callable[..., None]
    job: type
    argument: TypeAdapter[Any]


class Engine:
    """Runs stories: `story` each one, then `launch`, then `start`; one for each process."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self.executor_id = settings.executor_id or f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._host, self._born = here(), born(os.getpid())
        self._stories: dict[str, _Story] = {}
        self._engine: sqlalchemy.Engine | None = None
        self._beaten = time.monotonic()
        self._epoch = 0
        self._interrupted: set[str] = set()
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)
        _quiet()
        DBOS(config=self._config())

    def story(self, name: str, function: Callable[[J], None], argument_type: type[J]) -> None:
        """Make `function` a story; `name` is what the journal calls it, for good.

        The one named ABANDONED is started for each run that an older version began and this one cannot continue.
        """
        adapter = _adapter(argument_type)

        def run(argument: Any, place: str = "") -> None:
            _running.set(_Running(self, self._epoch))
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
        self._beat()
        DBOS.launch()
        self._take_over(at_start=True)
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
        status = DBOS.get_workflow_status(workflow_id)
        return status is not None and status.status not in UNFINISHED

    def unfinished(self) -> frozenset[str]:
        """The runs that are under way, in this process or another, or wait for one that takes them over."""
        under_way = DBOS.list_workflows(status=UNFINISHED, load_input=False, load_output=False)
        return frozenset(run.workflow_id for run in under_way)

    def leads(self) -> bool:
        """Whether this process is the one that looks around for all of them."""
        beats = self._store.heartbeats.all()
        return leader(beats, self._settings.heartbeat, time.time()) in ("", self.executor_id)

    def stop_acting(self) -> None:
        """Begin no further step."""
        self._stop.set()

    def shutdown(self) -> None:
        """Begin no further step; what is under way is continued by the next process."""
        self.stop_acting()
        if self._heart.is_alive():
            self._heart.join()
        try:
            self._store.heartbeats.beat(self._heartbeat(0.0))
        except StoreError as error:
            log.fault("heartbeat.not_ended", error)
        DBOS.destroy(destroy_registry=True)
        if self._engine is not None:
            self._engine.dispose()

    def may_act(self, epoch: int) -> bool:
        """Whether a run that began in `epoch` is still ours."""
        return not self._stop.is_set() and epoch == self._epoch and not self._late()

    def _config(self) -> DBOSConfig:
        config = DBOSConfig(
            name="servergem",
            application_version=VERSION,
            executor_id=self.executor_id,
            max_executor_threads=MOST_RUNS,
            serializer=DBOSPortableJSONSerializer(),
            log_level="WARNING",
        )
        if self._settings.database_url:
            config["system_database_url"] = postgres_url(self._settings.database_url)
        else:
            self._engine = sqlite_engine(self._settings.data / "journal.db")
            config["system_database_engine"] = self._engine
        return config

    # Heartbeats and taking over

    def _late(self) -> bool:
        return time.monotonic() - self._beaten > BEATS_MISSED * self._settings.heartbeat

    def _heartbeat(self, at: float) -> Heartbeat:
        return Heartbeat(self.executor_id, self._host, os.getpid(), self._born, at)

    def _beat(self) -> None:
        late = self._late()
        self._store.heartbeats.beat(self._heartbeat(time.time()))
        if late:  # others may have taken over everything that runs here
            self._epoch += 1
            log.warning("heartbeat.late", executor=self.executor_id)
        self._beaten = time.monotonic()

    def _beat_on(self) -> None:
        while not self._stop.wait(self._settings.heartbeat):
            try:
                self._beat()
                self._take_over(at_start=False)
            except Exception as error:  # noqa: BLE001 - a heart that stops for good must not do so silently
                log.fault("heartbeat.failed", error, executor=self.executor_id)

    def _take_over(self, *, at_start: bool) -> None:
        """Go on with the runs of processes whose heart has stopped, and with what we dropped ourselves."""
        beats = {beat.executor_id: beat for beat in self._store.heartbeats.all()}
        stopped = {name for name, beat in beats.items() if name != self.executor_id and self._dead(beat)}
        if at_start:
            unknown = DBOS.list_workflows(status=UNFINISHED, load_input=False, load_output=False)
            stopped |= {
                run.executor_id for run in unknown if run.executor_id and run.executor_id not in beats
            }
        for executor_id in stopped:
            for run in DBOS.list_workflows(
                status=UNFINISHED, executor_id=executor_id, load_input=False, load_output=False
            ):
                self._continue(run.workflow_id, run.app_version or "", executor_id)
            self._store.heartbeats.stopped(executor_id)
        for workflow_id in tuple(self._interrupted):
            self._continue(workflow_id, VERSION, self.executor_id)
            self._interrupted.discard(workflow_id)

    def _dead(self, beat: Heartbeat) -> bool:
        if silent(beat, self._settings.heartbeat, time.time()):
            return True
        # With SQLite every process is on this machine, and we need not wait for its heartbeat to grow old.
        on_this_machine = not self._settings.database_url and beat.host == self._host
        return on_this_machine and born(beat.pid) != beat.born

    def _continue(self, workflow_id: str, version: str, executor_id: str) -> None:
        if version != VERSION:
            if version not in COMPATIBLE:
                self._abandon(workflow_id, version)
                return
            self._adopt(workflow_id, version)
        if _system_database().reenqueue_for_recovery(workflow_id, [executor_id], RECOVERY_QUEUE):
            log.fact("run.taken_over", run=workflow_id, of=executor_id)

    def _abandon(self, workflow_id: str, version: str) -> None:
        """Leave the rest to a story of this version, which a kill between the two lines does not lose."""
        log.warning("run.abandoned", run=workflow_id, version=version)
        if ABANDONED in self._stories:
            self.start(ABANDONED, f"abandoned:{workflow_id}", _abandoned(workflow_id))
        DBOS.cancel_workflow(workflow_id)  # nobody runs it: its process is dead

    def _adopt(self, workflow_id: str, version: str) -> None:
        """Make a run of a compatible version one of ours; DBOS gives a version's runs to that version alone."""
        system = _system_database()
        table = system.tables.workflow_status
        with system.engine.begin() as connection:
            connection.execute(
                sqlalchemy.update(table)
                .where(table.c.workflow_uuid == workflow_id, table.c.application_version == version)
                .values(application_version=VERSION)
            )


@dataclass(frozen=True)
class _Running:
    engine: Engine
    epoch: int


_adapters: dict[Any, TypeAdapter[Any]] = {}
_running: ContextVar[_Running | None] = ContextVar("running", default=None)


def step(work: Callable[[*Ts], T], *words: *Ts, title: str = "") -> T:
    """Do `work` with its words once in the life of a story: after a restart its result comes from the journal.

    The journal knows the step by its `title`, which is the function's name where none is given; the function's return
    annotation says how the result is written down. Stop and Superseded are results too.
    Outside a story `work` is simply done.
    """
    if (running := _running.get()) is None or DBOS.workflow_id is None:
        return work(*words)
    title = title or work.__name__.strip("_").replace("_", " ")
    if not running.engine.may_act(running.epoch):
        raise Interrupted(title)
    adapter: TypeAdapter[T] = _adapter(get_type_hints(work)["return"])
    fresh: list[Exception] = []

    def written() -> Any:
        record = _write_down(lambda: work(*words), adapter, fresh)
        if record.broke and not running.engine.may_act(running.epoch):
            raise Interrupted(title)  # it broke because we stop; that is not how the step ended
        return legible_data(_adapter(_Written).dump_python(record, mode="json"))

    try:
        journalled = DBOS.run_step({"name": title}, written)
    except Exception as error:
        lost = isinstance(
            error, dbos_error.DBOSWorkflowConflictIDError | dbos_error.DBOSWorkflowCancelledError
        )
        if lost or not running.engine.may_act(running.epoch):
            raise Interrupted(title) from error
        raise
    if fresh:
        raise fresh[0]
    record = _adapter(_Written).validate_python(journalled)
    if record.findings:
        raise Stop(record.findings)
    if record.successor:
        raise Superseded(record.successor)
    if record.broke:
        raise Broke(record.broke)
    value: T = adapter.validate_python(record.value)
    return value


def _write_down(work: Callable[[], T], adapter: TypeAdapter[T], fresh: list[Exception]) -> _Written:
    """How `work` ended; an exception is also kept as it is, for whoever runs the story now."""
    try:
        return _Written(value=adapter.dump_python(work(), mode="json"))
    except Stop as stop:
        fresh.append(stop)
        return _Written(findings=stop.findings)
    except Superseded as superseded:
        fresh.append(superseded)
        return _Written(successor=superseded.successor)
    except Exception as error:  # noqa: BLE001 - written down and raised again by step()
        fresh.append(error)
        return _Written(broke=f"{type(error).__name__}: {error}")


def _adapter(type_: Any) -> TypeAdapter[Any]:
    """Building one costs milliseconds, and each story uses the same few."""
    if (known := _adapters.get(type_)) is None:
        known = _adapters[type_] = TypeAdapter(type_)
    return known


def _system_database() -> Any:
    from dbos._dbos import _get_dbos_instance

    return _get_dbos_instance()._sys_db


def _quiet() -> None:
    """DBOS's lines go where ours go, without its advertisement; a handler of any kind keeps it from adding its own."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _abandoned(workflow_id: str) -> Abandoned:
    """What the journal still knows of a run; another version may have written it in a way that we cannot read."""
    run = next(iter(DBOS.list_workflows(workflow_ids=[workflow_id], load_output=False)))
    given: object = run.input
    arguments = given.get("args", ()) if isinstance(given, dict) else ()
    return Abandoned(workflow_id, run.name, arguments[0] if arguments else None)
