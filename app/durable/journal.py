"""DBOS's journal: where it is, which version's runs are ours, and how one changes hands.

Where DBOS has no public call, a private one is used here and nowhere else (`_sys_db.reenqueue_for_recovery`, which
unlike `resume_workflow` lets only one taker win; and what keeps it quiet while nothing happens).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, WorkflowStatus

from app.settings import Settings
from app.store.tables import postgres_url, sqlite_engine

VERSION = "2"  # changes only when runs of the version before cannot be continued
COMPATIBLE: frozenset[str] = frozenset()  # versions whose runs this one continues
# Threads; one for each run under way, so that no waiting run keeps its holder from starting.
MOST_RUNS = 1_000
UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]
RECOVERY_QUEUE = "_dbos_internal_queue"
# What is taken over is begun by who looks into that queue: once a second by default, which costs more than all the
# rest of a process at rest. Of a heartbeat, before which nothing is taken over; but no oftener than by default.
LOOK_AT_THE_QUEUE, LEAST_SECONDS = 0.75, 1.0


@dataclass(frozen=True)
class Abandoned:
    """A run of an older version that this one cannot continue: its story, and what that was started with, as JSON."""

    deployment_id: str
    story: str
    argument: Any = None


def config(settings: Settings, executor_id: str) -> DBOSConfig:
    """On Postgres beside our rows; on SQLite in a file of its own, whose engine is `system_database_engine`."""
    found = DBOSConfig(
        name="servergem",
        application_version=VERSION,
        executor_id=executor_id,
        max_executor_threads=MOST_RUNS,
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
    )
    if settings.database_url:
        found["system_database_url"] = postgres_url(settings.database_url)
    else:
        found["system_database_engine"] = sqlite_engine(settings.data / "journal.db")
    return found


def finished(workflow_id: str) -> bool:
    """Whether this run has ended, however it ended."""
    status = DBOS.get_workflow_status(workflow_id)
    return status is not None and status.status not in UNFINISHED


def unfinished(executor_id: str | None = None) -> list[WorkflowStatus]:
    """The runs that are under way or wait for one that takes them over: this process's, or all."""
    return DBOS.list_workflows(
        status=UNFINISHED, executor_id=executor_id, load_input=False, load_output=False
    )


def may_continue(version: str) -> bool:
    """Whether runs of this version can go on with the code of ours."""
    return version == VERSION or version in COMPATIBLE


def take(workflow_id: str, version: str, executor_id: str) -> bool:
    """Go on with a run of `executor_id`; False when another process was faster."""
    if version != VERSION:
        _adopt(workflow_id, version)
    return bool(_system_database().reenqueue_for_recovery(workflow_id, [executor_id], RECOVERY_QUEUE))


def abandoned(workflow_id: str) -> Abandoned:
    """What the journal still knows of a run; another version may have written it in a way that we cannot read."""
    run = next(iter(DBOS.list_workflows(workflow_ids=[workflow_id], load_output=False)))
    given: object = run.input
    arguments = given.get("args", ()) if isinstance(given, dict) else ()
    return Abandoned(workflow_id, run.name, arguments[0] if arguments else None)


def quiet() -> None:
    """DBOS's lines go where ours go, without its advertisement; a handler of any kind keeps it from adding its own."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def rest(heartbeat: float) -> None:
    """After the launch: look less often for what seldom comes, and not at all for what we never ask of it.

    What is in the queue by now is begun as soon as before. The job that ends is for delays and for time limits of
    workflows: https://docs.dbos.dev/python/tutorials/workflow-tutorial#workflow-timeouts
    """
    dbos = _instance()
    dbos._background_jobs_stop_event.set()
    dbos._registry.get_internal_queue()._polling_interval_sec = max(
        LEAST_SECONDS, LOOK_AT_THE_QUEUE * heartbeat
    )


def _adopt(workflow_id: str, version: str) -> None:
    """Make a run of a compatible version one of ours; DBOS gives a version's runs to that version alone."""
    system = _system_database()
    table = system.tables.workflow_status
    with system.engine.begin() as connection:
        connection.execute(
            sqlalchemy.update(table)
            .where(table.c.workflow_uuid == workflow_id, table.c.application_version == version)
            .values(application_version=VERSION)
        )


def _system_database() -> Any:
    return _instance()._sys_db


def _instance() -> Any:
    from dbos._dbos import _get_dbos_instance

    return _get_dbos_instance()
